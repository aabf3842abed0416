"""The story of a comparison: the one thing that every report is drawn from, a pure function of a recording.

Knows recordings and what is concluded from them; refuses to know how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from client_demo.causes import Difference, differences, find
from client_demo.causes.findings import Finding
from client_demo.errors import LineBroken, RecordingUnreadable
from client_demo.evidence.data import Evidence
from client_demo.evidence.reread import BROKEN, evidence_of, read_book, read_recording
from client_demo.experiment.compare import reference_of
from client_demo.experiment.runs import Run
from client_demo.report.header import Header, completed, read_header
from client_demo.report.verdict import Finding as Said
from client_demo.report.verdict import verdict

UNASKED = "The agent asked no model at OPENAI_BASE_URL: what it asks elsewhere is not seen."


@dataclass(frozen=True, slots=True)
class Overhead:
    """How long runs of one path took in one placement and in the reference's: medians, in seconds.

    `repeats` is how many runs came to their end in both.
    """

    path: str
    placement: str
    reference: str
    seconds: float
    reference_s: float
    repeats: int

    @property
    def percent(self) -> float:
        """How much longer than the reference, in percent of it."""
        return 100 * (self.seconds - self.reference_s) / self.reference_s if self.reference_s else 0.0


@dataclass(frozen=True, slots=True)
class Story:
    """All that a report tells. `runs` are without probes; `latency` is what the taps add, where they were.

    `complete` is false where the recording ends before its last run did: then `runs` are those that ended.
    """

    header: Header
    evidence: Evidence
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    verdict: tuple[Said, ...]
    latency: Mapping[str, Any] | None
    complete: bool
    overhead: tuple[Overhead, ...]


def read_story(path: Path) -> Story:
    """Read a recording. Raises: RecordingUnreadable."""
    try:
        return story_of(read_recording(path))
    except LineBroken as error:
        raise RecordingUnreadable(path=str(path), reason=f"line {error.number} is broken") from error


def story_of(lines: Iterable[Mapping[str, Any]]) -> Story:
    """The story that these lines of a recording tell; the first is its header. Raises: LineBroken."""
    rest = iter(lines)
    first = next(rest)
    try:
        head = read_header(first)
    except BROKEN as error:
        raise LineBroken(number=1) from error
    book = read_book(rest)
    evidence = evidence_of(first, book)
    header = completed(head, _compared(evidence))
    whole = len(_compared(evidence)) >= header.runs and all(pages.ended for pages in book.runs.values())
    return tell(header, evidence, latency=book.latency, complete=whole)


def tell(
    header: Header, evidence: Evidence, *, latency: Mapping[str, Any] | None = None, complete: bool = True
) -> Story:
    """The story of this evidence."""
    runs = _compared(evidence)
    header = replace(header, notes=tuple(_notes(header, evidence)))
    told = verdict(runs, header.setting())
    return Story(
        header=header,
        evidence=evidence,
        runs=runs,
        findings=find(evidence),
        differences=differences(evidence),
        verdict=told if complete else (_cut(header, runs), *told),
        latency=latency,
        complete=complete,
        overhead=tuple(_overhead(runs)),
    )


def _compared(evidence: Evidence) -> tuple[Run, ...]:
    return tuple(one.run for one in evidence.runs if not one.probe)


def _notes(header: Header, evidence: Evidence) -> Iterator[str]:
    yield from header.notes
    asked = any(one.who == "agent" for run in evidence.runs for one in run.run.provider)
    if header.agent is not None and evidence.runs and not asked and "agent" not in evidence.warmed:
        yield UNASKED


def _cut(header: Header, runs: Sequence[Run]) -> Said:
    told = f"{len(runs)} of {header.runs} runs came to their end"
    return Said("bad", "", f"The recording ends before its last run did: {told}.")


def _overhead(runs: Sequence[Run]) -> Iterator[Overhead]:
    """Path by path, where both the reference and another placement came to an end."""
    reference = reference_of(run.cell.placement for run in runs)
    took: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        if run.status == "ok":
            took.setdefault((run.cell.path, run.cell.placement), []).append(run.seconds)
    for (path, placement), seconds in took.items():
        base = took.get((path, reference), [])
        if placement != reference and base:
            least = min(len(seconds), len(base))
            yield Overhead(path, placement, reference, median(seconds), median(base), least)
