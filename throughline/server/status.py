"""Progress as any host understands it: numbers that only grow, and a few words, at a pace people can read.

Two things: the numbers of a progress notification, and the reporter for hosts that did not opt in, which
shows status messages only. Knows no MCP type; `tell` is a coroutine function of progress, total and message.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

MESSAGE_CHARS = 200
PACE_S = 0.25
"""Seconds between messages to a host that did not opt in: four a second at most."""
LEAST = 1e-6
"""What progress grows by where nothing is known; where that is lost in a large number, by its last bit."""
MOST = 2.0**52
BEAT_S = 10.0
"""Seconds of silence after which a host is told that the tool still works; many hosts give up without a sign.
"""
LAST_GAP_S = 0.02
"""Seconds between the last message and the result: TypeScript hosts lose one that they read with it."""
MOST_GAPS = 50
"""Further such gaps for a host that has not read it by then, as far as that can be known."""

Tell = Callable[[float, float | None, str], Awaitable[None]]


class Progress:
    """The numbers of one call: strictly increasing, finite, a fraction once the tool knows one."""

    def __init__(self) -> None:
        self._last = 0.0
        self._base = 0.0
        self._total: float | None = None

    def step(self) -> tuple[float, float | None]:
        """One more notification, without news of how far things are."""
        return self._grown(self._last + 1 if self._total is None else 0), self._total

    def reach(self, progress: float, total: float | None) -> tuple[float, float | None]:
        """The tool says how far it is; what no bar could show counts as one more step."""
        if total is None or not (abs(progress) <= MOST and abs(total) <= MOST):
            return self.step()
        if self._total is None:
            self._base = self._last
        self._total = self._base + total
        return self._grown(self._base + progress), self._total

    def _grown(self, wanted: float) -> float:
        self._last = max(wanted, self._last + LEAST, math.nextafter(self._last, math.inf))
        return self._last


def words(message: str) -> str:
    """A message as hosts show it: one line, 200 characters at most."""
    line = " ".join(message.split())
    return line if len(line) <= MESSAGE_CHARS else line[: MESSAGE_CHARS - 1] + "…"


class StatusReporter:
    """Tells a host that asked for progress, and for nothing else, what the tool says it is doing.

    The first message goes at once; of those that come faster than four a second the latest is told. `unread`
    says how many bytes the host has left unread.
    """

    def __init__(self, tell: Tell, unread: Callable[[], int] | None = None) -> None:
        self._tell = tell
        self._unread = unread
        self._progress = Progress()
        self._waiting: tuple[str, float | None, float | None] | None = None
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._told = False
        self._said = "Working"
        self._silent_s = 0.0

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """Have this told next, instead of what still waits to be told."""
        self._waiting = (message, progress, total)
        self._said = message
        self._wake.set()
        await asyncio.sleep(0)

    async def partial(self, value: Any) -> None:
        """Partial values are for programs; a host that did not opt in is not shown them."""

    async def run(self) -> None:
        """Tell what waits, at the pace, until closed. One task runs this for as long as the call lives."""
        while True:
            await self._news()
            self._wake.clear()
            if self._waiting is not None:
                await self._tell_waiting()
            if self._closing.is_set() and self._waiting is None:
                break
            await self._rest(PACE_S if self._told else 0)
        if self._told:
            await self._heard()

    def close(self) -> None:
        """Nothing more comes; `run` tells what waits and ends."""
        self._closing.set()
        self._wake.set()

    async def _tell_waiting(self) -> None:
        assert self._waiting is not None
        (message, progress, total), self._waiting = self._waiting, None
        numbers = self._progress.step() if progress is None else self._progress.reach(progress, total)
        await self._tell(*numbers, words(message))
        self._told = True

    async def _heard(self) -> None:
        """Let the host read the last message, so that the result comes in a read of its own."""
        await asyncio.sleep(LAST_GAP_S)
        for _ in range(MOST_GAPS):
            if self._unread is None or self._unread() == 0:
                break
            await asyncio.sleep(LAST_GAP_S)

    async def _news(self) -> None:
        """Wait for something to tell; where nothing comes for long, that is what there is to tell."""
        try:
            async with asyncio.timeout(BEAT_S):
                await self._wake.wait()
        except TimeoutError:
            self._silent_s += BEAT_S
            self._waiting = (f"{self._said} ({self._silent_s:.0f} s)", None, None)
        else:
            self._silent_s = 0.0

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass
