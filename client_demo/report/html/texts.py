"""Two texts side by side, for the differences that are ones of texts.

Pure. Knows `textdiff`; keeps what it is given to a size that a page, and an alignment, can bear.
"""

from __future__ import annotations

from dataclasses import dataclass

from client_demo.causes.differences import Difference
from client_demo.text.diff import Piece, Side, text_diff
from client_demo.text.visible import readable, visible

LONGEST = 20_000
"""Characters of each text that are aligned."""
ROWS = 120


@dataclass(frozen=True, slots=True)
class RowView:
    """A line of each side, in pieces whose texts can be seen."""

    left: Side
    right: Side
    left_number: int | None
    right_number: int | None


@dataclass(frozen=True, slots=True)
class SidesView:
    """Two texts, whose they are, and what is to be said of them."""

    left: str
    right: str
    rows: tuple[RowView, ...]
    remarks: tuple[str, ...]


def difference_sides(one: Difference) -> SidesView | None:
    """Two outcomes that differ, of runs that ought to be alike; None where they are no texts."""
    if (texts := one.texts()) is None:
        return None
    (name, left), (other, right) = texts
    return sides(left, right, (name, other))


def sides(left: str, right: str, names: tuple[str, str]) -> SidesView:
    """Align two texts, as much of them as fits."""
    diff = text_diff(left[:LONGEST], right[:LONGEST])
    rows = [
        RowView(_seen(row.left), _seen(row.right), row.left_number, row.right_number) for row in diff.rows
    ]
    remarks = list(diff.remarks)
    if (longest := max(len(left), len(right))) > LONGEST:
        remarks.append(f"The first {LONGEST} of {longest} characters were compared.")
    if len(rows) > ROWS:
        remarks.append(f"{ROWS} of {len(rows)} lines are shown.")
    return SidesView(*names, tuple(rows[:ROWS]), tuple(remarks))


def _seen(side: Side) -> Side:
    return tuple(Piece(readable(one.text) if one.same else visible(one.text), one.same) for one in side)
