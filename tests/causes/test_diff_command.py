"""`throughline diff`, as its user meets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from client_demo.commands.diff import FileUnreadable, RunUnclear, diff
from client_demo.evidence.data import Evidence
from client_demo.recording import record
from tests.causes.world import World

HEADER = '{"schema": "throughline.recording/1"}\n'


def run(*args: object) -> Result:
    return CliRunner().invoke(diff, [str(arg) for arg in args])


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two recordings of two runs each; in the second one, run 2 has another answer."""
    first = World().evidence(("local",), ["ainvoke", "astream:values"], repeat=1)
    odd = replace(first.runs[1], run=replace(first.runs[1].run, answer="A bed, a lamp and  a rug."))
    known = {"one.jsonl": first, "two.jsonl": replace(first, runs=(first.runs[0], odd))}

    def read_evidence(path: Path) -> Evidence:
        if path.name not in known:
            raise ValueError("line 1 is not of this schema")
        return known[path.name]

    monkeypatch.setattr(record, "read_evidence", read_evidence, raising=False)
    return written(tmp_path / "one.jsonl", HEADER), written(tmp_path / "two.jsonl", HEADER)


def test_equal_files_are_told_equal(tmp_path: Path) -> None:
    one, two = written(tmp_path / "a", "bed\r\n"), written(tmp_path / "b", "bed\r\n")
    result = run(one, two)
    assert result.exit_code == 0
    assert "are equal" in result.output


def test_files_that_differ_end_with_1_and_show_where(tmp_path: Path) -> None:
    result = run(written(tmp_path / "a", "bed\r\n"), written(tmp_path / "b", "bed\n"))
    assert result.exit_code == 1
    assert "CARRIAGE RETURN" in result.output


def test_two_runs_of_recordings_are_compared_by_calls_results_and_answer(
    recordings: tuple[Path, Path],
) -> None:
    one, two = recordings
    assert run(f"{one}#1", f"{two}#1").exit_code == 0
    result = run(f"{one}#2", f"{two}#2")
    assert result.exit_code == 1
    assert "answer" in result.output
    assert "tool result" not in result.output


def test_two_recordings_are_compared_run_by_run(recordings: tuple[Path, Path]) -> None:
    one, two = recordings
    assert run(one, one).exit_code == 0
    result = run(one, two)
    assert result.exit_code == 1
    assert "local astream:values 1: answer" in result.output
    assert "ainvoke" not in result.output


def test_a_run_is_held_against_a_text_by_its_answer(recordings: tuple[Path, Path], tmp_path: Path) -> None:
    text = written(tmp_path / "text", "A bed, a lamp and a rug.")
    assert run(f"{recordings[0]}#1", text).exit_code == 0
    assert run(text, f"{recordings[1]}#2").exit_code == 1


@pytest.mark.parametrize("name", ["{one}#9", "{one}", "{one}#x"])
def test_a_run_that_is_not_there_or_not_named_is_told_with_those_that_are(
    recordings: tuple[Path, Path], name: str
) -> None:
    given = name.format(one=recordings[0])
    with pytest.raises(RunUnclear, match="name one of 1 to 2") as told:
        CliRunner().invoke(diff, [given, f"{recordings[1]}#1"], catch_exceptions=False)
    assert told.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "not text"),
        (b"caf\xe9", "UTF-8"),
        (HEADER.encode(), "recording is broken"),
        (None, "No such"),
    ],
)
def test_a_file_that_cannot_be_compared_is_told_in_one_sentence(
    recordings: tuple[Path, Path], tmp_path: Path, content: bytes | None, reason: str
) -> None:
    odd = tmp_path / "odd"
    if content is not None:
        odd.write_bytes(content)
    with pytest.raises(FileUnreadable, match=reason) as told:
        CliRunner().invoke(diff, [str(odd), str(recordings[0])], catch_exceptions=False)
    assert told.value.exit_code == 2
    assert "\n" not in str(told.value)


def test_a_file_whose_name_has_a_number_sign_is_a_file(tmp_path: Path) -> None:
    one = written(tmp_path / "a#1", "bed")
    assert run(one, one).exit_code == 0
    with pytest.raises(FileUnreadable, match="not a recording"):
        CliRunner().invoke(diff, [f"{written(tmp_path / 'b', 'bed')}#1", str(one)], catch_exceptions=False)
