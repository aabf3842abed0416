"""A comparison in which our own findings say that something is wrong does not pass a test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from client_demo.in_tests import NotTheSame, compare
from client_demo.report.gate import exit_code

FAST = {"model": "scripted?pace_ms=0", "paths": "ainvoke,astream:messages", "repeat": 2, "prompt": "bedroom?"}


def told(tmp_path: Path, **options: Any) -> Any:
    recording = tmp_path / "runs.jsonl"
    return compare(FAST | options, recording=recording, root=tmp_path, live_env=dict(os.environ))


@pytest.mark.parametrize(
    ("quirk", "code", "ends"),
    [
        ("reordered", "REORDERED", 1),
        ("lossy", "LOST_FRAMES", 1),
        ("late", "LATE_PROGRESS", 1),
        ("other_request", "DIFFERENT_REQUEST", 1),
        ("cached", "CACHED", 0),
        ("stateful", "STATEFUL_TOOL", 0),
        ("postprocessed", "POSTPROCESSED", 0),
        ("wrong_partials", "PARTIAL_VALUES_WRONG", 0),
        ("unaccountable", "UNEXPLAINED", 0),
    ],
)
def test_what_a_quirk_is_found_out_by_fails_the_test(
    tmp_path: Path, quirk: str, code: str, ends: int
) -> None:
    made = told(tmp_path, quirk=quirk)
    with pytest.raises(NotTheSame, match=f"(loss|difference): {code}: "):
        made.check()
    assert exit_code(made.story) == ends  # 1 is for harm, where nobody sets conditions


def test_without_a_quirk_it_passes(tmp_path: Path) -> None:
    made = told(tmp_path).check()
    assert exit_code(made.story) == 0


@pytest.mark.parametrize("quirk", ["reordered", "lossy"])
def test_scrambled_words_are_never_told_as_other_words(tmp_path: Path, quirk: str) -> None:
    (said,) = [one for one in told(tmp_path, quirk=quirk).story.verdict if one.subject == "bridged"]
    assert said.tone == "bad"
    assert not [words for words in ("other words", "event for event") if words in said.text]


def test_words_that_the_model_draws_anew_pass(tmp_path: Path) -> None:
    made = told(tmp_path, model="scripted?pace_ms=0&random=1").check()
    (said,) = [one for one in made.story.verdict if one.subject == "bridged"]
    assert "the model chose other words" in said.text
