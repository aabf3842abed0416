"""The ways a LangGraph graph can be called, as data, and one driver for each.

Knows `Runnable` and LangGraph's stream modes. Refuses to know agents, tools, placements, MCP and reports: any
graph will do, and any plain runnable where the path does not need a graph. What a path saw is handed on as it
came; what of it counts is decided in `law.py`, whose functions are offered here as well.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import anyio
import anyio.to_thread
from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.pregel.protocol import PregelProtocol

from client_demo.errors import PathUnsupported, UnknownName
from client_demo.transparency.by_call import normalise_by_call
from client_demo.transparency.law import Event, first_difference, normalise
from client_demo.transparency.seen import Lane, Seen
from client_demo.transparency.tokens import Token, TokenReader, text_of

__all__ = [
    "PATHS",
    "Event",
    "Lane",
    "Path",
    "Seen",
    "Token",
    "TokenReader",
    "first_difference",
    "normalise",
    "normalise_by_call",
    "path_named",
    "run_path",
    "text_of",
]

_LANES: dict[str, Lane] = {"messages": "messages", "tools": "tools", "custom": "custom"}
_LANES |= {"result": "result", "v2": "events", "v3": "events"}
_ABORT_S = 5.0


@dataclass(frozen=True, slots=True)
class Path:
    """One way of calling a graph.

    `modes` are the stream modes of an `astream` path. A path that `needs_checkpointer` shows (part of) its
    events only on a graph that has one.
    """

    name: str
    summary: str
    modes: tuple[str, ...] = ()
    needs_graph: bool = True
    needs_checkpointer: bool = False


def _stream(modes: str, summary: str, *, needs_checkpointer: bool = False) -> Path:
    return Path(f"astream:{modes}", summary, tuple(modes.split("+")), needs_checkpointer=needs_checkpointer)


PATHS: tuple[Path, ...] = (
    Path("invoke", "blocks the thread and returns the final state; cannot run async-only tools", (), False),
    Path("ainvoke", "returns the final state when everything is done; nobody sees a token before", (), False),
    _stream("values", "the whole state after each step"),
    _stream("updates", "what each node returned, when it returned it"),
    _stream("custom", "what nodes and tools write with get_stream_writer(), as they write it"),
    _stream("messages", "every LLM token with the node it came from; makes the provider stream"),
    _stream("tools", "start, output deltas and end of each tool call, by tool_call_id"),
    _stream("debug", "tasks and checkpoints, with their step", needs_checkpointer=True),
    _stream("tasks", "each task's start with its input, and its result or error"),
    _stream("checkpoints", "a snapshot of the state at each checkpoint", needs_checkpointer=True),
    _stream("messages+tools+updates", "three modes in one stream, as a user interface wants them"),
    Path("events:v2", "start, stream and end of every model, chain, tool, prompt and parser", (), False),
    Path("events:v3", "the protocol of typed content blocks, with namespaces (LangGraph calls it beta)"),
)


def path_named(name: str) -> Path:
    """Find a path by its name; the error of an unknown one gives the nearest."""
    for path in PATHS:
        if path.name == name:
            return path
    raise UnknownName(kind="path", name=name, valid=[path.name for path in PATHS])


async def run_path(
    path: Path | str, runnable: Runnable[Any, Any], inputs: Any, *, config: RunnableConfig | None = None
) -> AsyncGenerator[Seen, None]:
    """Call `runnable` by `path` and yield what it hands out; whatever is iterated is closed, early or late.

    A graph with a checkpointer gets a thread of its own when `config` names none. Iterate inside `aclosing`:
    leaving early cancels the run. Put time limits on it with `asyncio.timeout`, which cancels once; anyio's
    scopes cancel until they are obeyed, which breaks into LangGraph's clean-up and leaves nodes running.
    """
    path = path_named(path) if isinstance(path, str) else path
    if path.needs_graph and not isinstance(runnable, PregelProtocol):
        raise PathUnsupported(
            path=path.name,
            runnable=type(runnable).__name__,
            reason="it needs a LangGraph graph",
            remedy="use ainvoke or events:v2.",
        )
    driver = _DRIVERS[path.name.partition(":")[0] if path.modes else path.name]
    async with aclosing(driver(path, runnable, inputs, _with_thread(runnable, config))) as pieces:
        async for mode, raw in pieces:
            yield Seen(time.monotonic(), _LANES.get(mode, "state"), mode, raw)


def _with_thread(runnable: Runnable[Any, Any], config: RunnableConfig | None) -> RunnableConfig:
    given = config or RunnableConfig()
    configurable = given.get("configurable", {})
    if getattr(runnable, "checkpointer", None) is None or "thread_id" in configurable:
        return given
    return RunnableConfig(**{**given, "configurable": {**configurable, "thread_id": uuid4().hex}})


Pieces = AsyncGenerator[tuple[str, Any], None]


async def _invoke(path: Path, runnable: Any, inputs: Any, config: RunnableConfig) -> Pieces:
    call = partial(runnable.invoke, inputs, config)
    yield "result", await anyio.to_thread.run_sync(call, abandon_on_cancel=True)


async def _ainvoke(path: Path, runnable: Any, inputs: Any, config: RunnableConfig) -> Pieces:
    yield "result", await runnable.ainvoke(inputs, config)


async def _astream(path: Path, runnable: Any, inputs: Any, config: RunnableConfig) -> Pieces:
    async with aclosing(runnable.astream(inputs, config, stream_mode=list(path.modes))) as pieces:
        async for mode, chunk in pieces:
            yield mode, chunk


async def _events_v2(path: Path, runnable: Any, inputs: Any, config: RunnableConfig) -> Pieces:
    async with aclosing(runnable.astream_events(inputs, config, version="v2")) as events:
        async for event in events:
            yield "v2", event


async def _events_v3(path: Path, runnable: Any, inputs: Any, config: RunnableConfig) -> Pieces:
    with warnings.catch_warnings():  # nothing is awaited that could suspend in here (langgraph 1.2)
        warnings.filterwarnings("ignore", message="The v3 streaming protocol")
        run = await runnable.astream_events(inputs, config, version="v3")
    try:
        async for event in run:
            yield "v3", event
    finally:
        # A cancelled caller must still stop the graph, which v3 pulls in a task of its own.
        with anyio.move_on_after(_ABORT_S, shield=True):
            await run.abort()


_DRIVERS: dict[str, Callable[[Path, Any, Any, RunnableConfig], Pieces]] = {
    "invoke": _invoke,
    "ainvoke": _ainvoke,
    "astream": _astream,
    "events:v2": _events_v2,
    "events:v3": _events_v3,
}
