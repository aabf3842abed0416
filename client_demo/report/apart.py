"""What differs between the runs, for people and for programs: whether it follows the path, and the place.

Pure, but for rich's shapes. Says what was established and explains nothing: that is the findings' part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from client_demo.causes.differences import Difference
from client_demo.text.diff import Side, text_diff
from client_demo.text.visible import readable, visible

SHOWN = 6
"""As many differences as stand in the report; the JSON has all."""
AROUND = 36
"""Characters of what is equal that are shown before a difference, and behind it."""


def told(found: Sequence[Difference]) -> Iterator[str]:
    """The differences as lines of text."""
    if found:
        yield "What differs, by an exact permutation test of each outcome over the runs:"
    ordered = sorted(found, key=lambda one: not one.established)
    for one in ordered[:SHOWN]:
        yield f"  {one.aspect}, {one.within}: {one}"
        yield from (f"      {line}" for line in _first(one))
    if (more := len(found) - SHOWN) > 0:
        yield f"  and {more} more: --json has them all"


def drawn(found: Sequence[Difference]) -> Text:
    """The same for a terminal."""
    head, *rest = told(found)
    text = Text(f"{head}\n", "dim")
    for line in rest:
        text.append(f"{line}\n", "dim" if line.startswith("   ") else "")
    text.rstrip()
    return text


def document(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """The differences for programs; `outcomes` number what each run of a group came to, equal ones alike."""
    return [_row(one) for one in found]


def _row(one: Difference) -> dict[str, Any]:
    known = list(dict.fromkeys(label for labels in one.groups.values() for label in labels))
    return {
        "aspect": one.aspect,
        "between": one.between,
        "within": one.within,
        "outcomes": {name: [known.index(label) for label in labels] for name, labels in one.groups.items()},
        "p": one.test.p,
        "exact": one.test.exact,
        "established": one.established,
        "noise": one.noise,
        "runs_needed": one.needed,
        "tests": one.tests,
    }


def _first(one: Difference) -> Iterator[str]:
    """Two texts that differ, each around the place where they first do, with whose they are."""
    if (texts := one.texts()) is None:
        return
    (name, left), (other, right) = texts
    row = next(row for row in text_diff(left, right).rows if not row.same)
    shared = int(bool(row.left and row.right) and row.left[0] == row.right[0])
    width = max(len(name), len(other)) + 2
    yield f"{name}:".ljust(width) + _around(row.left, shared)
    yield f"{other}:".ljust(width) + _around(row.right, shared)


def _around(side: Side, at: int) -> str:
    """One side of a line, cut to what is near the place where the sides part: at its piece number `at`."""
    before = readable("".join(piece.text for piece in side[:at]))
    behind = "".join(readable(one.text) if one.same else f"[{visible(one.text)}]" for one in side[at:])
    start = f"...{before[-AROUND:]}" if len(before) > AROUND else before
    return start + (f"{behind[: 2 * AROUND]}..." if len(behind) > 2 * AROUND else behind)
