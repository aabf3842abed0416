"""The probe `ping`: is anything else answered while the tool runs?

Knows what stands for a ping: behind a held session, one of MCP's; in this process, a turn of the event loop.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from mcp import ClientSession

from client_demo.experiment.probes.ears import Ears
from client_demo.experiment.runs import Cell, Run
from client_demo.experiment.trial import Bench, Manner, Take, promptly
from client_demo.paths import Seen

NAME = "ping"
PATH = "ainvoke"
LOCAL = "local"
PAUSE_S = 0.02
LONG_S = 0.25
"""After a wait that long it is tried again: a busy machine hiccups, a tool that blocks does so every time."""
IDLE = 3
LAST_S = 5.0
"""Seconds for which the last ping is waited for when the run is over: it may be the one that was held up."""

Ping = Callable[[], Awaitable[float]]
"""Pings, and says how many seconds that took."""


async def ping(bench: Bench, placement: str) -> Run | None:
    """Make a run with pings beside it, and another one where a ping waited long."""
    if (send := _ping(bench, placement)) is None:
        return None
    run = await _run(bench, placement, send)
    return await _run(bench, placement, send) if run.notes.get("ping_s", 0) > LONG_S else run


def _ping(bench: Bench, placement: str) -> Ping | None:
    if placement == LOCAL:
        return _turn
    session = bench.placed.session
    return None if session is None else lambda: _asked(session())


async def _turn() -> float:
    """Whatever holds up the event loop is late for the end of a pause."""
    began = time.monotonic()
    await anyio.sleep(PAUSE_S)
    return max(time.monotonic() - began - PAUSE_S, 0.0)


async def _asked(session: ClientSession) -> float:
    began = time.monotonic()
    await session.send_ping()
    answered = time.monotonic()
    await anyio.sleep(PAUSE_S)
    return answered - began


async def _run(bench: Bench, placement: str, send: Ping) -> Run:
    pinging = _Pinging(send)
    manner = Manner(pinging.read, (pinging.ears,))
    return await replace(bench, manner=manner).run(Cell(placement, PATH, probe=NAME))


@dataclass(slots=True)
class _Pinging:
    """A reader who pings all the while; `waits` are the pings: when, and for how long.

    A tool that blocks until its end lets its result out before the answer to the ping that waited for it: the
    ping that is under way then is waited for, too.
    """

    send: Ping
    ears: Ears = field(default_factory=Ears)
    waits: list[tuple[float, float]] = field(default_factory=list)
    over: bool = False

    async def read(self, pieces: AsyncIterator[Seen], take: Take) -> Mapping[str, Any]:
        """Read promptly, with pings beside it."""
        for _ in range(IDLE):
            await self._once()
        idle = max(waited for _, waited in self.waits)
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._go_on)
            await promptly(pieces, take)
            self.over = True
            beside.cancel_scope.deadline = anyio.current_time() + LAST_S
        return {"ping_s": longest, "idle_ping_s": round(idle, 6)} if (longest := self._longest()) else {}

    async def _go_on(self) -> None:
        while not self.over:
            await self._once()

    async def _once(self) -> None:
        began, waited = time.monotonic(), None
        try:
            waited = await self.send()
        finally:
            self.waits.append((began, time.monotonic() - began if waited is None else waited))

    def _longest(self) -> float | None:
        """The longest wait for a ping that was under way while the tool ran."""
        start, end = self.ears.started_s, self.ears.ended_s
        if start is None or end is None:
            return None
        during = [
            waited for began, waited in self.waits if began <= end and began + max(waited, PAUSE_S) >= start
        ]
        return round(max(during), 6) if during else None
