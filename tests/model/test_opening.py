"""Which model is opened: the one that was asked for, or the best that there is, with a word about it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.model.asking import asking
from throughline.errors import EXIT_USAGE
from throughline.model import open_model
from throughline.model.errors import (
    EngineMissing,
    ModelChoiceInvalid,
    ModelError,
    SettingsInvalid,
    WeightsMissing,
)
from throughline.model.shelf import DEFAULT

pytestmark = pytest.mark.anyio


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment without settings and with an empty cache."""
    return {"THROUGHLINE_CACHE": str(tmp_path)}


@pytest.fixture
def no_packaged_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, lambda name: name.startswith("llm_"))


def hide(monkeypatch: pytest.MonkeyPatch, hidden: Callable[[str], bool]) -> None:
    find_spec = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if hidden(name) else find_spec(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)


async def test_with_nothing_to_be_had_the_scripted_model_is_opened_and_says_why(
    bare: dict[str, str], no_packaged_weights: None
) -> None:
    async with open_model("auto", env=bare) as model:
        assert model.settings.kind == "scripted"
        assert model.notice is not None
        assert "no model" in model.notice
        assert "throughline model pull" in model.notice
        assert "\n" not in model.notice


async def test_engine_and_weights_that_are_both_missing_are_told_at_once(
    bare: dict[str, str], no_packaged_weights: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, lambda name: name == "xllamacpp")
    async with open_model("auto", env=bare) as model:
        assert model.notice is not None
        assert "pip install xllamacpp" in model.notice
        assert "throughline model pull" in model.notice


async def test_an_engine_that_is_not_installed_is_told_with_its_remedy(
    bare: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide(monkeypatch, lambda name: name == "xllamacpp" or name.startswith("llm_"))
    weights = tmp_path / "models" / DEFAULT.file
    weights.parent.mkdir()
    with weights.open("wb") as file:
        file.truncate(DEFAULT.size_bytes)
    with pytest.raises(EngineMissing, match="pip install xllamacpp"):
        async with open_model("embedded", env=bare):
            pytest.fail("it was opened")


async def test_weights_that_are_not_here_are_told_with_their_remedy(
    bare: dict[str, str], no_packaged_weights: None
) -> None:
    for choice in ("embedded", DEFAULT.name):
        with pytest.raises(WeightsMissing, match="throughline model pull smollm2-135m"):
            async with open_model(choice, env=bare):
                pytest.fail("it was opened")


async def test_a_configured_model_that_is_not_configured_is_told(bare: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid, match="OPENAI_BASE_URL is not set"):
        async with open_model("configured", env=bare):
            pytest.fail("it was opened")


async def test_settings_in_a_file_configure_a_model(bare: dict[str, str], tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("OPENAI_BASE_URL=http://127.0.0.1:9/v1\nOPENAI_MODEL=theirs\n")
    async with open_model("auto", env=bare, dotenv=dotenv) as model:
        assert (model.settings.kind, model.settings.model) == ("configured", "theirs")
        assert model.notice is None


async def test_a_choice_wins_over_the_settings() -> None:
    async with open_model("scripted", env={"OPENAI_API_KEY": "sk-1"}) as model:
        assert model.settings.kind == "scripted"


@pytest.mark.parametrize(
    ("choice", "hint"),
    [
        ("scriptd", "scripted"),
        ("embeded", "embedded"),
        ("smollm2-135n", "smollm2-135m"),
        ("", "use one of"),
        ("scripted?pase_ms=1", "pace_ms"),
        ("scripted?fault=cut_argument", "cut_arguments"),
        ("scripted?tokens=many", "tokens"),
        ("scripted?tokens=-1", "tokens"),
        ("scripted?pace_ms=nan", "pace_ms"),
        ("scripted?who=nobody", "tool"),
    ],
)
async def test_an_unknown_choice_is_refused_with_the_nearest_valid_one(
    bare: dict[str, str], choice: str, hint: str
) -> None:
    with pytest.raises(ModelChoiceInvalid) as caught:
        async with open_model(choice, env=bare):
            pytest.fail("it was opened")
    assert hint in str(caught.value)
    assert caught.value.exit_code == EXIT_USAGE


async def test_the_options_of_the_choice_reach_the_model(bare: dict[str, str]) -> None:
    async with open_model("scripted?tokens=2&pace_ms=0", env=bare) as model, asking(model) as ask:
        assert await ask.text("anything") == "t0 t1"


def test_every_error_of_a_model_is_a_sentence_with_a_remedy() -> None:
    error: ModelError = WeightsMissing(name="smollm2-135m")
    assert str(error).endswith(error.remedy)


def test_importing_the_package_brings_nothing_heavy() -> None:
    heavy = ("uvicorn", "starlette", "httpx", "openai", "langchain_openai", "xllamacpp", "anyio")
    code = f"import sys, throughline.model; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
