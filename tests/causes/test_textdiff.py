"""Differences of texts, to the character."""

from __future__ import annotations

import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from client_demo.text.diff import LONG, lines, table, text_diff
from client_demo.text.visible import readable, visible

TEXTS = st.text(alphabet=st.sampled_from("ab \n\t\r\u00a0\u00e9e\u0301\u200b\u2028<>\u00b7"), max_size=24)


@given(TEXTS | st.text(), TEXTS | st.text())
def test_the_sides_joined_are_the_texts(left: str, right: str) -> None:
    diff = text_diff(left, right)
    assert (diff.left, diff.right) == (left, right)
    assert diff.equal == (left == right)
    assert bool(diff.remarks) == (left != right)


@given(TEXTS, TEXTS)
def test_what_is_the_same_on_both_sides_is_the_same_text(left: str, right: str) -> None:
    for row in text_diff(left, right).rows:
        same = [[piece.text for piece in side if piece.same] for side in (row.left, row.right)]
        assert "".join(same[0]) == "".join(same[1])


@given(st.text(), st.text())
def test_texts_that_differ_look_different_when_made_visible(left: str, right: str) -> None:
    assert (visible(left) == visible(right)) == (left == right)


@given(st.text())
def test_nothing_that_a_terminal_would_act_on_is_ever_shown(text: str) -> None:
    for shown in (visible(text), readable(text)):
        assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cf", "Cs")]


def plainly(left: str, right: str) -> str:
    return "\n".join(lines(text_diff(left, right)))


def test_white_space_is_made_visible_where_it_differs_and_left_alone_elsewhere() -> None:
    told = plainly("a b\n", "a\tb\n")
    assert "- a[\u00b7]b" in told
    assert "+ a[\u2192]b" in told
    assert "only in how much white space there is, or of which kind" in told


def test_a_newline_at_the_end_and_the_ends_of_lines_are_told() -> None:
    assert "white space at the end" in plainly("bed\n", "bed")
    told = plainly("a\r\nb", "a\nb")
    assert "only in how lines end" in told
    assert "<U+000D CARRIAGE RETURN>" in told


@pytest.mark.parametrize("text", ["caf\u00e9", "\ud55c\uae00"], ids=["accent", "hangul"])
def test_two_unicode_forms_of_one_text_are_named(text: str) -> None:
    told = plainly(text, unicodedata.normalize("NFD", text))
    assert "same text in two Unicode forms: NFC on the left, NFD on the right" in told
    assert "<U+" in told


def test_characters_that_nobody_sees_are_named() -> None:
    told = plainly("a\u200bb", "ab")
    assert "on one side only: U+200B ZERO WIDTH SPACE" in told
    assert "compatible in Unicode" in plainly("\ufb01n", "fin")
    assert "capital and small letters" in plainly("Bed", "bed")


def test_where_it_begins_is_told_by_line_and_character() -> None:
    assert "line 2, character 3: U+0063 LATIN SMALL LETTER C on the left, the end on the right" in plainly(
        "x\nabc", "x\nab"
    )


def test_lines_that_were_put_in_stand_alone() -> None:
    rows = text_diff("a\nc\n", "a\nb\nc\n").rows
    assert [(row.left_number, row.right_number) for row in rows] == [(1, 1), (None, 2), (2, 3)]


def test_a_line_too_long_to_be_taken_apart_is_still_held_against_the_other() -> None:
    left, right = "a" + "b" * LONG * 2 + "z", "a" + "c" * LONG * 2 + "z"
    diff = text_diff(left, right)
    assert [(piece.same, len(piece.text)) for piece in diff.rows[0].left] == [
        (True, 1),
        (False, LONG * 2),
        (True, 1),
    ]


def test_the_table_shows_both_sides_and_reads_no_markup_in_them() -> None:
    console = Console(width=60, record=True, file=StringIO())
    console.print(table(text_diff("[bold]a\n", "[bold]b\n"), names=("one", "two")))
    shown = console.export_text()
    assert shown.count("[bold]") == 2
    assert "one" in shown
    assert "two" in shown


def test_equal_texts_are_shown_without_marks() -> None:
    assert plainly("a\nb", "a\nb") == "  a\n  b"
