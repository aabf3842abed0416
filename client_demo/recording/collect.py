"""Collects the evidence of a comparison while it runs: what was seen, asked, said on the wire and logged.

A `trial.Watcher` that also puts taps before servers. Knows runs and taps; refuses to know what is concluded.
A message that passed after its run belongs to that run until the next one of its placement begins.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from client_demo.evidence.data import Evidence, Message, Request, RunEvidence, Sight
from client_demo.evidence.witness import SightReader, request, run_evidence
from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Cell, Run, Tap
from client_demo.paths import Seen
from client_demo.servers.target import Target
from client_demo.taps.taps import Taps
from throughline.model.records import RequestRecord
from throughline.model.settings import ModelSettings

OURS = ("throughline", "mcp")
"""Loggers of what is compared."""


class Listener(Protocol):
    """Whoever wants to have the evidence as it comes: the recording."""

    def opened(self, number: int, cell: Cell) -> None:
        """A run begins."""

    def sighted(self, number: int, seen: Seen, sight: Sight) -> None:
        """A run was handed something."""

    def asked(self, number: int, one: Request) -> None:
        """The provider was asked; told when the run is over."""

    def passed(self, number: int, message: Message) -> None:
        """A message passed the tap; told when the run is over, or later."""

    def closed(self, evidence: RunEvidence) -> None:
        """A run is over; messages may still come."""


@dataclass(slots=True)
class _Open:
    """A run, under way or over. `started` is monotonic."""

    number: int
    cell: Cell
    started: float
    reader: SightReader
    sights: list[Sight] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    evidence: RunEvidence | None = None


class Collector:
    """Holds the evidence of the runs so far. Made by `collecting`."""

    def __init__(self, taps: Taps, log: _LogLines, listeners: Sequence[Listener]) -> None:
        self._taps = taps
        self._log = log
        self._listeners = listeners
        self._runs: list[_Open] = []

    def tapped(self, placement: str, target: Target) -> Target:
        """A placement's server, with a tap before it (`compare.Tapping`)."""
        return self._taps.tapped(placement, target)

    def begins(self, cell: Cell, tap: Tap) -> None:
        """Open a run; what has passed since the last one of this placement is that one's."""
        self._drain(cell.placement)
        self._log.lines.clear()
        now = _Open(self._number(cell), cell, tap.started, SightReader(tap.started))
        self._runs.append(now)
        for listener in self._listeners:
            listener.opened(now.number, cell)

    def saw(self, cell: Cell, seen: Seen) -> None:
        """Keep what an event says."""
        now = self._runs[-1]
        now.sights.append(sight := now.reader.read(seen))
        for listener in self._listeners:
            listener.sighted(now.number, seen, sight)

    def ended(self, run: Run, requests: Sequence[RequestRecord]) -> None:
        """Close a run."""
        now = self._runs[-1]
        asked = [request(one, now.started) for one in requests]
        self._drain(run.cell.placement)
        told = run_evidence(now.number, run, sights=now.sights, requests=asked, log=self._log.lines)
        now.evidence = replace(told, notes={**now.notes, **told.notes})
        for listener in self._listeners:
            for one in asked:
                listener.asked(now.number, one)
            listener.closed(now.evidence)

    def evidence(self, plan: Plan, model: ModelSettings) -> Evidence:
        """All of it, when every server has ended: without the runs that only warmed up."""
        self.finish()
        told = {"kind": model.kind, "name": model.model}
        return Evidence(plan.prompt, plan.tool, told, tuple(_kept(self._runs)))

    def finish(self) -> None:
        """Give what has passed since to the runs that it belongs to, when every server has ended."""
        for placement in self._taps.placements():
            self._drain(placement)

    def _number(self, cell: Cell) -> int:
        """From 1 in the order of the runs; those that warm up count from 0 down, out of the way."""
        alike = sum(one.cell.warms_up == cell.warms_up for one in self._runs)
        return -alike if cell.warms_up else alike + 1

    def _drain(self, placement: str) -> None:
        """Give what has passed in a placement to its latest run; what passed before any run is nobody's."""
        owner = next((one for one in reversed(self._runs) if one.cell.placement == placement), None)
        for log in self._taps.logs(placement):
            for message in log.drain():
                if owner is not None and (message.t >= owner.started or owner.messages):
                    self._give(owner, message, log.transport)
            for t, content_type in log.drain_types():
                if owner is not None and t >= owner.started:
                    owner.notes["content_type"] = content_type

    def _give(self, owner: _Open, message: Message, transport: str) -> None:
        owner.notes["transport"] = transport
        told = replace(message, t=round(message.t - owner.started, 6))
        owner.messages.append(told)
        for listener in self._listeners:
            listener.passed(owner.number, told)


def _kept(runs: Sequence[_Open]) -> Iterator[RunEvidence]:
    for one in runs:
        if one.evidence is not None and not one.cell.warms_up:
            notes = {**one.notes, **one.evidence.notes}
            yield replace(one.evidence, messages=tuple(one.messages), notes=notes)


class _LogLines(logging.Handler):
    """Keeps warnings, and hands them on to whoever would have had them.

    What we and MCP's client warn of is about the servers that are looked at: it stands in the evidence, and
    is not printed.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {self.format(record)}")
        alone = logging.getLogger().handlers == [self]
        if alone and record.name.partition(".")[0] not in OURS and logging.lastResort is not None:
            logging.lastResort.handle(record)


@contextmanager
def collecting(*listeners: Listener) -> Iterator[Collector]:
    """Collect for the length of the context; the taps' files go with it."""
    log = _LogLines()
    root = logging.getLogger()
    root.addHandler(log)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="throughline-") as folder,
            closing(Taps(Path(folder))) as taps,
        ):
            yield Collector(taps, log, listeners)
    finally:
        root.removeHandler(log)
