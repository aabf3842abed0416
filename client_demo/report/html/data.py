"""The timeline as the page's script reads it: moments in columns of numbers, texts once each.

Pure, and the same bytes for the same evidence. Knows how much a browser can hold; refuses to know how it is
drawn (`script/`). In the JSON that is embedded:

    lanes, placements, paths    names, referred to by their place
    runs                        one object a run: number, placement, path, repeat, probe, status, seconds
    at                          where the moments of each run and lane begin: run * lanes + lane; one more
    t, k, w, x                  base64 of little-endian columns, by run, lane and time: ticks, the number that
                                findings know the moment by, and places in `words` of what it is and says
    bars                        [moment, first byte, end] in ticks, of calls of the provider; -1: none
    tick                        how many seconds a tick is
    path                        which path to show first
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from client_demo.causes.findings import Exhibit, Finding
from client_demo.evidence.data import Evidence, RunEvidence
from client_demo.experiment.compare import reference_of
from client_demo.report.html.moments import LANES, Moment, moments

DRAWN = 60_000
"""Moments that are embedded; of more, each lane is thinned alike."""
SPARSE = 40
"""A lane with no more moments than this is not thinned, unless there are very many lanes."""
LAST_TICK = 2**31 - 1
CITED = re.compile(r"\b(message|request|event) (\d+)$")
Cited = frozenset[tuple[int, str, int]]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is embedded, as JSON that may stand in a script element, and how many moments that are."""

    json: str
    drawn: int


def cited(exhibit: Exhibit) -> tuple[int, str, int] | None:
    """The run, the kind and the number of the moment that an exhibit is about, where it names one."""
    found = CITED.search(exhibit.what)
    return (exhibit.run, found[1], int(found[2])) if found else None


def timeline(evidence: Evidence, findings: Iterable[Finding], *, most: int = DRAWN) -> Timeline:
    """Lay out every run's moments; of more than `most` only some, and those that findings cite."""
    marks = frozenset(mark for one in findings for proof in one.evidence if (mark := cited(proof)))
    columns, share = _Columns(_tick(evidence)), most / max(most, count(evidence))
    sparse = SPARSE if share == 1 else min(SPARSE, most // (len(evidence.runs) * len(LANES)))
    for run in evidence.runs:
        for lane in _lanes(run):
            whole = share == 1 or len(lane) <= sparse
            columns.add(lane if whole else _thinned(lane, share, run.number, marks))
    told = {**_runs(evidence), **columns.document()}
    return Timeline(in_script(told), columns.count)


def count(evidence: Evidence) -> int:
    """How many moments there are."""
    return sum(len(run.sights) + len(run.requests) + len(run.messages) for run in evidence.runs)


def in_script(value: Any) -> str:
    """JSON that means nothing to an HTML parser: in ASCII, and without its signs."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _tick(evidence: Evidence) -> float:
    longest = max((run.run.seconds for run in evidence.runs), default=0.0)
    return 1e-6 if longest < LAST_TICK * 1e-6 / 2 else 1e-3


def _lanes(run: RunEvidence) -> Iterator[list[Moment]]:
    found: list[list[Moment]] = [[] for _ in LANES]
    for one in moments(run):
        found[one.lane].append(one)
    yield from (sorted(lane, key=lambda one: (one.t, one.number)) for lane in found)


def _thinned(lane: Sequence[Moment], share: float, run: int, marks: Cited) -> Iterator[Moment]:
    """Every n-th moment, and those that must not be missed."""
    taken = -1
    for n, one in enumerate(lane):
        bucket = int(n * share)
        if bucket != taken or (run, one.kind, one.number) in marks:
            yield one
        taken = bucket


class _Columns:
    """Moments as columns of numbers."""

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._words: dict[str, int] = {}
        self._at = [0]
        self._t, self._k, self._w, self._x = array("i"), array("i"), array("i"), array("i")
        self._bars: list[tuple[int, int, int]] = []

    @property
    def count(self) -> int:
        return len(self._t)

    def add(self, lane: Iterable[Moment]) -> None:
        for one in lane:
            if one.kind == "request":
                self._bars.append((self.count, self._ticks(one.first_byte_s), self._ticks(one.ended_s)))
            self._t.append(self._ticks(one.t))
            self._k.append(min(one.number, LAST_TICK))
            self._w.append(self._words.setdefault(one.what, len(self._words)))
            self._x.append(self._words.setdefault(one.text, len(self._words)))
        self._at.append(self.count)

    def _ticks(self, seconds: float | None) -> int:
        return -1 if seconds is None else max(-LAST_TICK, min(LAST_TICK, round(seconds / self._tick)))

    def document(self) -> dict[str, Any]:
        numbers = {"t": self._t, "k": self._k, "w": self._w, "x": self._x}
        columns = {name: _base64(one) for name, one in numbers.items()}
        words = list(self._words)
        return {"tick": self._tick, "at": self._at, **columns, "bars": self._bars, "words": words}


def _base64(numbers: array[int]) -> str:
    column = array("i", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return b64encode(column.tobytes()).decode("ascii")


def _runs(evidence: Evidence) -> dict[str, Any]:
    runs = evidence.runs
    placements = list(dict.fromkeys(one.run.cell.placement for one in runs))
    paths = list(dict.fromkeys(one.run.cell.path for one in runs))
    return {
        "lanes": LANES,
        "placements": placements,
        "paths": paths,
        "path": paths.index(_telling(runs)) if runs else -1,
        "runs": [_run(one, placements, paths) for one in runs],
    }


def _run(one: RunEvidence, placements: list[str], paths: list[str]) -> dict[str, Any]:
    cell = one.run.cell
    return {
        "number": one.number,
        "placement": placements.index(cell.placement),
        "path": paths.index(cell.path),
        "repeat": cell.repeat,
        "probe": one.probe,
        "status": one.run.status,
        "seconds": round(one.run.seconds, 6),
    }


def _telling(runs: Sequence[RunEvidence]) -> str:
    """The path on which there is most to see: most tokens where the tool is in-process, in most modes."""
    reference = reference_of(one.run.cell.placement for one in runs)
    own = [one.run for one in runs if one.run.cell.placement == reference] or [one.run for one in runs]
    best = max(own, key=lambda run: (run.tool_tokens.seen, run.cell.path.count("+"), -run.cell.repeat))
    return best.cell.path
