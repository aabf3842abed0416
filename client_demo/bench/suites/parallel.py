"""`parallel`: many calls of one tool at once, on one session; every token says whose it is and which.

Checked token by token: none lost, none out of its order, none with another caller. Over stdio and over HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import anyio

from client_demo.bench import near
from client_demo.bench.interleave import Tick
from client_demo.bench.outcome import Fact, Outcome, Series
from client_demo.bench.sizes import Sizes
from throughline.client import RemoteSession
from throughline.events import Tokens
from throughline.wire import StreamRequest

WITHIN_S = 120.0


@dataclass(slots=True)
class Tally:
    """What came, held against what was to come."""

    tokens: int = 0
    lost: int = 0
    reordered: int = 0
    misattributed: int = 0

    def add(self, caller: int, expected: int, texts: list[str]) -> None:
        """Count the tokens that one caller was given."""
        numbers = []
        for text in texts:
            whose, _, which = text.strip().partition(".")
            if whose == str(caller):
                numbers.append(int(which))
            else:
                self.misattributed += 1
        self.tokens += len(texts)
        self.lost += expected - len(set(numbers))
        self.reordered += sum(here >= following for here, following in pairwise(numbers))

    @property
    def perfect(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.reordered or self.misattributed)


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return len(near.TRANSPORTS) * sizes.parallel_rounds


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Call in parallel over each transport."""
    series: list[Series] = []
    facts: list[Fact] = []
    for transport, open_far in near.TRANSPORTS.items():
        tally = Tally()
        async with open_far(None) as remote:
            await _call(remote, 0, 1, lambda texts: None)  # the server imports at its first call
            series.append(await _rates(remote, transport, tally, sizes, tick))
        facts.append(_fact(transport, tally, sizes))
    return Outcome(tuple(series), facts=tuple(facts))


async def _rates(remote: RemoteSession, transport: str, tally: Tally, sizes: Sizes, tick: Tick) -> Series:
    rates = []
    for _ in range(sizes.parallel_rounds):
        heard: list[list[str]] = [[] for _ in range(sizes.parallel_calls)]
        began = time.perf_counter()
        with anyio.fail_after(WITHIN_S):
            async with anyio.create_task_group() as tasks:
                for caller, texts in enumerate(heard):
                    tasks.start_soon(_call, remote, caller, sizes.parallel_tokens, texts.extend)
        taken_s = time.perf_counter() - began
        rates.append((sum(map(len, heard)) / taken_s,))
        for caller, texts in enumerate(heard):
            tally.add(caller, sizes.parallel_tokens, texts)
        tick()
    return Series(f"{sizes.parallel_calls} calls at once, {transport}", "tokens/s", tuple(rates))


async def _call(
    remote: RemoteSession, caller: int, tokens: int, hear: Callable[[tuple[str, ...]], None]
) -> None:
    arguments = {"caller": caller, "tokens": tokens}
    async with remote.call("signed", arguments, StreamRequest(streaming=True)) as call:
        async for event in call.events():
            if isinstance(event, Tokens):
                hear(event.texts)
    call.ledger()


def _fact(transport: str, tally: Tally, sizes: Sizes) -> Fact:
    calls = sizes.parallel_rounds * sizes.parallel_calls
    words = (
        f"{tally.tokens:,} tokens of {calls} calls: "
        f"{tally.lost} lost, {tally.reordered} reordered, {tally.misattributed} misattributed"
    )
    value = {
        "calls": calls,
        "tokens": tally.tokens,
        "lost": tally.lost,
        "reordered": tally.reordered,
        "misattributed": tally.misattributed,
    }
    return Fact(f"nothing mixed, {transport}", words, value, tally.perfect)
