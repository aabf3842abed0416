"""What is aimed at: one limit for each ratio that has one.

Knows the numbers that the project set itself, and nothing of how they are measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from client_demo.bench.outcome import Ratio


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit on a ratio: at least this much where more is better, at most where less is."""

    key: str
    limit: float
    more_is_better: bool
    words: str

    def met(self, value: float) -> bool:
        """Whether the ratio is where it should be."""
        return value >= self.limit if self.more_is_better else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.more_is_better else '<='} {self.limit:g}"


GOALS: tuple[Goal, ...] = (
    Goal("throughput_vs_per_token", 40, True, "tokens/s, against report_progress for each token"),
    Goal("throughput_vs_pipe", 1.0, True, "tokens/s, against a bare pipe with a JSON line for each token"),
    Goal("latency_p50_vs_per_token", 0.5, False, "added latency at 200 tokens/s, median"),
    Goal("latency_p95_vs_per_token", 0.5, False, "added latency at 200 tokens/s, 95th percentile"),
    Goal(
        "messages_cost_vs_in_process", 1.3, False, "provider to `messages` lane, against the tool in-process"
    ),
    Goal("call_vs_raw", 1.25, False, "call of a tool that does nothing, against session.call_tool"),
    Goal("startup_vs_bare", 1.2, False, "spawn to initialize, against a bare SDK server"),
    Goal("memory_vs_bare", 2.0, False, "resident memory at rest, against a bare SDK server"),
)


def goal_of(key: str) -> Goal | None:
    """The goal of a ratio, or None where it is only told."""
    return next((goal for goal in GOALS if goal.key == key), None)


def missed(ratios: tuple[Ratio, ...]) -> list[Ratio]:
    """The ratios whose goal is not met."""
    return [one for one in ratios if (goal := goal_of(one.key)) is not None and not goal.met(one.value)]
