"""A cause before the provider answers: it was asked something else.

Pure. A request that differs because an earlier answer or a tool's result differed is a consequence and not a
cause: only where all that led to it was the same is it one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit, Finding, Sure
from client_demo.causes.reading import asked, exhibit, finding, question, said, short, spot
from client_demo.evidence.data import Evidence, Request, RunEvidence

WHO = ("agent", "tool")
AROUND = 24
ALONE = "With one run of each, a clock, an id or state in it would look the same: --repeat 2 can tell"


class Parting(NamedTuple):
    """Where two requests with equal reasons part: the field, and both sides of it."""

    run: RunEvidence
    request: Request
    other_run: RunEvidence
    other: Request
    where: str
    here: str
    there: str


class Parted(NamedTuple):
    """The partings of runs with equal inputs, and whether each run went its own way, whatever its path."""

    partings: list[Parting]
    runs: int

    @property
    def from_run_to_run(self) -> bool:
        """Whether requests vary within one path, or no two runs that part are alike."""
        own = {question(one.other) for one in self.partings}
        within = any(spot(one.run) == spot(one.other_run) for one in self.partings)
        return within or len(own) == len(self.partings) > 1

    @property
    def sure(self) -> Sure:
        """Chance parts two runs as well; hardly more of them in the same way."""
        if len(self.partings) > 1:
            return "certain"
        return "likely" if self.runs > 2 else "possible"


def different_request(evidence: Evidence) -> Iterable[Finding]:
    """Runs with the same inputs asked the provider different things; say where these first differ."""
    for who in WHO:
        groups = [one for one in _parted(evidence, who) if one.partings]
        for varies in (False, True):
            if own := [one for one in groups if one.from_run_to_run is varies]:
                yield _varies(who, own) if varies else _differs(who, own)
    yield from _arguments_differ(evidence)


def _differs(who: str, groups: Sequence[Parted]) -> Finding:
    found = [one for group in groups for one in group.partings]
    sure = max((group.sure for group in groups), key=("possible", "likely", "certain").index)
    first = found[0]
    alone = "" if sure != "possible" else f". {ALONE}"
    return finding(
        "DIFFERENT_REQUEST",
        [one.other_run for one in found],
        f"The {who}'s request differs{_by_streaming(found)}, though all that led to it is the same: "
        f"first in {first.where}, {first.here} against {first.there}{alone}.",
        evidence=[proof for one in found for proof in _proofs(one)],
        sure=sure,
        severity="warning" if sure == "possible" else None,
    )


def _varies(who: str, groups: Sequence[Parted]) -> Finding:
    """Noise: it accounts for other answers, and says nothing of a path."""
    found = [one for group in groups for one in group.partings]
    first = found[0]
    return finding(
        "DIFFERENT_REQUEST",
        [run for one in found for run in (one.run, one.other_run)],
        f"The {who}'s request differs from run to run, whichever path: first in {first.where}, "
        f"{first.here} against {first.there}. A clock, an id or state is in it.",
        evidence=[proof for one in found for proof in _proofs(one)],
        severity="warning",
        remedy="keep what changes with each run out of the request while comparing, or compare many runs.",
    )


def _parted(evidence: Evidence, who: str) -> Iterator[Parted]:
    """Hold each group of runs with equal inputs against its first."""
    groups: defaultdict[str, list[RunEvidence]] = defaultdict(list)
    for run in _steady(evidence, who):
        groups[reading.arguments(run) if who == "tool" else ""].append(run)
    for first, *others in groups.values():
        known, found = {_signature(first, who)}, []
        for run in others:
            if (signature := _signature(run, who)) in known:
                continue
            if parting := _parting(first, run, who):
                found.append(parting)
            else:
                known.add(signature)
        yield Parted(found, 1 + len(others))


def _signature(run: RunEvidence, who: str) -> tuple[str, ...]:
    return tuple(question(one) for one in asked(run, who))


def _steady(evidence: Evidence, who: str) -> list[RunEvidence]:
    """Runs that asked, whole ones first; without those that ask otherwise each time: that is state."""
    runs = [run for run in reading.compared(evidence) if asked(run, who)]
    runs.sort(key=lambda run: any(one.streamed for one in asked(run, who)))
    apart = unsteady(runs) if who == "tool" else {}
    return [run for run in runs if reading.manner(run)[:2] not in apart]


def unsteady(runs: Sequence[RunEvidence]) -> dict[tuple[object, ...], list[RunEvidence]]:
    """Runs whose tool, called in the same manner, began with different requests, by placement and arguments.

    Requests that are made at once may come in any order: the first of one run must be nowhere in another.
    """
    alike: defaultdict[tuple[object, ...], list[RunEvidence]] = defaultdict(list)
    for run in runs:
        if asked(run, "tool"):
            alike[reading.manner(run)].append(run)
    apart: defaultdict[tuple[object, ...], list[RunEvidence]] = defaultdict(list)
    for manner, same in alike.items():
        if not _shared({_signature(run, "tool") for run in same}):
            apart[manner[:2]] += same
    return dict(apart)


def _shared(signatures: set[tuple[str, ...]]) -> bool:
    return all(one[0] in other for one in signatures for other in signatures)


def _parting(one: RunEvidence, other: RunEvidence, who: str) -> Parting | None:
    """The first requests that only one of two runs made, where what led to both was the same."""
    here, there = _only(one, other, who), _only(other, one, who)
    if here is None or there is None or _reasons(one, here, who) != _reasons(other, there, who):
        return None
    where, mine, theirs = part(reading.plain_body(here.body), reading.plain_body(there.body))
    return Parting(one, here, other, there, where, mine, theirs)


def _only(run: RunEvidence, other: RunEvidence, who: str) -> Request | None:
    """The first request of a run that the other did not make as often."""
    made = Counter(question(one) for one in asked(other, who))
    for request in asked(run, who):
        if made[question(request)] == 0:
            return request
        made[question(request)] -= 1
    return None


def _reasons(run: RunEvidence, request: Request, who: str) -> Any:
    """All that may have led to a request: answers that were there before, and the results of tools."""
    before = [one for one in asked(run, who) if one.ended_s is not None and one.ended_s <= request.started_s]
    told = Counter((question(one), said(one)) for one in before)
    return told if who == "tool" else (told, [(one.status, one.text) for one in run.results])


def part(one: Any, other: Any, where: str = "") -> tuple[str, str, str]:
    """Where two JSON values first differ, and what stands there; long texts are cut around the place."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                given = [short(side[key]) if key in side else "nothing" for side in (one, other)]
                return f"{where}.{key}".lstrip("."), given[0], given[1]
            if one[key] != other[key]:
                return part(one[key], other[key], f"{where}.{key}".lstrip("."))
    if isinstance(one, list) and isinstance(other, list):
        for n, (mine, theirs) in enumerate(zip(one, other, strict=False)):
            if mine != theirs:
                return part(mine, theirs, f"{where}[{n}]")
        return where, f"{len(one)} of them", f"{len(other)}"
    if isinstance(one, str) and isinstance(other, str):
        at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
        at = min(len(one), len(other)) if at is None else at
        return f"{where}, character {at + 1}", _around(one, at), _around(other, at)
    return where, short(one), short(other)


def _around(text: str, at: int) -> str:
    begin, end = max(0, at - AROUND), at + AROUND
    return f"{'...' if begin else ''}{short(text[begin:end])}{'...' if end < len(text) else ''}"


def _proofs(one: Parting) -> tuple[Exhibit, Exhibit]:
    return (
        exhibit(one.run, one.request, f"{one.where}: {one.here}"),
        exhibit(one.other_run, one.other, f"{one.where}: {one.there}"),
    )


def _by_streaming(found: Sequence[Parting]) -> str:
    """Say so where the two sides differ in being streamed, each time."""
    if all(one.request.streamed != one.other.streamed for one in found):
        return " between streamed and whole answers"
    return ""


def _arguments_differ(evidence: Evidence) -> Iterator[Finding]:
    """The model asked for the same calls, finished ones, and the tool was given other arguments."""
    asked_for: defaultdict[tuple[Any, ...], dict[str, RunEvidence]] = defaultdict(dict)
    for run in reading.compared(evidence):
        calls = tuple(call for one in asked(run, "agent") for call in said(one).calls)
        if calls and all(not isinstance(reading.reformed(given or "{}"), str) for _, given in calls):
            asked_for[calls].setdefault(reading.arguments(run), run)
    for given in asked_for.values():
        if len(given) > 1 and all(run.run.tool_calls for run in given.values()):
            yield finding(
                "DIFFERENT_REQUEST",
                list(given.values()),
                "The model asked for the same tool calls, and the tool was given different arguments.",
                evidence=[Exhibit(run.number, "tool calls", short(args)) for args, run in given.items()],
            )
