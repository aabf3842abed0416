"""A self-test as people and programs are told of it: lines, the confusion matrix, the summary, the document.

Pure. Decides nothing: what was missed and what made up is `judge`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from client_demo.causes import CODES
from client_demo.selftest.judge import Spots, Trial, untried


def document(trials: Sequence[Trial]) -> dict[str, Any]:
    """The result for programs."""
    tried = [code for code in CODES if any(code in one.case.codes for one in trials)]
    missed = [_spotted(one, spots) for one in trials for spots in one.missed]
    return {
        "schema": "throughline.selftest/1",
        "codes": tried,
        "named": [code for code in tried if code not in {one["code"] for one in missed}],
        "missed": missed,
        "false_alarms": [_spotted(one, spots) for one in trials for spots in one.false_alarms],
        "failed": [{"case": one.case.name, "sentence": one.failed} for one in trials if one.failed],
        "untried": list(untried()),
        "matrix": {one.case.name: _row(one) for one in trials},
    }


def _spotted(trial: Trial, spots: Spots) -> dict[str, Any]:
    return {
        "case": trial.case.name,
        "code": spots.code,
        "placements": list(spots.placements),
        "paths": list(spots.paths),
    }


def _row(trial: Trial) -> dict[str, Any]:
    case = trial.case
    return {
        "expected": list(case.codes),
        "found": list(trial.found),
        "placements": list(case.placements),
        "paths": list(case.paths),
        "runs": len(case.placements) * len(case.paths) * case.repeat,
        "probes": list(case.probes),
        "blamed": {
            one.code: {"severity": one.severity, "placements": one.placements, "paths": one.paths}
            for one in trial.named
        },
        "seconds": round(trial.seconds, 1),
    }


def line(trial: Trial) -> str:
    """One case in words: each code with whether it should be there."""
    missed, wrong = _codes(trial.missed), _codes(trial.false_alarms)
    told = [
        *([f"! {_untold(trial)}"] if trial.failed else []),
        *(f"= {code}" for code in trial.case.codes if code not in missed),
        *(f"! missed {spots}" for spots in trial.missed),
        *(f"! false alarm {spots}" for spots in trial.false_alarms),
        *(f"(follows: {code})" for code in trial.found if code not in {*trial.case.codes, *wrong}),
    ]
    words = "  ".join(told) or "= nothing, as it should be"
    return f"{trial.case.name:<50} {trial.seconds:6.1f} s  {words}"


def _untold(trial: Trial) -> str:
    return f"could not be tried: {trial.failed}"


def _codes(every: Iterable[Spots]) -> set[str]:
    return {one.code for one in every}


def matrix(trials: Sequence[Trial]) -> Iterator[str]:
    """The confusion matrix: a row for each case, a column for each code, in the order of the codes."""
    codes = list(CODES)
    width = max((len(one.case.name) for one in trials), default=0)
    yield "# as it should be, ! missed, X false alarm, o follows from the fault, or by nature"
    for number, code in enumerate(codes, start=1):
        yield f"{number:>4} {code}"
    yield " " * (width + 1) + " ".join(f"{number:>2}" for number in range(1, len(codes) + 1))
    for one in trials:
        yield f"{one.case.name:<{width}} " + " ".join(f"{_mark(one, code):>2}" for code in codes)


def _mark(trial: Trial, code: str) -> str:
    if code in _codes(trial.false_alarms):
        return "X"
    if code in _codes(trial.missed):
        return "!"
    if code in trial.case.codes:
        return "#"
    return "o" if code in trial.found else "."


def summary(trials: Sequence[Trial]) -> Iterator[str]:
    """What it comes to, in words."""
    told = document(trials)
    alarms = len(told["false_alarms"])
    runs = sum(row["runs"] for row in told["matrix"].values())
    yield (
        f"{len(told['named'])} of {len(told['codes'])} codes named, {alarms} false alarms, "
        f"in {len(trials)} case{'s' if trials[1:] else ''} of {runs} runs."
    )
    for one in trials:
        if one.failed:
            yield f"{one.case.name} {_untold(one)}"
    if told["untried"]:
        yield f"There is no case here for {', '.join(told['untried'])}."
