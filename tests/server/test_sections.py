"""Cutting a text where a reader would, without losing a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.tools.sections import cut

PIECES = st.lists(
    st.sampled_from(["word", "Ende.", "\n", "\n\n", " ", "x" * 40, "\u3002", "\t", "!"]), max_size=80
)


@given(PIECES.map("".join), st.integers(1, 60))
def test_every_word_is_in_one_section_and_none_is_too_long(text: str, limit: int) -> None:
    sections = cut(text, limit_chars=limit)
    assert "".join("".join(sections).split()) == "".join(text.split())
    assert all(len(section) <= limit for section in sections) or not text.strip()


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("one\n\ntwo\n\nthree", ["one\n\ntwo", "three"]),
        ("one two.\nthree four", ["one two.", "three four"]),
        ("One two. Three four.", ["One two.", "Three four."]),
        ("one two three four", ["one two", "three four"]),
        ("abcdefghijklmnopq", ["abcdefghijkl", "mnopq"]),
    ],
)
def test_a_text_is_cut_at_the_best_place_there_is(text: str, sections: list[str]) -> None:
    assert cut(text, limit_chars=12) == sections
