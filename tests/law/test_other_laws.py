"""Laws 2 to 5 over real stdio: nothing lost, in order, to the right caller, and stop means stop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import anyio
import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig

from client_demo.paths import PATHS, Seen, normalise_by_call, path_named, run_path
from tests.law import graphs
from tests.law.conftest import Bed
from tests.law.graphs import Graph
from tests.law.test_transparency import ARGUMENTS, ORDERED
from throughline.errors import RemoteError

pytestmark = pytest.mark.anyio


def ask(tool: str, *arguments: dict[str, Any]) -> dict[str, Any]:
    calls = " ".join(f"[[call:{tool} {json.dumps(each)}]]" for each in arguments)
    return {"messages": [("user", calls)]}


def agent(bed: Bed, tools: dict[str, Any]) -> Graph:
    return graphs.agent(tools, bed.agent_model())


async def seen(path: str, graph: Graph, inputs: Any) -> list[Seen]:
    with anyio.fail_after(60):
        async with aclosing(run_path(path_named(path), graph, inputs)) as pieces:
            return [piece async for piece in pieces]


def tool_tokens(pieces: list[Seen]) -> list[str]:
    chunks = [piece.raw for piece in pieces if piece.mode == "messages"]
    return [
        str(message.text)
        for message, metadata in chunks
        if isinstance(message, AIMessageChunk) and metadata["langgraph_node"] == "tools" and message.text
    ]


async def test_every_token_that_the_provider_made_reaches_the_lane_and_the_ledgers_agree(
    any_bed: Bed,
) -> None:
    pieces = await seen("astream:messages", agent(any_bed, any_bed.bridged), ask("tokens", {"text": "x"}))
    ledger = any_bed.remote.ledgers[-1]
    produced = [record for record in any_bed.model.endpoint.requests if record.who == "tool"][-1]
    assert ledger.sent == ledger.received
    assert "".join(tool_tokens(pieces)) == produced.text
    assert len(tool_tokens(pieces)) == produced.tokens == ledger.received.tokens == 300


async def test_the_final_state_repeats_nothing(any_bed: Bed) -> None:
    state = (await seen("ainvoke", agent(any_bed, any_bed.bridged), ask("three_calls", {"text": "x"})))[
        -1
    ].raw
    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai"]


@pytest.mark.parametrize("tool", ["list_items", "inner_tool", "writes"])
async def test_the_provider_is_asked_the_same_for_a_bridged_tool(any_bed: Bed, tool: str) -> None:
    arguments = {"place": "bedroom"} if tool == "list_items" else {"text": "x"}
    asked = []
    for tools in (any_bed.local, any_bed.bridged):
        before = len(any_bed.model.endpoint.requests)
        await seen("astream:messages", agent(any_bed, tools), ask(tool, arguments))
        bodies = [record.body for record in any_bed.model.endpoint.requests[before:]]
        asked.append(json.dumps(bodies, sort_keys=True).split("call_"))
    assert [part[24:] for part in asked[0][1:]] == [part[24:] for part in asked[1][1:]]
    assert asked[0][0] == asked[1][0]


@pytest.mark.parametrize("tool", ["list_items", "ask", "tell_joke", "nested_graph"])
async def test_the_provider_streams_exactly_when_it_would_for_a_local_tool(bed: Bed, tool: str) -> None:
    inputs = ask(tool, ARGUMENTS.get(tool, {"text": "x"}))
    for path in PATHS[1:]:
        asked = []
        for tools in (bed.local, bed.bridged):
            before = len(bed.model.endpoint.requests)
            await seen(path.name, agent(bed, tools), inputs)
            asked.append([(record.who, record.streamed) for record in bed.model.endpoint.requests[before:]])
        assert asked[0] == asked[1], path.name


@pytest.mark.parametrize(
    "path", ["astream:messages", "astream:messages+tools+updates", "events:v2", "events:v3"]
)
async def test_eight_parallel_calls_of_one_tool_never_mix(any_bed: Bed, path: str) -> None:
    calls = ask("echo", *({"text": f"caller {number}"} for number in range(8)))
    expected = normalise_by_call(await seen(path, agent(any_bed, any_bed.local), calls))
    for _ in range(5):
        assert normalise_by_call(await seen(path, agent(any_bed, any_bed.bridged), calls)) == expected


async def test_four_runs_on_one_session_see_only_their_own_tokens(any_bed: Bed) -> None:
    async def one(number: int) -> None:
        pieces = await seen(
            "astream:messages", agent(any_bed, any_bed.bridged), ask("echo", {"text": f"run {number}"})
        )
        words = "".join(tool_tokens(pieces))
        assert words == f"run {number} " * 20

    async with asyncio.TaskGroup() as runs:
        for number in range(4):
            runs.create_task(one(number))


async def test_two_different_tools_in_parallel_stream_as_local_ones(any_bed: Bed) -> None:
    both = {
        "messages": [("user", '[[call:list_items {"place": "attic"}]] [[call:tell_joke {"topic": "cats"}]]')]
    }
    for path in ("astream:messages", "events:v2", "astream:messages+tools+updates"):
        expected = normalise_by_call(await seen(path, agent(any_bed, any_bed.local), both))
        for _ in range(5):
            assert normalise_by_call(await seen(path, agent(any_bed, any_bed.bridged), both)) == expected


Leave = Callable[[Bed, Graph, Any], Any]


async def first_tool_token(pieces: AsyncGenerator[Seen, None]) -> None:
    async for piece in pieces:
        if piece.mode == "messages" and tool_tokens([piece]):
            return


async def by_break(graph: Graph, inputs: Any) -> None:
    async for message, metadata in graph.astream(
        inputs, {"configurable": {"thread_id": "b"}}, stream_mode="messages"
    ):
        if metadata["langgraph_node"] == "tools" and isinstance(message, AIMessageChunk) and message.text:
            break


async def by_aclose(graph: Graph, inputs: Any) -> None:
    async with aclosing(run_path(path_named("astream:messages"), graph, inputs)) as pieces:
        await first_tool_token(pieces)


async def by_cancel(graph: Graph, inputs: Any) -> None:
    started = asyncio.Event()

    async def run() -> None:
        async with aclosing(run_path(path_named("astream:messages"), graph, inputs)) as pieces:
            await first_tool_token(pieces)
            started.set()
            await anyio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(run())
        await started.wait()
        task.cancel()


async def by_events(graph: Graph, inputs: Any) -> None:
    async with aclosing(run_path(path_named("events:v2"), graph, inputs)) as pieces:
        async for piece in pieces:
            if (
                piece.raw["event"] == "on_chat_model_stream"
                and piece.raw["metadata"]["langgraph_node"] == "tools"
            ):
                return


async def by_abort(graph: Graph, inputs: Any) -> None:
    async with aclosing(run_path(path_named("events:v3"), graph, inputs)) as pieces:
        async for piece in pieces:
            if piece.raw["method"] == "messages":
                event, metadata = piece.raw["params"]["data"]
                if metadata["langgraph_node"] == "tools" and event["event"] == "content-block-delta":
                    return


@pytest.mark.parametrize("leave", [by_break, by_aclose, by_cancel, by_events, by_abort])
async def test_leaving_a_stream_closes_the_providers_and_keeps_the_session(any_bed: Bed, leave: Any) -> None:
    endpoint = any_bed.model.endpoint
    before = len(endpoint.requests)
    with anyio.fail_after(30):
        await leave(agent(any_bed, any_bed.bridged), ask("slow", {"text": "x"}))
        records = await endpoint.wait_for(
            lambda records: any(record.who == "tool" and record.reader_left for record in records[before:])
        )
        left = next(record for record in records[before:] if record.who == "tool")
        assert left.tokens < 1000
        assert (await any_bed.bridged["echo"].ainvoke({"text": "still here"})).startswith("still here")


@pytest.mark.parametrize("tool", ORDERED)
async def test_a_caller_that_did_not_opt_in_loses_nothing_but_the_stream(bed: Bed, tool: str) -> None:
    async def heard(progress: float, total: float | None, message: str | None) -> None:
        return None

    arguments = ARGUMENTS.get(tool, {"text": "word"})
    config = RunnableConfig(configurable={"thread_id": tool})
    state = await agent(bed, bed.bridged).ainvoke(ask(tool, arguments), config)
    [bridged] = [message for message in state["messages"] if message.type == "tool"]
    for callback in (None, heard):
        plain = await bed.remote.session.call_tool(tool, arguments, progress_callback=callback)
        assert not plain.isError
        assert [getattr(block, "text", None) for block in plain.content] == [bridged.text]


async def test_a_tool_that_fails_ends_its_runs_and_tells_its_own_words(any_bed: Bed) -> None:
    pieces = await seen("astream:messages", agent(any_bed, any_bed.bridged), ask("raises", {"text": "x"}))
    message = next(piece.raw[0] for piece in pieces if piece.raw[0].type == "tool")
    assert (message.status, message.content) == ("error", "the tool gave up")
    assert "".join(tool_tokens(pieces)) == "half an answer"


async def test_a_server_that_dies_in_a_call_gives_a_typed_error_and_the_next_call_a_new_session(
    bed: Bed,
) -> None:
    with anyio.fail_after(60):
        with pytest.raises(RemoteError, match="went away during the call of 'dies'"):
            await bed.bridged["dies"].ainvoke({"text": "x"})
        assert (await bed.bridged["echo"].ainvoke({"text": "again"})).startswith("again")
