"""Where reports go and where recordings come from: odd names, full disks, pipes, and halves of characters."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.html.made import Made, lines
from tests.report.test_report_command import REPORTS, files, run

FULL = Path("/dev/full")


def recorded(folder: Path, *runs: Made, **header: str) -> None:
    told = lines(*(runs or (Made(1), Made(2, "bridged"))), **header)
    (folder / "runs.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in told))


def test_halves_of_characters_are_replaced_in_every_report(tmp_path: Path) -> None:
    recorded(tmp_path, Made(1, answer="a\ud800b"), Made(2, "held", answer="c\udfffd"), prompt="e\ud83df")
    done = run("report", "runs.jsonl", *files(""), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for name in REPORTS:
        assert "e\ufffdf" in (tmp_path / name).read_text(encoding="utf-8").replace("&#65533;", "\ufffd"), name
    told = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert [one["answer"] for one in told["runs"]] == ["a\ufffdb", "c\ufffdd"]
    ElementTree.parse(tmp_path / "junit.xml")
    shown = run("report", "runs.jsonl", "--json", cwd=tmp_path).stdout
    assert json.loads(shown) == told


def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    recorded(tmp_path)
    name = "x" * 300 + ".html"
    done = run("report", "runs.jsonl", "--html", name, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"Error: --html cannot write to {name} (file name too long): name another file.\n"


def test_a_name_as_long_as_a_name_may_be_is_written(tmp_path: Path) -> None:
    recorded(tmp_path)
    name = "\u5bb6" * 83 + ".html"
    done = run("report", "runs.jsonl", "--html", name, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / name).stat().st_size


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize(("options", "what"), [((), "The report"), (("--json",), "--json")])
def test_a_full_standard_output_is_one_sentence(tmp_path: Path, options: tuple[str, ...], what: str) -> None:
    recorded(tmp_path)
    with FULL.open("w") as full:
        done = run("report", "runs.jsonl", *options, cwd=tmp_path, stdout=full)
    assert done.returncode == 2
    assert done.stderr == (
        f"Error: {what} cannot write to stdout (no space left on device): name another file.\n"
    )


def test_a_recording_is_read_from_standard_input_compressed_or_not(tmp_path: Path) -> None:
    recorded(tmp_path)
    shown = run("report", "runs.jsonl", cwd=tmp_path).stdout
    piped = run("report", "-", cwd=tmp_path, stdin=(tmp_path / "runs.jsonl").read_text())
    assert (piped.returncode, piped.stderr, piped.stdout) == (0, "", shown)
    (tmp_path / "runs.jsonl.gz").write_bytes(gzip.compress((tmp_path / "runs.jsonl").read_bytes()))
    with (tmp_path / "runs.jsonl.gz").open("rb") as file:
        assert run("report", "-", cwd=tmp_path, stdin=file).stdout == shown


@pytest.mark.parametrize(
    ("given", "reason"),
    [("", "it is empty"), ("hello\n", "it is not a recording"), (None, "bad file descriptor")],
)
def test_a_standard_input_that_is_no_recording_is_one_sentence(
    tmp_path: Path, given: str | None, reason: str
) -> None:
    done = run("report", "-", cwd=tmp_path, stdin=given, closed=given is None)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"Error: standard input cannot be read as a recording ({reason}): name a file"
    )


def test_blank_lines_at_the_end_are_nothing_and_within_are_told(tmp_path: Path) -> None:
    recorded(tmp_path)
    file = tmp_path / "runs.jsonl"
    told = file.read_text()
    shown = run("report", "runs.jsonl", cwd=tmp_path).stdout
    file.write_text(f"{told}\n  \r\n\n")
    done = run("report", "runs.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", shown)
    head, *rest = told.splitlines()
    file.write_text("\n".join([head, rest[0], "", "", *rest[1:]]) + "\n")
    assert "(line 3 is broken)" in run("report", "runs.jsonl", cwd=tmp_path).stderr
