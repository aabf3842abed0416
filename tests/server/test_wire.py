"""What is on the wire, line by line: only JSON-RPC, and nothing that nobody asked for."""

from __future__ import annotations

import json
import signal
from typing import Any

import anyio
import pytest

from tests.server.harness import TOKEN, raw_server
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

LONG = "\n\n".join(f"Paragraph {number}. " + "Words and words. " * 100 for number in range(6))


@pytest.mark.parametrize("args", [(), ("--sdk-stdio",)])
async def test_a_call_that_asks_for_no_progress_gets_its_result_and_nothing_else(
    scripted: OpenModel, args: tuple[str, ...]
) -> None:
    async with raw_server(scripted.settings.to_env(), *args) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        await server.call(1, "tell_joke", topic="bread")
        await server.call(2, "ask", prompt="[[tokens:50]]")
        await server.call(3, "summarize", text=LONG)
        answers = [await server.receive() for _ in range(3)]
        assert await server.leave() == 0
    assert {answer["id"] for answer in answers} == {1, 2, 3}
    assert not [answer for answer in answers if answer["result"]["isError"]]
    assert len(server.lines) == 4


async def test_a_progress_token_alone_brings_readable_status_that_only_grows(scripted: OpenModel) -> None:
    async with raw_server(scripted.settings.to_env()) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        await server.call(1, "summarize", {"progressToken": TOKEN}, text=LONG)
        told = []
        while "id" not in (message := await server.receive()):
            told.append(message["params"])
    assert message["result"]["isError"] is False
    assert told
    assert [set(params) - {"total"} for params in told] == [{"progressToken", "progress", "message"}] * len(
        told
    )
    assert all("of" in params["message"] or "Joining" in params["message"] for params in told)
    progress = [params["progress"] for params in told]
    assert progress == sorted(set(progress))
    assert all(params["progress"] <= params["total"] for params in told)


async def test_a_status_a_node_is_told_of_a_graph_in_a_tool(scripted: OpenModel) -> None:
    async with raw_server(scripted.settings.to_env()) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        await server.call(1, "tell_joke", {"progressToken": TOKEN}, topic="bread")
        first = await server.receive()
        assert first["params"]["message"] == "Refining the topic"
        await server.answer(1)


async def test_a_client_that_opts_in_gets_the_answer_as_frames_piece_by_piece(scripted: OpenModel) -> None:
    meta = {"progressToken": TOKEN, "throughline/stream": {"version": 1, "streaming": True}}
    async with raw_server(scripted.settings.to_env()) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        await server.call(1, "ask", meta, prompt="[[reply:one two three]]")
        frames = []
        while "id" not in (message := await server.receive()):
            frames.append(message["params"]["_meta"]["throughline/frame"])
    events = [event for frame in frames for event in frame["events"]]
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert joined(events, "partial", "value") == "one two three"
    assert message["result"]["content"][0]["text"] == "one two three"


async def test_prompts_stay_on_the_server_unless_its_operator_lets_them_go(scripted: OpenModel) -> None:
    meta = {"progressToken": TOKEN, "throughline/stream": {"version": 1, "streaming": True}}
    told = {}
    for args in ((), ("--send-prompts",)):
        async with raw_server(scripted.settings.to_env(), *args) as server:
            await server.initialize()
            await server.send("notifications/initialized")
            await server.call(1, "ask", meta, prompt="[[reply:public]]", system="The secret of the house.")
            await server.answer(1)
            told[args] = b"".join(server.lines)
    assert b"secret of the house" not in told[()]
    assert b"secret of the house" in told["--send-prompts",]


async def test_stdout_carries_nothing_but_json_rpc_whatever_comes_in(scripted: OpenModel) -> None:
    async with raw_server(scripted.settings.to_env(), "--log-level", "debug") as server:
        await server.initialize()
        await server.send("notifications/initialized")
        await server.write(b"this is not JSON\n\n{}\n\xff\xfe\n")
        await server.call(1, "list_items", place="bedroom")
        await server.call(2, "no_such_tool")
        await server.answer(2)
        await server.answer(1)
        assert await server.leave() == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in server.lines)


@pytest.mark.parametrize("args", [(), ("--sdk-stdio",)])
async def test_it_ends_at_once_and_cleanly_when_its_host_leaves_in_mid_call(
    scripted: OpenModel, args: tuple[str, ...]
) -> None:
    env = {**scripted.settings.to_env(), "OPENAI_MODEL": "scripted?pace_ms=50"}
    async with raw_server(env, *args) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        await server.call(1, "ask", prompt="[[tokens:1000]]")
        with anyio.fail_after(20):
            await scripted.endpoint.wait_for(lambda asked: any(record.tokens > 2 for record in asked))
        assert await server.leave() == 0
    with anyio.fail_after(5):
        [record] = await scripted.endpoint.wait_for(lambda asked: asked[0].reader_left)
    assert record.tokens < 1000


async def test_a_signal_ends_it_with_the_code_of_the_signal(scripted: OpenModel) -> None:
    async with raw_server(scripted.settings.to_env()) as server:
        await server.initialize()
        server.process.send_signal(signal.SIGTERM)
        with anyio.fail_after(10):
            assert await server.process.wait() == 128 + signal.SIGTERM


def joined(events: list[dict[str, Any]], kind: str, key: str) -> str:
    return "".join(event[key] for event in events if event["type"] == kind)
