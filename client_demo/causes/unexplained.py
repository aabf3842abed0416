"""What is left: differences that no other finding accounts for, with what there is to look at. Never a guess.

Pure. Of two runs only the first difference counts, in the order in which one thing leads to another: other
results make other answers, and one of the two needs a cause.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from statistics import median_low
from typing import NamedTuple

from client_demo.causes import reading
from client_demo.causes.codes import CODES, EVENTS, LOSS, RESULTS, STATUS, TOKENS
from client_demo.causes.differences import ASPECTS, Difference, differences, outcome
from client_demo.causes.findings import Exhibit, Finding, Sure
from client_demo.causes.reading import LOCAL, finding, short, spot
from client_demo.evidence.data import Evidence, RunEvidence
from client_demo.transparency.law import Event

EQUAL_BY_LAW = "bridged"


class Apart(NamedTuple):
    """Two runs and the first respect in which they differ."""

    aspect: str
    one: RunEvidence
    other: RunEvidence


def unexplained(evidence: Evidence, found: Sequence[Finding]) -> Iterable[Finding]:
    """One finding for each respect in which runs differ and that nothing else accounts for."""
    runs = reading.compared(evidence)
    left: defaultdict[str, list[Apart]] = defaultdict(list)
    for apart in (*_outcomes(runs), *_lost_tokens(runs), *_other_events(runs)):
        if not any(_accounts(one, apart) for one in found):
            left[apart.aspect].append(apart)
    for aspect, pairs in left.items():
        yield _finding(aspect, pairs, differences(evidence))


def _outcomes(runs: Sequence[RunEvidence]) -> Iterator[Apart]:
    """Pairs of one placement or path whose outcomes differ; one stands for all that are equal in one spot."""
    kinds = {(spot(run), *(outcome(run, aspect) for aspect in ASPECTS)): run for run in reversed(runs)}
    for (key, one), (other_key, other) in combinations(kinds.items(), 2):
        alike = spot(one).placement == spot(other).placement or spot(one).path == spot(other).path
        if alike and key[1:] != other_key[1:]:
            at = next(
                n for n, (mine, theirs) in enumerate(zip(key, other_key, strict=True)) if n and mine != theirs
            )
            yield Apart(ASPECTS[at - 1], one, other)


def _lost_tokens(runs: Sequence[RunEvidence]) -> Iterator[Apart]:
    """Runs that showed fewer of the tool's tokens than the local ones of their path."""
    for local, others in _beside_local(runs):
        usual = median_low(run.run.tool_tokens.seen for run in local)
        for run in others:
            if run.run.tool_tokens.seen < usual:
                yield Apart(TOKENS, local[0], run)


def _other_events(runs: Sequence[RunEvidence]) -> Iterator[Apart]:
    """Bridged runs that saw events which no local run of their path saw, or the other way round."""
    for local, others in _beside_local(runs):
        known = [_counted(run.run.events) for run in local if run.run.events]
        for run in others:
            mine = spot(run).placement == EQUAL_BY_LAW and run.run.events
            if mine and known and _counted(run.run.events) not in known:
                yield Apart(EVENTS, local[0], run)


def _beside_local(runs: Sequence[RunEvidence]) -> Iterator[tuple[list[RunEvidence], list[RunEvidence]]]:
    paths: defaultdict[str, tuple[list[RunEvidence], list[RunEvidence]]] = defaultdict(lambda: ([], []))
    for run in runs:
        if run.run.status == "ok":
            paths[spot(run).path][spot(run).placement != LOCAL].append(run)
    return (sides for sides in paths.values() if sides[0])


def _counted(events: Sequence[Event]) -> Counter[str]:
    """Events without their order: what runs side by side in a tool may come in any."""
    return Counter(map(repr, events))


def _accounts(one: Finding, apart: Apart) -> bool:
    """Whether a finding accounts for a difference; what is by design accounts for what it hides at most."""
    explains = CODES[one.code].explains
    if one.severity == "note" and not explains <= LOSS:
        return False
    return apart.aspect in explains and any(
        spot(run).placement in one.placements and spot(run).path in one.paths
        for run in (apart.one, apart.other)
    )


def _finding(aspect: str, pairs: Sequence[Apart], known: Sequence[Difference]) -> Finding:
    first = pairs[0]
    verb = "differ" if aspect.endswith("s") else "differs"
    verb = "are incomplete" if aspect == TOKENS else verb
    weight, sure = _weight(first, known)
    return finding(
        "UNEXPLAINED",
        list({run.number: run for pair in pairs for run in (pair.one, pair.other)}.values()),
        f"What the runs come to in one respect ({aspect}) {verb} between {_named(first.one)} and "
        f"{_named(first.other)}, and nothing that was recorded says why{weight}.",
        evidence=[proof for pair in pairs for proof in _both(pair)],
        sure=sure,
    )


def _weight(apart: Apart, known: Sequence[Difference]) -> tuple[str, Sure]:
    """How sure it is that there is a difference, in words."""
    same_place = spot(apart.one).placement == spot(apart.other).placement
    within = spot(apart.one).placement if same_place else spot(apart.one).path
    between = "paths" if same_place else "placements"
    for told in known:
        if (told.aspect, told.between, told.within) == (apart.aspect, between, within):
            return f"; {told}", "certain" if told.established else "possible"
    return "", "certain"


def _named(run: RunEvidence) -> str:
    return f"{spot(run).placement} {spot(run).path} (run {run.number})"


def _both(apart: Apart) -> tuple[Exhibit, Exhibit]:
    one, other = (_shown(apart, run) for run in (apart.one, apart.other))
    return Exhibit(apart.one.number, apart.aspect, one), Exhibit(apart.other.number, apart.aspect, other)


def _shown(apart: Apart, run: RunEvidence) -> str:
    if apart.aspect == TOKENS:
        return f"{run.run.tool_tokens.seen} tokens seen"
    if apart.aspect == EVENTS:
        other = apart.other if run is apart.one else apart.one
        extra = list((_counted(run.run.events) - _counted(other.run.events)).elements())
        return f"{len(run.run.events)} events{f', only here: {short(extra[0], 200)}' if extra else ''}"
    told: object = outcome(run, apart.aspect)
    if apart.aspect == STATUS and run.run.error:
        told = run.run.error
    elif apart.aspect == RESULTS:
        told = [one.text for one in run.results]
    return f"{_named(run)}: {short(told, 200)}"
