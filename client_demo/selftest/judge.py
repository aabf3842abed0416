"""What a self-test came to: the confusion matrix, what was named, what was missed, and what was made up.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from client_demo.causes import CODES
from client_demo.selftest.cases import CASES, Case


@dataclass(frozen=True, slots=True)
class Trial:
    """One case, and the codes that were found in it, but for notes."""

    case: Case
    found: tuple[str, ...]
    seconds: float

    @property
    def missed(self) -> tuple[str, ...]:
        """What should have been found."""
        return tuple(code for code in self.case.codes if code not in self.found)

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """What should not have been found."""
        return tuple(code for code in self.found if code not in (*self.case.codes, *self.case.follows))


def good(trials: Sequence[Trial]) -> bool:
    """Whether all was named and nothing made up."""
    return not any(one.missed or one.false_alarms for one in trials)


def untried() -> tuple[str, ...]:
    """The codes for which there is no case here."""
    tried = {code for case in CASES for code in case.codes}
    return tuple(code for code in CODES if code not in tried and code != "UNEXPLAINED")


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
        "matrix": {
            one.case.name: {"expected": list(one.case.codes), "found": list(one.found)} for one in trials
        },
    }


def line(trial: Trial) -> str:
    """One row of the matrix: the case, and each code with whether it should be there."""
    told = [
        *(f"= {code}" for code in trial.case.codes if code in trial.found),
        *(f"! missed {code}" for code in trial.missed),
        *(f"! false alarm {code}" for code in trial.false_alarms),
        *(f"(follows: {code})" for code in trial.found if code in trial.case.follows),
    ]
    words = "  ".join(told) or "= nothing, as it should be"
    return f"{trial.case.name:<32} {trial.seconds:6.1f} s  {words}"


def summary(trials: Sequence[Trial]) -> Iterator[str]:
    """What it comes to, in words."""
    told = document(trials)
    codes = len(told["codes"])
    alarms = len(told["false_alarms"])
    yield f"{len(told['named'])} of {codes} codes named, {alarms} false alarms."
    if told["untried"]:
        yield f"Not tried here, because they need runs of their own kind: {', '.join(told['untried'])}."
