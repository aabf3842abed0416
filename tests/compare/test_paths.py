"""Every path, on graphs and chains that know nothing of throughline."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import anyio
import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph

from client_demo.errors import PathUnsupported, UnknownName
from client_demo.paths import PATHS, Seen, normalise, path_named, run_path, text_of
from throughline.model import OpenModel, chat_model

pytestmark = pytest.mark.anyio

GRAPH_PATHS = [path.name for path in PATHS if path.needs_graph]
INPUTS = {"messages": [("user", "[[tokens:3]]")]}


def graph_of(node: Any, *, checkpointer: InMemorySaver | None = None) -> Runnable[Any, Any]:
    builder = StateGraph(MessagesState)
    builder.add_node("model", node)
    builder.add_edge(START, "model")
    builder.add_edge("model", END)
    return builder.compile(checkpointer=checkpointer)


def talking(model: OpenModel) -> Runnable[Any, Any]:
    """A graph of one node that asks the model and writes a word of its own."""

    async def node(state: MessagesState) -> dict[str, Any]:
        get_stream_writer()("written")
        return {"messages": [await chat_model(model.settings, who="agent").ainvoke(state["messages"])]}

    return graph_of(node, checkpointer=InMemorySaver())


async def all_of(path: str, runnable: Runnable[Any, Any], inputs: Any = INPUTS) -> list[Seen]:
    with anyio.fail_after(20):
        async with aclosing(run_path(path, runnable, inputs)) as pieces:
            return [piece async for piece in pieces]


@pytest.mark.parametrize(
    "path", [path.name for path in PATHS if path.name not in ("invoke", "astream:tools")]
)
async def test_a_path_shows_the_same_thing_twice(scripted: OpenModel, path: str) -> None:
    one, other = await all_of(path, talking(scripted)), await all_of(path, talking(scripted))
    assert one
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    "path", ["astream:messages", "astream:messages+tools+updates", "events:v2", "events:v3"]
)
async def test_a_path_with_tokens_shows_every_one(scripted: OpenModel, path: str) -> None:
    assert text_of(await all_of(path, talking(scripted)), "answer") == "t0 t1 t2"


async def test_invoke_returns_what_ainvoke_returns() -> None:
    def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("done")]}

    graph = graph_of(node)
    assert normalise(await all_of("invoke", graph)) == normalise(await all_of("ainvoke", graph))


@pytest.mark.parametrize("path", ["ainvoke", "events:v2"])
async def test_a_chain_can_be_called_without_a_graph(scripted: OpenModel, path: str) -> None:
    chain = chat_model(scripted.settings, who="agent") | RunnableLambda(lambda message: message.text)
    assert await all_of(path, chain, "[[tokens:3]]")


@pytest.mark.parametrize("path", GRAPH_PATHS)
async def test_a_path_that_needs_a_graph_says_so_to_a_chain(path: str) -> None:
    with pytest.raises(PathUnsupported, match=r"it needs a LangGraph graph.*use ainvoke or events:v2"):
        await all_of(path, RunnableLambda(str))


def test_an_unknown_path_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'astream:messages'"):
        path_named("messages")


class Waiting:
    """A graph whose node lets its model say something, then waits to be cancelled, and tells both."""

    def __init__(self, model: OpenModel) -> None:
        self.running, self.cancelled = anyio.Event(), anyio.Event()

        async def node(state: MessagesState) -> dict[str, Any]:
            await chat_model(model.settings, who="agent").ainvoke(state["messages"])
            self.running.set()
            try:
                await anyio.Event().wait()
            finally:
                self.cancelled.set()
            return {}

        self.graph = graph_of(node)


@pytest.mark.parametrize("path", ["astream:messages", "events:v2", "events:v3"])
async def test_leaving_a_path_early_cancels_the_run(scripted: OpenModel, path: str) -> None:
    waiting = Waiting(scripted)
    with anyio.fail_after(10):
        async with aclosing(run_path(path, waiting.graph, INPUTS)) as pieces:
            seen: list[Seen] = []
            async for piece in pieces:
                seen.append(piece)
                if text_of(seen, "answer").endswith("t2"):
                    break
            await waiting.running.wait()
        await waiting.cancelled.wait()


@pytest.mark.parametrize("path", ["ainvoke", "astream:values", "astream:messages", "events:v2", "events:v3"])
async def test_cancelling_whoever_reads_a_path_cancels_the_run(scripted: OpenModel, path: str) -> None:
    waiting = Waiting(scripted)
    with anyio.fail_after(10):
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(all_of(path, waiting.graph))
            await waiting.running.wait()
            reading.cancel()
        await waiting.cancelled.wait()


async def test_a_graph_with_a_memory_gets_a_thread_of_its_own() -> None:
    def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(str(len(state["messages"])))]}

    graph = graph_of(node, checkpointer=InMemorySaver())
    for _ in range(2):
        (seen,) = await all_of("ainvoke", graph)
        assert seen.raw["messages"][-1].text == "1"


async def test_a_thread_that_is_named_is_kept() -> None:
    graph = graph_of(lambda state: {"messages": [AIMessage("x")]}, checkpointer=InMemorySaver())
    for length in (2, 4):
        async with aclosing(
            run_path("ainvoke", graph, INPUTS, config={"configurable": {"thread_id": "1"}})
        ) as it:
            assert len((await anext(it)).raw["messages"]) == length
