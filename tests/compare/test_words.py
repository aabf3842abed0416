"""The words of a run: what the provider answered, and which lanes show the tool's as its model said them."""

from __future__ import annotations

from typing import Any

import pytest

from client_demo.evidence.data import Request, Sight
from client_demo.evidence.words import words_of
from client_demo.experiment.runs import Words
from client_demo.transparency.law import Event
from tests.compare.made import run

NEVER = Event("messages", (), "", None)


def asked(who: str, text: str, *, streamed: bool = True, **answer: Any) -> Request:
    answer = {"content": text, **answer} if text else answer
    return Request(1, who, streamed, {}, answer, 0.0, 0.1, 0.2, len(text.split()), False, 200)


def shown(*pieces: str, lane: str = "messages") -> tuple[Sight, ...]:
    return tuple(Sight(0.1, lane, "messages", NEVER, "tool", piece) for piece in pieces)


def words(sights: tuple[Sight, ...], *requests: Request) -> Words:
    found = words_of(run(), sights, [asked("agent", "Hm."), *requests])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        (("A ", "red ", "bed."), True),
        (("A r", "ed bed."), True),
        (("red ", "A ", "bed."), False),
        (("A ", "bed."), False),
        (("A ", "red "), False),
    ],
)
def test_pieces_are_kept_where_they_add_up_to_what_was_said(pieces: tuple[str, ...], kept: bool) -> None:
    found = words(shown(*pieces), asked("tool", "A red bed."))
    assert found.kept == (frozenset({"messages"}) if kept else frozenset())


def test_answers_that_came_side_by_side_may_alternate() -> None:
    two = (asked("tool", "one two "), asked("tool", "one four "))
    assert words(shown("one ", "one ", "four ", "two "), *two).kept
    assert not words(shown("one ", "four ", "two ", "one "), *two).kept


def test_an_answer_in_one_piece_need_not_be_shown_and_each_lane_is_judged_alone() -> None:
    sights = (*shown("A ", "bed."), *shown("Looking", lane="custom"))
    found = words(sights, asked("tool", "A bed."), asked("tool", "Thinking.", streamed=False))
    assert found.kept == {"messages"}


def test_answers_differ_by_words_and_by_pieces_and_not_by_their_ids() -> None:
    def said(text: str, call_id: str) -> Words:
        call = {"id": call_id, "function": {"name": "look", "arguments": "{}"}}
        return words((), asked("tool", text, tool_calls=[call]))

    assert said("A bed.", "1").said == said("A bed.", "2").said
    assert said("A bed.", "1").said != said("A lamp.", "1").said


def test_what_was_not_recorded_or_asked_elsewhere_is_not_known() -> None:
    assert words_of(run(), (), [asked("agent", ""), asked("tool", "")]) is None
    assert words_of(run(), (), [asked("tool", "A bed.")]) is None
    assert words_of(run(answer=None), (), ()) == Words((), frozenset())
