"""The scripted model misbehaves on request, and a client meets each fault as it would meet a provider's."""

from __future__ import annotations

import json
import time

import anyio
import httpx
import openai
import pytest

from tests.model.asking import ITEMS, Asker, calls_of, named, texts_of
from throughline.model import OpenModel, chat_model

pytestmark = pytest.mark.anyio


def failing(ask: Asker, faults: str) -> Asker:
    ask.model = f"scripted?pace_ms=0&fault={faults}"
    return ask


async def read_until_it_breaks(ask: Asker, prompt: str) -> str:
    text = ""
    async with ask.client.stream("POST", "chat/completions", json=ask.body(prompt, stream=True)) as response:
        try:
            async for piece in response.aiter_text():
                text += piece
        except httpx.RemoteProtocolError:
            return text
    pytest.fail("the stream ended as if nothing were wrong")


async def test_arguments_can_be_cut_off_as_at_a_length_limit(ask: Asker) -> None:
    chunks = await failing(ask, "cut_arguments").chunks(
        "What is in the bedroom?", tools=[ITEMS], tool_choice=named("list_items")
    )
    arguments = "".join(call["function"]["arguments"] for call in calls_of(chunks))
    assert '{"place": "bedroom"}'.startswith(arguments)
    with pytest.raises(json.JSONDecodeError):
        json.loads(arguments)
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


async def test_a_stream_can_stop_midway(scripted: OpenModel, ask: Asker) -> None:
    text = await read_until_it_breaks(failing(ask, "stop_midway&after=2"), "[[tokens:9]]")
    assert '"t1 "' in text
    assert '"t2 "' not in text
    record = scripted.endpoint.requests[-1]
    assert not record.reader_left
    assert record.tokens == 2


async def test_an_answer_in_one_piece_can_stop_midway(ask: Asker) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await failing(ask, "stop_midway").raw("[[tokens:9]]")


@pytest.mark.parametrize("stream", [True, False])
async def test_a_request_can_fail_at_once(ask: Asker, stream: bool) -> None:
    response = await failing(ask, "error").raw("hello", stream=stream)
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"


async def test_a_stream_can_hold_an_error(scripted: OpenModel, ask: Asker) -> None:
    response = await failing(ask, "error_midway").raw("[[tokens:9]]", stream=True)
    assert response.status_code == 200
    assert '"t2 "' in response.text
    assert "[DONE]" not in response.text
    llm = chat_model(scripted.settings, who="tool", model=ask.model)
    with pytest.raises(openai.APIError, match="on request"):
        await llm.ainvoke("[[tokens:9]]", stream=True)


async def test_an_error_midway_is_a_500_for_an_answer_in_one_piece(ask: Asker) -> None:
    assert (await failing(ask, "error_midway").raw("[[tokens:9]]")).status_code == 500


async def test_an_answer_can_be_broken_json(ask: Asker) -> None:
    with pytest.raises(json.JSONDecodeError):
        (await failing(ask, "invalid_json").raw("[[tokens:9]]")).json()


async def test_a_stream_can_hold_broken_json(scripted: OpenModel, ask: Asker) -> None:
    failing(ask, "invalid_json")
    with pytest.raises(json.JSONDecodeError):
        await ask.chunks("[[tokens:9]]")
    llm = chat_model(scripted.settings, who="tool", model=ask.model)
    with pytest.raises(json.JSONDecodeError):
        async for _ in llm.astream("[[tokens:9]]"):
            pass


async def test_the_first_token_can_be_slow(scripted: OpenModel, ask: Asker) -> None:
    started_s = time.monotonic()
    await failing(ask, "slow_first_token&slow_ms=40").chunks("[[tokens:2]]")
    first_byte_s = scripted.endpoint.requests[-1].first_byte_s
    assert first_byte_s is not None
    assert first_byte_s - started_s >= 0.04


async def test_a_reader_may_leave_before_a_slow_first_token(scripted: OpenModel, ask: Asker) -> None:
    failing(ask, "slow_first_token&slow_ms=60000")
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask.raw, "[[tokens:2]]")
            count = len(scripted.endpoint.requests)
            await scripted.endpoint.wait_for(lambda records: len(records) > count)
            tasks.cancel_scope.cancel()
        records = await scripted.endpoint.wait_for(lambda records: records[-1].reader_left)
    assert records[-1].tokens == 0
    assert records[-1].ended_s is not None


async def test_faults_can_be_kept_to_one_of_the_two_who_ask(scripted: OpenModel, ask: Asker) -> None:
    name = "scripted?pace_ms=0&fault=error&who=tool"
    agent = chat_model(scripted.settings, who="agent", model=name)
    assert (await agent.ainvoke("[[reply:well]]")).text == "well"
    with pytest.raises(openai.InternalServerError):
        await chat_model(scripted.settings, who="tool", model=name).ainvoke("[[reply:well]]")


async def test_a_short_answer_is_struck_before_its_end(ask: Asker) -> None:
    text = await read_until_it_breaks(failing(ask, "stop_midway&after=50"), "[[tokens:2]]")
    assert '"t1"' in text
    assert 'finish_reason":"stop' not in text


async def test_without_a_fault_the_same_request_is_whole(ask: Asker) -> None:
    ask.model = "scripted?pace_ms=0&fault="
    assert len(texts_of(await ask.chunks("[[tokens:9]]"))) == 9
