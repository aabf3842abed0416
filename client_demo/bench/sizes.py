"""How much each suite does: in full, and within a minute.

Knows numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of each suite. A round runs each of the compared variants once."""

    burst_rounds: int = 16
    burst_tokens: int = 20_000
    per_token_tokens: int = 4_000
    paced_rounds: int = 6
    paced_tokens: int = 400
    lane_rounds: int = 16
    lane_tokens: int = 2_000
    call_rounds: int = 50
    calls_a_round: int = 20
    start_rounds: int = 16
    memory_rounds: int = 3
    cancel_rounds: int = 10
    parallel_rounds: int = 3
    parallel_calls: int = 32
    parallel_tokens: int = 2_000
    soak_calls: int = 2_000
    soak_tokens: int = 500

    def scaled(self, factor: float) -> Sizes:
        """Every size multiplied, and none below one."""
        return Sizes(**{one.name: max(1, round(getattr(self, one.name) * factor)) for one in fields(self)})


FULL = Sizes()
QUICK = Sizes(
    burst_rounds=6,
    burst_tokens=10_000,
    per_token_tokens=2_000,
    paced_rounds=2,
    paced_tokens=300,
    lane_rounds=5,
    call_rounds=20,
    calls_a_round=10,
    start_rounds=5,
    memory_rounds=1,
    cancel_rounds=2,
    parallel_rounds=1,
    soak_calls=100,
)
