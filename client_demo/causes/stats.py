"""Whether outcomes follow the group that a run is in, or are noise: an exact permutation test on labels.

Outcomes are compared by equality alone, so they may be texts, tool calls or anything that can be hashed. The
statistic is chi-square's, over all ways of dealing the observed outcomes to the groups: large where groups
keep to outcomes of their own, in whichever direction, so the p is two-sided. Pure; knows numbers only.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import comb, factorial, lcm

Groups = Sequence[Sequence[Hashable]]
"""The outcomes of each group, in any order."""

BOUND = 200_000
"""Steps that an exact enumeration may take; beyond it dealings are drawn, and the result says so."""
DRAWS = 5_000
MOST_RUNS = 100
Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Permutation:
    """How likely groups that do not matter would look as different as these, or more so.

    `exact` is false where `p` was estimated from `dealings` random ones; else `dealings` is how many there
    are.
    """

    p: float
    exact: bool
    dealings: int

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        return f"p = {about}{self.p:.2g}" if self.p >= 0.001 else f"p < {about}0.001"


class _TooMany(Exception):
    """The enumeration passed its bound."""


def permutation_test(groups: Groups, *, bound: int = BOUND) -> Permutation:
    """Test whether outcomes follow the groups; exact up to `bound` steps."""
    table = _count(groups)
    sizes = [sum(row) for row in table]
    margins = tuple(map(sum, zip(*table, strict=True)))
    dealings = factorial(sum(sizes))
    for size in sizes:
        dealings //= factorial(size)
    if len(sizes) < 2 or len(margins) < 2 or max(margins) == 1:  # every dealing looks the same
        return Permutation(1.0, exact=True, dealings=dealings)
    try:
        return Permutation(_exact(table, sizes, margins, bound) / dealings, exact=True, dealings=dealings)
    except _TooMany:
        return Permutation(_drawn(table, sizes, margins), exact=False, dealings=DRAWS)


def runs_needed(p_target: float, groups: Groups | None = None, *, most: int = MOST_RUNS) -> int | None:
    """How many runs a group it takes until p can be `p_target`, if outcomes go on as in `groups`.

    Without `groups`: two groups, each with an outcome of its own, which is the best case. None where no
    number up to `most` would do: the groups are alike, or outcomes hardly ever repeat.
    """
    table = _count(groups) if groups else ((1, 0), (0, 1))
    if len(table) < 2 or len(table[0]) < 2 or _never_repeats(table):
        return None
    for runs in range(1, most + 1):
        test = permutation_test([list(_expand(_scaled(row, runs))) for row in table])
        if test.exact and test.p <= p_target:
            return runs
        if not test.exact:  # the tables have outgrown what can be told
            return None
    return None


def _never_repeats(table: Table) -> bool:
    """Whether groups of several runs had other outcomes each time: more runs would bring more of them."""
    return max(map(sum, table)) > 1 and max(map(max, table)) == 1


def _count(groups: Groups) -> Table:
    labels = list(dict.fromkeys(label for group in groups for label in group))
    counted = [Counter(group) for group in groups if group]
    return tuple(tuple(one[label] for label in labels) for one in counted)


def _scaled(row: tuple[int, ...], runs: int) -> tuple[int, ...]:
    """The same shares in `runs` runs, rounded so that they add up (largest remainder)."""
    size = sum(row)
    scaled = [count * runs // size for count in row]
    rest = sorted(range(len(row)), key=lambda n: (-(row[n] * runs % size), n))
    for n in rest[: runs - sum(scaled)]:
        scaled[n] += 1
    return tuple(scaled)


def _expand(row: tuple[int, ...]) -> Iterator[int]:
    for label, count in enumerate(row):
        yield from [label] * count


def _weights(sizes: Sequence[int], margins: Sequence[int]) -> list[list[int]]:
    """What a squared count adds to the statistic, as whole numbers: ties must be ties."""
    scale = lcm(*(size * margin for size in sizes for margin in margins))
    return [[scale // (size * margin) for margin in margins] for size in sizes]


def _statistic(table: Table, weights: list[list[int]]) -> int:
    return sum(
        count * count * weight
        for row, line in zip(table, weights, strict=True)
        for count, weight in zip(row, line, strict=True)
    )


def _exact(table: Table, sizes: Sequence[int], margins: tuple[int, ...], bound: int) -> int:
    """How many dealings have a statistic as large as the observed one: group by group, merging alike ones."""
    weights = _weights(sizes, margins)
    ways: Counter[tuple[tuple[int, ...], int]] = Counter({(margins, 0): 1})
    steps = 0
    for size, line in zip(sizes, weights, strict=True):
        dealt: Counter[tuple[tuple[int, ...], int]] = Counter()
        for (left, value), count in ways.items():
            for hand in _hands(left, size):
                if (steps := steps + 1) > bound:
                    raise _TooMany
                rest = tuple(a - b for a, b in zip(left, hand, strict=True))
                times = count
                for have, taken in zip(left, hand, strict=True):
                    times *= comb(have, taken)
                dealt[rest, value + _statistic((hand,), [line])] += times
        ways = dealt
    observed = _statistic(table, weights)
    return sum(count for (_, value), count in ways.items() if value >= observed)


def _hands(left: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    """Every way of taking `size` outcomes of what is left, by label."""
    if len(left) == 1:
        if left[0] >= size:
            yield (size,)
        return
    room = sum(left[1:])
    for taken in range(max(0, size - room), min(left[0], size) + 1):
        for others in _hands(left[1:], size - taken):
            yield (taken, *others)


def _drawn(table: Table, sizes: Sequence[int], margins: tuple[int, ...]) -> float:
    """Estimate p from random dealings; the same ones each time, so that a report can be drawn again."""
    weights, draw = _weights(sizes, margins), random.Random(0)
    observed, deck, hits = _statistic(table, weights), list(_expand(margins)), 0
    for _ in range(DRAWS):
        draw.shuffle(deck)
        hits += _statistic(_dealt(deck, sizes, len(margins)), weights) >= observed
    return (hits + 1) / (DRAWS + 1)


def _dealt(deck: Sequence[int], sizes: Sequence[int], labels: int) -> Table:
    rows, at = [], 0
    for size in sizes:
        hand = Counter(deck[at : at + size])
        rows.append(tuple(hand[label] for label in range(labels)))
        at += size
    return tuple(rows)
