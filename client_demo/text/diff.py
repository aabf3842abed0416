"""How two texts differ, to the character: side by side, with what cannot be seen made visible.

Pure data and rich renderables. The pieces of a side, joined, are its text, whatever is in it. Knows Unicode's
forms; refuses to know whose texts these are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from client_demo.text.visible import name_of, readable, visible

LONG = 2_000
"""Lines with a longer middle are not compared character by character: that takes the square of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of one side: the same as on the other side, or not."""

    text: str
    same: bool


Side = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each side, next to one another; an empty side has no line here. Numbers count from 1."""

    left: Side
    right: Side
    left_number: int | None
    right_number: int | None

    @property
    def same(self) -> bool:
        """Whether both sides are equal."""
        return all(piece.same for piece in (*self.left, *self.right))


@dataclass(frozen=True, slots=True)
class TextDiff:
    """Two texts, aligned; `remarks` say of what kind the difference is, and where it begins."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the texts are equal, to the code point."""
        return all(row.same for row in self.rows)

    @property
    def left(self) -> str:
        """The left text."""
        return "".join(piece.text for row in self.rows for piece in row.left)

    @property
    def right(self) -> str:
        """The right text."""
        return "".join(piece.text for row in self.rows for piece in row.right)


def text_diff(left: str, right: str) -> TextDiff:
    """Align two texts, line by line and, in lines that differ, character by character."""
    return TextDiff(tuple(_rows(_lines(left), _lines(right))), tuple(remarks(left, right)))


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a newline ends one, other breaks are characters like any."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _rows(left: list[str], right: list[str]) -> Iterator[Row]:
    for _, a, a_end, b, b_end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for n in range(max(a_end - a, b_end - b)):
            mine = left[a + n] if a + n < a_end else None
            theirs = right[b + n] if b + n < b_end else None
            sides = _sides(mine or "", theirs or "")
            yield Row(
                *sides,
                a + n + 1 if mine is not None else None,
                b + n + 1 if theirs is not None else None,
            )


def _sides(one: str, other: str) -> tuple[Side, Side]:
    """The pieces of two lines."""
    left: list[Piece] = []
    right: list[Piece] = []
    for same, mine, theirs in _pieces(one, other):
        if mine:
            left.append(Piece(mine, same))
        if theirs:
            right.append(Piece(theirs, same))
    return tuple(left), tuple(right)


def _pieces(one: str, other: str) -> Iterator[tuple[bool, str, str]]:
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    ends = (len(one) - tail, len(other) - tail)
    middles = one[head : ends[0]], other[head : ends[1]]
    yield True, one[:head], other[:head]
    if max(map(len, middles)) > LONG or not all(middles):
        yield False, *middles
    else:
        for tag, a, a_end, b, b_end in SequenceMatcher(None, *middles, autojunk=False).get_opcodes():
            yield tag == "equal", middles[0][a:a_end], middles[1][b:b_end]
    yield True, one[ends[0] :], other[ends[1] :]


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    parted = (n for n, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs)
    return next(parted, min(len(one), len(other)))


def remarks(left: str, right: str) -> Iterator[str]:
    """Say of what kind the difference is, and where it begins; nothing where there is none."""
    if left == right:
        return
    at = _common(left, right)
    line, column = left.count("\n", 0, at) + 1, at - (left.rfind("\n", 0, at) + 1) + 1
    yield (
        f"The first difference is at line {line}, character {column}: {_named(left, at)} on the left, "
        f"{_named(right, at)} on the right."
    )
    yield from _kinds(left, right)
    if left.count("\n") != right.count("\n"):
        yield f"Newlines: {left.count(chr(10))} on the left, {right.count(chr(10))} on the right."


def _kinds(left: str, right: str) -> Iterator[str]:
    ends = [text.replace("\r\n", "\n").replace("\r", "\n") for text in (left, right)]
    if ends[0] == ends[1]:
        yield "They differ only in how lines end (CR LF, CR or LF)."
    elif left.rstrip() == right.rstrip():
        yield "They differ only in white space at the end."
    elif left.split() == right.split():
        yield "They differ only in how much white space there is, or of which kind."
    elif "".join(left.split()) == "".join(right.split()):
        yield "They differ only in white space."
    elif left.casefold() == right.casefold():
        yield "They differ only in capital and small letters."
    yield from _forms(left, right)


def _forms(left: str, right: str) -> Iterator[str]:
    nfc = [unicodedata.normalize("NFC", text) for text in (left, right)]
    if nfc[0] == nfc[1]:
        forms = f"{_form(left)} on the left, {_form(right)} on the right"
        yield f"They are the same text in two Unicode forms: {forms}."
    elif unicodedata.normalize("NFKC", left) == unicodedata.normalize("NFKC", right):
        yield "They are compatible in Unicode (NFKC): the same letters in other widths, ligatures or styles."
    unseen = [{letter for letter in text if unicodedata.category(letter) == "Cf"} for text in (left, right)]
    if unseen[0] != unseen[1]:
        names = ", ".join(sorted(name_of(letter) for letter in unseen[0] ^ unseen[1]))
        yield f"Characters that nobody sees are on one side only: {names}."


def _form(text: str) -> str:
    is_form = [form for form in ("NFC", "NFD") if unicodedata.is_normalized(form, text)]
    return is_form[0] if is_form else "mixed"


def _named(text: str, at: int) -> str:
    return name_of(text[at]) if at < len(text) else "the end"


def table(diff: TextDiff, *, names: Sequence[str] = ("left", "right")) -> Table:
    """The two texts side by side; what differs is marked."""
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", expand=True)
    for name in names:
        drawn.add_column("", justify="right", style="dim", no_wrap=True)
        drawn.add_column(name, ratio=1, overflow="fold")
    for row in diff.rows:
        drawn.add_row(
            str(row.left_number or ""),
            _styled(row.left, "red"),
            str(row.right_number or ""),
            _styled(row.right, "green"),
        )
    return drawn


def _styled(side: Side, color: str) -> Text:
    drawn = Text()
    for piece in side:
        drawn.append(
            readable(piece.text) if piece.same else visible(piece.text), "" if piece.same else f"bold {color}"
        )
    return drawn


def lines(diff: TextDiff, *, names: Sequence[str] = ("left", "right")) -> Iterator[str]:
    """The same as plain lines: equal ones once, others as `-` and `+`, with what differs in brackets."""
    if not diff.equal:
        yield f"--- {names[0]}"
        yield f"+++ {names[1]}"
    for row in diff.rows:
        if row.same:
            yield f"  {_plain(row.left)}"
        else:
            if row.left_number:
                yield f"- {_plain(row.left)}"
            if row.right_number:
                yield f"+ {_plain(row.right)}"
    yield from (f"* {remark}" for remark in diff.remarks)


def _plain(side: Side) -> str:
    return "".join(readable(one.text) if one.same else f"[{visible(one.text)}]" for one in side)
