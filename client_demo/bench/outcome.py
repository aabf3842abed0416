"""What a suite hands back: series of samples, ratios between them, and facts that were checked.

Knows no suite and no way of showing it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from client_demo.bench.stats import Summary, percentile, summarize

Unit = Literal["tokens/s", "us", "us/token", "ms", "MiB", "tokens"]


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one variant, by the round in which they were taken; the warm-up is kept apart."""

    name: str
    unit: Unit
    rounds: tuple[tuple[float, ...], ...]
    warm_up: tuple[float, ...] = ()

    @property
    def samples(self) -> tuple[float, ...]:
        """All samples in the order in which they were taken."""
        return tuple(sample for one in self.rounds for sample in one)

    def summary(self) -> Summary:
        """The samples in a few numbers."""
        return summarize(self.samples)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One series against another; `low` and `high` are the quartiles of the same ratio, round by round."""

    key: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was checked, or only observed (`holds` is None)."""

    name: str
    words: str
    value: Any
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one suite found."""

    series: tuple[Series, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    took_s: float = field(default=0.0, compare=False)


def ratio(key: str, over: Series, under: Series, *, percent: float = 50) -> Ratio:
    """Divide a percentile of one series (the median, if none is named) by the same of another."""
    value = percentile(over.samples, percent) / percentile(under.samples, percent)
    by_round = [
        percentile(one, percent) / percentile(other, percent)
        for one, other in zip(over.rounds, under.rounds, strict=True)
    ]
    return Ratio(key, value, percentile(by_round, 25), percentile(by_round, 75))


def named(series: Sequence[Series]) -> Mapping[str, Series]:
    """The series by their names."""
    return {one.name: one for one in series}
