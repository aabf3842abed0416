"""Variants taken in turns, A B B A, so that what changes with time changes for all of them.

Knows rounds; knows nothing of what a variant does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from client_demo.bench.outcome import Series, Unit

Sample = Callable[[], Awaitable[tuple[float, ...]]]
"""Takes one round's samples of one variant."""
Tick = Callable[[], None]


async def interleaved(
    variants: Mapping[str, Sample], *, unit: Unit, rounds: int, tick: Tick, warm_up: int = 1
) -> dict[str, Series]:
    """Run every variant once a round, in an order that turns around each time; the warm-up is kept apart."""
    warm: dict[str, list[float]] = {name: [] for name in variants}
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in variants}
    order = list(variants)
    for number in range(-warm_up, rounds):
        for name in order:
            samples = await variants[name]()
            if number < 0:
                warm[name].extend(samples)
            else:
                taken[name].append(samples)
        order.reverse()
        tick()
    return {name: Series(name, unit, tuple(taken[name]), tuple(warm[name])) for name in variants}
