"""What a client raises, told in one sentence with an exit code."""

from __future__ import annotations

import socket

import pytest

from throughline.errors import EXIT_AUTH, EXIT_TOOL, EXIT_UNREACHABLE, EXIT_USAGE, ThroughlineError
from throughline.model import ModelSettings, OpenModel, chat_model, open_model
from throughline.model.errors import (
    EndpointUnreachable,
    KeyRefused,
    ModelFailed,
    ModelUnknown,
    WeightsMissing,
)
from throughline.model.explain import explain, known_models

pytestmark = pytest.mark.anyio


async def explained(settings: ModelSettings, prompt: str = "hello") -> ThroughlineError:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the question
        async for _ in chat_model(settings, who="agent", max_retries=0).astream(prompt):
            pass
    told = explain(caught.value)
    assert told is not None
    assert "\n" not in str(told)
    return told


def changed(opened: OpenModel, *, api_key: str | None = None, model: str | None = None) -> ModelSettings:
    settings = opened.settings
    return ModelSettings(settings.base_url, api_key or settings.api_key, model or settings.model)


async def test_nobody_at_the_address_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    told = await explained(ModelSettings(f"http://127.0.0.1:{port}/v1", "k", "m"))
    assert isinstance(told, EndpointUnreachable)
    assert (told.exit_code, told.base_url) == (EXIT_UNREACHABLE, f"http://127.0.0.1:{port}/v1")


def test_the_login_in_an_address_is_not_told() -> None:
    told = EndpointUnreachable(base_url="http://me:pw@127.0.0.1:1/v1", reason="refused")
    assert "http://127.0.0.1:1/v1 is not reachable" in str(told)
    assert "pw" not in str(told)


async def test_nobody_behind_our_endpoint_is_unreachable_as_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    async with open_model("auto", env={"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}) as model:
        told = await explained(model.settings)
    assert isinstance(told, EndpointUnreachable)
    assert "refused" in told.reason or "failed" in told.reason


async def test_a_refused_key_is_a_matter_of_authentication(scripted: OpenModel) -> None:
    told = await explained(changed(scripted, api_key="wrong"))
    assert isinstance(told, KeyRefused)
    assert told.exit_code == EXIT_AUTH
    assert "wrong" not in str(told)


async def test_an_unknown_model_is_told_with_those_there_are(scripted: OpenModel) -> None:
    told = await explained(changed(scripted, model="scriptd"))
    assert isinstance(told, ModelUnknown)
    assert (told.exit_code, told.model, told.known) == (EXIT_USAGE, "scriptd", ("scripted",))
    assert "did you mean 'scripted'?" in str(told)


async def test_a_failure_of_the_model_is_told_in_its_own_words(scripted: OpenModel) -> None:
    for fault in ("error", "error_midway"):
        told = await explained(changed(scripted, model=f"scripted?pace_ms=0&fault={fault}"), "[[tokens:9]]")
        assert isinstance(told, ModelFailed)
        assert told.exit_code == EXIT_TOOL
        assert "on request" in str(told)


def test_the_models_of_an_endpoint_are_asked_for(scripted: OpenModel) -> None:
    assert known_models(scripted.settings) == ("scripted",)
    assert known_models(changed(scripted, api_key="wrong")) == ()


def test_an_error_of_ours_explains_itself_and_others_are_not_ours_to_explain() -> None:
    own = WeightsMissing(name="x")
    assert explain(own) is own
    assert explain(ValueError("x")) is None


def test_the_address_that_the_user_knows_is_named(scripted: OpenModel) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the question
        chat_model(changed(scripted, api_key="wrong"), who="agent").invoke("hello")
    assert "http://theirs/v1" in str(explain(caught.value, address="http://theirs/v1"))
