"""What was made of a model's words: which words these were, what was put around them, where they part.

Pure; knows texts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from client_demo.causes.reading import short

EXCERPT = 60
"""Characters of a text that are quoted, around the place where it parts from another."""


class Added(NamedTuple):
    """What was put around a model's words."""

    before: str
    after: str


def source(answers: Sequence[str], result: str) -> str | None:
    """The words that a result was made of: an answer or some answers in a row, else the last one."""
    rows = [row for n in range(len(answers)) for row in accumulate(answers[n:])]
    exact = [row for row in rows if row == result]
    held = sorted((row for row in rows if row.strip() and row.strip() in result), key=len)
    return next(iter(exact or held[-1:] or answers[-1:]), None)


def added(words: str | None, result: str) -> Added | None:
    """What stands around the words in a result that holds them; None where it does not."""
    core = words if words is not None and words in result else (words or "").strip()
    if not core or core not in result:
        return None
    before, _, after = result.partition(core)
    return Added(before, after)


def faint(words: str, made: str) -> bool:
    """Whether two texts differ in white space and capitals at most."""
    return "".join(words.casefold().split()) == "".join(made.casefold().split())


def what(one: Added | None) -> str:
    """What was done, in words."""
    match one:
        case Added(before, after) if before and after:
            return f"{short(before, 40)} before it and {short(after, 40)} behind it"
        case Added(before, after) if before or after:
            return f"{short(before or after, 40)} {'before' if before else 'behind'} it"
        case Added():
            return "white space around it is gone"
    return "other words"


def near(text: str, at: int) -> str:
    """The part of a text in which it parts from another, and where that is."""
    start = max(0, min(at - EXCERPT // 2, len(text) - EXCERPT))
    where = "begins with" if start == 0 else f"has at character {start + 1}"
    if start + EXCERPT >= len(text):
        where = "ends with" if start else "is"
    return f"{where} {short(text[start : start + EXCERPT])}"
