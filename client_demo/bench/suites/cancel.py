"""`cancel`: how soon the provider's stream is closed when the caller of an agent leaves, by each way.

Counted from the moment of leaving until the provider notices that its reader is gone, and in tokens that it
still produced. The session is held, and has to serve the next call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
from langchain_core.tools import BaseTool

from client_demo.bench import near
from client_demo.bench.errors import expect
from client_demo.bench.interleave import Tick, interleaved
from client_demo.bench.outcome import Fact, Outcome, Series
from client_demo.bench.sizes import Sizes
from client_demo.bench.suites.lanes import ask, tool_agent
from client_demo.paths import Seen, path_named, run_path
from client_demo.transparency.tokens import TokenReader

TOKENS = 1_000
"""Two seconds' worth at this pace: a stream that nobody closes is found out by then."""
PACE_MS = 2
HEARD = 5
"""Tokens that a caller hears before it leaves."""
LIMIT_MS = 250.0
WITHIN_S = 20.0


@dataclass(slots=True)
class _Leaving:
    """One caller: its agent, what the provider had produced just before it left, and when it left."""

    graph: Any
    provider: near.Provider
    produced: int = 0
    left_s: float = 0.0
    heard: int = 0
    reader: TokenReader = field(default_factory=TokenReader)

    def hears(self, seen: Seen) -> bool:
        """Count a token of the tool; say whether it is time to leave."""
        self.heard += sum(token.who == "tool" for token in self.reader.read(seen))
        return self.heard >= HEARD

    async def notes(self) -> None:
        """Look at the provider's book, and at the clock."""
        self.produced = (await self.provider.now()).tokens
        self.left_s = time.monotonic()


Leave = Callable[[_Leaving], Awaitable[None]]


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return 2 * sizes.cancel_rounds


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Leave in every way, over stdio and over HTTP."""
    series: list[Series] = []
    facts: list[Fact] = []
    async with near.provider() as provider:
        for transport, open_far in near.TRANSPORTS.items():
            async with open_far(provider.settings) as remote:
                tools = {tool.name: tool for tool in await remote.load_tools()}
                ways = {
                    f"{name}, {transport}": partial(_leave, leave, tools, provider)
                    for name, leave in WAYS.items()
                }
                found = await interleaved(ways, unit="ms", rounds=sizes.cancel_rounds, tick=tick, warm_up=0)
            series += [_pick(one, 0, "ms") for one in found.values()]
            facts.append(_fact(transport, list(found.values())))
    return Outcome(tuple(series), facts=tuple(facts))


def _fact(transport: str, found: list[Series]) -> Fact:
    rounds = [one for series in found for one in series.rounds]
    slowest, most = max(one[0] for one in rounds), max(one[1] for one in rounds)
    missed = sum(not one[2] for one in rounds)
    words = f"after at most {slowest:.1f} ms (limit {LIMIT_MS:g} ms) and {most:.0f} tokens; session usable"
    if missed:
        words = f"{missed} of {len(rounds)} ran to their end; {words}"
    return Fact(
        f"provider's stream closed, {transport}",
        words,
        {"slowest_ms": slowest, "tokens_after": most, "ran_to_the_end": missed},
        slowest <= LIMIT_MS and not missed,
    )


def _pick(series: Series, place: int, unit: Any) -> Series:
    return Series(series.name, unit, tuple((one[place],) for one in series.rounds))


async def _leave(leave: Leave, tools: dict[str, BaseTool], provider: near.Provider) -> tuple[float, ...]:
    """Milliseconds until the provider's stream ended, tokens until then, 1 if closed early."""
    caller = _Leaving(tool_agent(provider.settings, tools["narrate"]), provider)
    with anyio.fail_after(WITHIN_S):
        await leave(caller)
        noted = await provider.ended()
        expect("a call after leaving a stream", "", await tools["nothing"].ainvoke({}))
    assert noted.ended_s is not None
    return (noted.ended_s - caller.left_s) * 1e3, noted.tokens - caller.produced, noted.reader_left


async def _by_break(caller: _Leaving) -> None:
    async for message, metadata in caller.graph.astream(_question(), stream_mode="messages"):
        if caller.hears(Seen(0.0, "messages", "messages", (message, metadata))):
            await caller.notes()
            break


async def _by_aclose(caller: _Leaving) -> None:
    await _until_left(caller, "astream:messages")


async def _by_events(caller: _Leaving) -> None:
    await _until_left(caller, "events:v2")


async def _by_abort(caller: _Leaving) -> None:
    await _until_left(caller, "events:v3")


async def _until_left(caller: _Leaving, path: str) -> None:
    async with _pieces(caller, path) as pieces:
        async for piece in pieces:
            if caller.hears(piece):
                await caller.notes()
                return


async def _by_cancel(caller: _Leaving) -> None:
    heard = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_listen(caller, heard))
        await heard.wait()
        await caller.notes()
        task.cancel()


async def _by_limit(caller: _Leaving) -> None:
    """The limit is set when enough was heard, so that it runs out at a known moment."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit, _pieces(caller, "astream:messages") as pieces:
            async for piece in pieces:
                if caller.hears(piece) and limit.when() is None:
                    await caller.notes()
                    limit.reschedule(asyncio.get_running_loop().time())


async def _listen(caller: _Leaving, heard: asyncio.Event) -> None:
    async with _pieces(caller, "astream:messages") as pieces:
        async for piece in pieces:
            if caller.hears(piece):
                heard.set()


WAYS: dict[str, Leave] = {
    "break": _by_break,
    "aclose": _by_aclose,
    "task cancel": _by_cancel,
    "time limit": _by_limit,
    "events v2 aclose": _by_events,
    "events v3 abort": _by_abort,
}


def _pieces(caller: _Leaving, path: str) -> AbstractAsyncContextManager[AsyncGenerator[Seen, None]]:
    return aclosing(run_path(path_named(path), caller.graph, _question()))


def _question() -> dict[str, object]:
    return ask("narrate", tokens=TOKENS, pace_ms=PACE_MS)
