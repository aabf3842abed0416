"""Percentiles and slopes of plain numbers.

Knows arithmetic; knows neither what was measured nor in which unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor


@dataclass(frozen=True, slots=True)
class Summary:
    """What a table says of many samples."""

    n: int
    median: float
    p95: float
    p99: float
    low: float
    high: float


def percentile(samples: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the samples lie, interpolated between the nearest two ranks."""
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below, above = ordered[floor(place)], ordered[ceil(place)]
    return below + (above - below) * (place - floor(place))


def summarize(samples: Sequence[float]) -> Summary:
    """Summarize at least one sample."""
    return Summary(
        n=len(samples),
        median=percentile(samples, 50),
        p95=percentile(samples, 95),
        p99=percentile(samples, 99),
        low=min(samples),
        high=max(samples),
    )


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """How much y grows with each unit of x, by least squares; 0 where x does not vary."""
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    together = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return together / spread if spread else 0.0
