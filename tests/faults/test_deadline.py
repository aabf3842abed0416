"""The server's own deadline: hosts that did not opt in get what there is; callers that did are not cut."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from tests.faults.host import MUST_END_S, OPT_IN, Host
from tests.faults.streams import ToolStream
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

TOKEN = {"progressToken": "host"}
CALLERS = [pytest.param(None, id="without a token"), pytest.param(TOKEN, id="with a token")]


def texts(result: dict[str, Any]) -> list[str]:
    return [block["text"] for block in result["content"]]


@pytest.mark.parametrize("meta", CALLERS)
async def test_what_there_is_at_the_deadline_is_the_answer_and_says_that_it_is_a_part(
    host: Host, meta: dict[str, Any] | None
) -> None:
    result = (await host.answer(await host.call("holds", meta)))["result"]
    assert texts(result) == [
        "the first half and some more",
        "(This is a partial result: the time limit of 0.2 s was reached.)",
    ]
    assert result["isError"] is False
    assert result["_meta"] == {"throughline/finish": "deadline"}


@pytest.mark.parametrize("meta", CALLERS)
async def test_of_values_the_last_one_is_what_there_is(host: Host, meta: dict[str, Any] | None) -> None:
    result = (await host.answer(await host.call("holds_values", meta)))["result"]
    assert texts(result)[0] == '{"done": 2}'
    assert result["_meta"] == {"throughline/finish": "deadline"}


@pytest.mark.parametrize("meta", CALLERS)
async def test_nothing_at_the_deadline_is_an_error_in_a_sentence(
    host: Host, meta: dict[str, Any] | None
) -> None:
    result = (await host.answer(await host.call("holds_silently", meta)))["result"]
    assert texts(result) == [
        "The time limit of 0.2 s was reached and there is nothing to show yet: ask for less."
    ]
    assert result["isError"] is True
    assert result["_meta"] == {"throughline/finish": "deadline"}


async def test_a_caller_that_opted_in_is_not_cut(host: Host) -> None:
    meta = {"progressToken": "ours", "throughline/stream": OPT_IN}
    ours = await host.call("holds", meta)
    theirs = await host.answer(await host.call("holds"))  # began later, and is cut
    assert theirs["result"]["_meta"] == {"throughline/finish": "deadline"}
    assert ours not in host.answers
    await host.answer(await host.call("release"))
    result = (await host.answer(ours))["result"]
    assert texts(result) == ["released"]
    assert result["_meta"]["throughline/finish"] == "stop"


@pytest.mark.parametrize("meta", CALLERS)
async def test_the_providers_answer_is_left_at_the_deadline(
    host: Host, model: OpenModel, meta: dict[str, Any] | None
) -> None:
    stream = ToolStream(model)
    with anyio.fail_after(MUST_END_S):
        while not stream.asked():  # a server that loads its libraries is cut before it asks anybody
            result = (await host.answer(await host.call("endless", meta, text="never")))["result"]
            assert (result["isError"], result["_meta"]) == (True, {"throughline/finish": "deadline"})
    await stream.assert_closed()
    assert await host.ask("ping")
