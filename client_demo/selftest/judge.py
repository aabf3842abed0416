"""What a self-test came to: the confusion matrix, what was named, what was missed, and what was made up.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from client_demo.causes import CODES
from client_demo.causes.findings import Finding
from client_demo.selftest.cases import CASES, Case

ASIDE = "note"
"""The severity of what is by design and announced: it must be found where it is tried, and alarms nobody."""


@dataclass(frozen=True, slots=True)
class Named:
    """A code that was found: how grave, and who was blamed."""

    code: str
    severity: str
    placements: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One case, and what was found in it."""

    case: Case
    named: tuple[Named, ...]
    seconds: float

    @property
    def found(self) -> tuple[str, ...]:
        """The codes, but for notes that nobody waits for."""
        return tuple(
            dict.fromkeys(
                one.code for one in self.named if one.severity != ASIDE or one.code in self.case.codes
            )
        )

    @property
    def missed(self) -> tuple[str, ...]:
        """What should have been found."""
        return tuple(code for code in self.case.codes if code not in self.found)

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """What should not have been found, or not there."""
        known = (*self.case.codes, *self.case.follows)
        return tuple(code for code in self.found if code not in known or self._elsewhere(code))

    def _elsewhere(self, code: str) -> bool:
        """Whether a code blames a placement that this fault does not concern."""
        blamed = {name for one in self.named if one.code == code for name in one.placements}
        concerned = set(self.case.concerns)
        return code in self.case.codes and bool(concerned) and not blamed <= concerned


def named(findings: Sequence[Finding]) -> tuple[Named, ...]:
    """What findings come to in a matrix."""
    return tuple(Named(one.code, one.severity, one.placements, one.paths) for one in findings)


def good(trials: Sequence[Trial]) -> bool:
    """Whether all was named and nothing made up."""
    return not any(one.missed or one.false_alarms for one in trials)


def untried() -> tuple[str, ...]:
    """The codes for which there is no case."""
    tried = {code for case in CASES for code in case.codes}
    return tuple(code for code in CODES if code not in tried)


def document(trials: Sequence[Trial]) -> dict[str, Any]:
    """The result for programs."""
    tried = [code for code in CODES if any(code in one.case.codes for one in trials)]
    missed = [{"case": one.case.name, "code": code} for one in trials for code in one.missed]
    return {
        "schema": "throughline.selftest/1",
        "codes": tried,
        "named": [code for code in tried if code not in {one["code"] for one in missed}],
        "missed": missed,
        "false_alarms": [
            {"case": one.case.name, "code": code} for one in trials for code in one.false_alarms
        ],
        "untried": list(untried()),
        "matrix": {one.case.name: _row(one) for one in trials},
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
    told = [
        *(f"= {code}" for code in trial.case.codes if code in trial.found),
        *(f"! missed {code}" for code in trial.missed),
        *(f"! false alarm {code}" for code in trial.false_alarms),
        *(f"(follows: {code})" for code in trial.found if code in trial.case.follows),
    ]
    words = "  ".join(told) or "= nothing, as it should be"
    return f"{trial.case.name:<50} {trial.seconds:6.1f} s  {words}"


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
    if code in trial.false_alarms:
        return "X"
    if code in trial.missed:
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
        f"in {len(trials)} cases of {runs} runs."
    )
    if told["untried"]:
        yield f"There is no case here for {', '.join(told['untried'])}."
