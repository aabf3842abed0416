"""What changes in a text is told from what stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_demo.causes.apart import common_start, constant_part


@pytest.mark.parametrize(
    ("texts", "stays"),
    [
        ([" (call 1)", " (call 2)", " (call 10)"], " "),
        ([" (call 1) (edited)", " (call 2) (edited)"], "  (edited)"),
        ([" Checked. Call 1", " Checked. Call 2"], " Checked."),
        (["1", "2"], ""),
        ([" [at 10:00 (UTC)] ok", " [at 10:05 (UTC)] ok"], "  ok"),
    ],
)
def test_a_change_takes_its_bracket_or_its_sentence_with_it(texts: list[str], stays: str) -> None:
    assert all(constant_part(texts, text) == stays for text in texts)


def test_a_text_of_another_kind_is_not_taken_apart() -> None:
    assert constant_part([" (call 1)", " (call 2)"], " (edited)") is None


@given(st.lists(st.text(alphabet="ab", max_size=6), min_size=1, max_size=4))
def test_the_common_start_is_the_longest_that_all_have(texts: list[str]) -> None:
    start = common_start(texts)
    assert all(text.startswith(start) for text in texts)
    longer = {text[: len(start) + 1] for text in texts}
    assert len(longer) > 1 or longer == {start}
