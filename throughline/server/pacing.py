"""How soon the next frame may go: a rate with a little credit. Knows seconds; knows no frame."""

from __future__ import annotations

SAVED = 4
"""Frames that may go out without a gap between them."""


class Credit:
    """What paces frames: each costs one, one is earned in every gap, and a few may be saved up.

    A stream slower than the gap earns more than it spends: no jitter makes it wait. A burst spends its
    savings at once and then goes at the gap's pace, in large frames.
    """

    def __init__(self, gap_s: float, now_s: float) -> None:
        self._gap_s = gap_s
        self._saved = float(SAVED)
        self._last_s = now_s

    def spend(self, now_s: float) -> float:
        """Spend one; returns the seconds to wait first."""
        if self._gap_s <= 0:
            return 0.0
        self._saved = min(SAVED, self._saved + (now_s - self._last_s) / self._gap_s) - 1
        self._last_s = now_s
        return max(0.0, -self._saved * self._gap_s)
