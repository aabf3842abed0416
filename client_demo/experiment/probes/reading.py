"""The probe `slow reader`: does the graph go on to its tool when nobody reads its stream?

LangGraph goes from one step to the next when its stream is read (1.2): a reader who works before it reads on
holds up the graph. What is measured is how long after its first piece the tool starts, for both readers.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from client_demo.experiment.probes.ears import Ears
from client_demo.experiment.runs import Cell, Run
from client_demo.experiment.trial import Bench, Manner, Take
from client_demo.paths import Seen

NAME = "slow reader"
PATH = "astream:updates"
WORKS_S = 1.0
"""Seconds that the slow reader works on its first piece, unless the tool starts meanwhile."""


async def slow_reader(bench: Bench, placement: str) -> Run:
    """Make a run with a quick reader, and one with a reader who works on the first piece."""
    quick = _Reader()
    await _run(bench, placement, quick)
    return await _run(bench, placement, _Reader(works_s=WORKS_S, quick_s=quick.tool_started_s))


async def _run(bench: Bench, placement: str, reader: _Reader) -> Run:
    manner = Manner(reader.read, (reader.ears,))
    return await replace(bench, manner=manner).run(Cell(placement, PATH, probe=NAME))


@dataclass(slots=True)
class _Reader:
    """One who works for a while on the first piece; `quick_s` is what it was for one who does not."""

    works_s: float = 0.0
    quick_s: float | None = None
    ears: Ears = field(default_factory=Ears)
    first: float | None = None

    @property
    def tool_started_s(self) -> float | None:
        """Seconds from the first piece to the tool's start."""
        if self.first is None or self.ears.started_s is None:
            return None
        return round(max(self.ears.started_s - self.first, 0.0), 6)

    async def read(self, pieces: AsyncIterator[Seen], take: Take) -> Mapping[str, Any]:
        """Read it all."""
        async for one in pieces:
            take(one)
            if self.first is None:
                self.first = time.monotonic()
                with anyio.move_on_after(self.works_s):
                    await self.ears.started.wait()
        if self.quick_s is None or self.tool_started_s is None:  # the quick reader, or no tool to be heard
            return {}
        return {"tool_started_s": self.tool_started_s, "quick_tool_started_s": self.quick_s}
