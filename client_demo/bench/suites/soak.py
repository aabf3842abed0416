"""`soak`: many calls one after the other on one session, and what both processes hold meanwhile.

Each call is made by a graph that streams `messages`, so that everything takes part: model, callbacks, frames,
replay and lane. Memory and descriptors of both sides are looked at from time to time.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypedDict

from langchain_core.messages import AIMessageChunk
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, StateGraph

from client_demo.bench import near
from client_demo.bench.errors import expect
from client_demo.bench.interleave import Tick
from client_demo.bench.outcome import Fact, Outcome, Series
from client_demo.bench.processes import open_files, resident_mib
from client_demo.bench.sizes import FULL, Sizes
from client_demo.bench.stats import slope

LOOKS = 40
"""How often both processes are looked at."""
SETTLED = 0.25
"""The part of the calls after which memory counts as settled: caches fill, arenas grow to their size."""
FLAT = 0.01
"""Memory that grew by less than this part of itself after it had settled is called flat."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one process held after so many calls."""

    calls: int
    mib: float
    files: int


class _State(TypedDict, total=False):
    text: str


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return min(LOOKS, sizes.soak_calls)


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Call, and look."""
    looks: dict[str, list[Look]] = {"client": [], "server": []}
    async with near.ours() as remote:
        tools = {tool.name: tool for tool in await remote.load_tools()}
        processes = {"client": os.getpid(), "server": int(await tools["number"].ainvoke({}))}
        graph = _graph(tools["recite"], sizes.soak_tokens)
        tokens, looked = 0, 0
        for call in range(1, sizes.soak_calls + 1):
            tokens += await _heard(graph)
            if call * steps(sizes) // sizes.soak_calls > looked:
                looked += 1
                for name, pid in processes.items():
                    looks[name].append(Look(call, resident_mib(pid) or 0.0, open_files(pid) or 0))
                tick()
    expect("tokens of a soak", sizes.soak_calls * sizes.soak_tokens, tokens)
    facts = [fact for name, found in looks.items() for fact in judge(name, found)]
    series = [
        Series(f"memory of the {name}", "MiB", tuple((one.mib,) for one in found))
        for name, found in looks.items()
    ]
    return Outcome(tuple(series), facts=(_size(sizes, tokens), *facts))


def _graph(tool: BaseTool, tokens: int) -> Any:
    async def call(state: _State) -> _State:
        return {"text": await tool.ainvoke({"tokens": tokens})}

    builder = StateGraph(_State)
    builder.add_node("call", call)
    builder.add_edge(START, "call")
    builder.add_edge("call", END)
    return builder.compile()


async def _heard(graph: Any) -> int:
    heard = 0
    async with aclosing(graph.astream({"text": ""}, stream_mode="messages")) as pieces:
        async for message, _ in pieces:
            heard += isinstance(message, AIMessageChunk) and bool(message.content)
    return heard


def _size(sizes: Sizes, tokens: int) -> Fact:
    words = f"{tokens:,} tokens in {sizes.soak_calls:,} calls"
    full = FULL.soak_calls * FULL.soak_tokens
    if tokens < full:
        words += f" (scaled down from {full:,} in {FULL.soak_calls:,})"
    return Fact("size", words, {"tokens": tokens, "calls": sizes.soak_calls})


def judge(name: str, looks: list[Look]) -> list[Fact]:
    """Say whether one process holds no more in the end than when its caches had filled."""
    later = looks[int(len(looks) * SETTLED) :]
    calls = [float(one.calls) for one in later]
    kib = slope(calls, [one.mib * 1024 for one in later])
    first, last = later[0], later[-1]
    memory = (
        f"{first.mib:.1f} MiB after {first.calls} calls, {last.mib:.1f} MiB after {last.calls}: "
        f"{kib:+.2f} KiB a call"
    )
    files = f"{looks[0].files} at first, {looks[-1].files} in the end"
    return [
        Fact(
            f"memory of the {name} is flat",
            memory,
            {"kib_a_call": kib},
            last.mib - first.mib < FLAT * first.mib,
        ),
        Fact(
            f"descriptors of the {name} are flat",
            files,
            {"first": looks[0].files, "last": looks[-1].files},
            looks[-1].files <= looks[0].files,
        ),
    ]
