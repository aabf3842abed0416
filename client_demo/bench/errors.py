"""The errors of the benchmark.

ThroughlineError
└── BenchBroken                what was measured is not what should have happened

Knows sentences alone.
"""

from __future__ import annotations

from throughline.errors import ThroughlineError


class BenchBroken(ThroughlineError):
    """A run that was timed did not do its work, so its time means nothing."""

    def __init__(self, *, what: str, expected: object, got: object) -> None:
        self.what = what
        self.expected = expected
        self.got = got
        super().__init__(
            f"The benchmark of {what} expected {expected} and got {got}",
            remedy="run it again; if it stays, please report it with the output of --json.",
        )


def expect(what: str, expected: object, got: object) -> None:
    """Raise BenchBroken where the two differ."""
    if expected != got:
        raise BenchBroken(what=what, expected=expected, got=got)
