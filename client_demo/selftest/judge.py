"""What a self-test came to: what was named and where, what was missed, and what was made up.

Pure. A code must be named on each placement that its case says. Findings tell paths for all their placements
together, so a path is missed where no placement shows it, and one of them stands for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from client_demo.causes import CODES
from client_demo.causes.findings import Finding
from client_demo.selftest.case import Case, Where
from client_demo.selftest.cases import BY_NATURE, CASES

ASIDE = "note"
"""The severity of what is by design and announced: it must be found where it is tried, and alarms nobody."""


@dataclass(frozen=True, slots=True)
class Named:
    """A code that was found: how grave, and who was blamed."""

    code: str
    severity: str
    placements: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class Spots(NamedTuple):
    """A code, and the placements and paths where it should have been found and was not, or the other way."""

    code: str
    placements: tuple[str, ...]
    paths: tuple[str, ...]

    def __str__(self) -> str:
        told = ", ".join((*self.placements, *self.paths))
        return f"{self.code} ({told})" if told else self.code


@dataclass(frozen=True, slots=True)
class Trial:
    """One case, and what was found in it; `failed` is the sentence of one that could not be tried."""

    case: Case
    named: tuple[Named, ...]
    seconds: float
    failed: str = ""

    @property
    def found(self) -> tuple[str, ...]:
        """The codes, but for notes that nobody waits for."""
        return tuple(dict.fromkeys(one.code for one in self._telling()))

    @property
    def missed(self) -> tuple[Spots, ...]:
        """What should have been found, and where."""
        every = (self._lacking(code, where) for code, where in self.case.codes.items())
        return tuple(one for one in every if one.placements or one.paths)

    @property
    def false_alarms(self) -> tuple[Spots, ...]:
        """What should not have been found, or not there."""
        known = {**BY_NATURE, **self.case.follows, **self.case.codes}
        every = (self._beyond(code, known.get(code)) for code in self.found)
        return tuple(one for one in every if one is not None)

    def _telling(self) -> Iterator[Named]:
        """What tells something: a note only of a code that is never more, where it is waited for."""
        for one in self.named:
            if one.severity != ASIDE or (one.code in self.case.codes and CODES[one.code].severity == ASIDE):
                yield one

    def _spots(self, code: str) -> Spots:
        """Everywhere that a code is blamed on."""
        mine = [one for one in self._telling() if one.code == code]
        placements = dict.fromkeys(name for one in mine for name in one.placements)
        return Spots(
            code, tuple(placements), tuple(dict.fromkeys(path for one in mine for path in one.paths))
        )

    def _lacking(self, code: str, where: Where) -> Spots:
        found = self._spots(code)
        return Spots(
            code,
            tuple(name for name in self.case.placements_of(where) if name not in found.placements),
            tuple(path for path in self.case.paths_of(where) if path not in found.paths),
        )

    def _beyond(self, code: str, where: Where | None) -> Spots | None:
        found = self._spots(code)
        if where is None:
            return found
        placements = set(found.placements) - set(self.case.placements_of(where))
        paths = set(found.paths) - set(self.case.paths_of(where))
        return Spots(code, tuple(sorted(placements)), tuple(sorted(paths))) if placements or paths else None


def named(findings: Sequence[Finding]) -> tuple[Named, ...]:
    """What findings come to in a matrix."""
    return tuple(Named(one.code, one.severity, one.placements, one.paths) for one in findings)


def good(trials: Sequence[Trial]) -> bool:
    """Whether all was tried and named, and nothing made up."""
    return not any(one.failed or one.missed or one.false_alarms for one in trials)


def untried() -> tuple[str, ...]:
    """The codes for which there is no case."""
    tried = {code for case in CASES for code in case.codes}
    return tuple(code for code in CODES if code not in tried)
