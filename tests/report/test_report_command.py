"""`throughline report`, and what `compare` writes: the same files from the recording alone, or a sentence."""

from __future__ import annotations

import copy
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from client_demo.errors import LineBroken
from client_demo.evidence.reread import read_recording
from client_demo.report.gate import breaches, read_conditions
from client_demo.report.junit import junit
from client_demo.report.markdown import markdown
from client_demo.report.story import read_story, story_of
from client_demo.report.terminal import show
from client_demo.report.write import json_text

ROOT = Path(__file__).parents[2]
REPORTS = ("page.html", "comment.md", "junit.xml", "result.json", "picture.svg")
EVENTS = 200_000


def files(prefix: str) -> list[str]:
    options = ("--html", "--md", "--junit", "--json", "--svg")
    return [word for pair in zip(options, REPORTS, strict=True) for word in (pair[0], prefix + pair[1])]


def run(
    *arguments: str,
    cwd: Path,
    timeout: float = 100,
    stdin: str | IO[bytes] | None = None,
    stdout: IO[str] | int = subprocess.PIPE,
    closed: bool = False,
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, "-m", "client_demo", *arguments]
    return subprocess.run(
        ["sh", "-c", 'exec "$@" 0<&-', "sh", *command] if closed else command,
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT)},
        **({"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a recording, and all that `compare` wrote while it made it."""
    folder = tmp_path_factory.mktemp("compared")
    fast = ("--model", "scripted?pace_ms=0", "--placements", "local,held,bridged", "--repeat", "2")
    paths = ("--paths", "ainvoke,astream:messages", "--record", "runs.jsonl")
    done = run("compare", *fast, *paths, *files("then-"), cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "shown.txt").write_text(done.stdout)
    return folder


def test_every_report_comes_again_from_the_recording_alone_byte_for_byte(compared: Path) -> None:
    done = run("report", "runs.jsonl", *files("now-"), cwd=compared)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for name in REPORTS:
        assert (compared / f"now-{name}").read_bytes() == (compared / f"then-{name}").read_bytes(), name


def test_without_a_file_it_is_shown_as_it_was_shown_then(compared: Path) -> None:
    done = run("report", "runs.jsonl", cwd=compared)
    assert done.returncode == 0
    assert done.stdout == (compared / "shown.txt").read_text()


def test_json_goes_to_stdout_and_says_what_differs_and_whether_it_is_all(compared: Path) -> None:
    told = json.loads(run("report", "runs.jsonl", "--json", cwd=compared).stdout)
    assert told["schema"] == "throughline.compare/1"
    assert told["complete"] is True
    assert told["differences"] == []
    assert len(told["runs"]) == 12


def test_conditions_end_with_1_and_say_on_stderr_what_was_not_held(compared: Path) -> None:
    done = run("report", "runs.jsonl", "--fail-on", "loss", cwd=compared)
    assert done.returncode == 1
    assert done.stderr == (
        "Not held: loss: held shows 0 of the 32 tool tokens on astream:messages that local shows.\n"
    )
    assert run("report", "runs.jsonl", "--fail-on", "error", cwd=compared).returncode == 0
    bad = run("report", "runs.jsonl", "--fail-on", "los", cwd=compared)
    assert bad.returncode == 2
    assert "did you mean 'loss'?" in bad.stderr


def test_compare_ends_by_its_conditions_and_not_by_what_is_usual(tmp_path: Path) -> None:
    fast = ("--model", "scripted?pace_ms=0", "--paths", "astream:messages", "--placements", "local,held")
    usual = run("compare", *fast, cwd=tmp_path)
    strict = run("compare", *fast, "--fail-on", "loss,error", "--junit", "a.xml", cwd=tmp_path)
    assert usual.returncode == 0
    assert strict.returncode == 1
    assert "Not held: loss: held shows 0 of the 16 tool tokens" in strict.stderr
    assert 'failures="1"' in (tmp_path / "a.xml").read_text()


BAD = {
    "nowhere": (None, "there is no such file"),
    "empty": (b"", "it is empty"),
    "words": (b"hello\n", "it is not a recording"),
    "binary": (bytes(range(256)), "it is not a recording"),
    "another schema": (b'{"schema": "x/1"}\n', "it is not a throughline.recording/1"),
    "newer": (
        b'{"schema": "throughline.recording/2"}\n',
        "by a newer throughline: recording/2): upgrade",
    ),
    "cut in its header": (b'{"schema": "throughline.recording/1", "thr', "it ends within its first line"),
    "no prompt": (b'{"schema": "throughline.recording/1"}\n', "line 1 is broken"),
    "nested": (b"[" * 100_000, "it is not a recording"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_recording_that_cannot_be_read_is_one_sentence(case: str, tmp_path: Path) -> None:
    content, reason = BAD[case]
    if content is not None:
        (tmp_path / "runs.jsonl").write_bytes(content)
    done = run("report", "runs.jsonl", "--html", "page.html", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: runs.jsonl cannot be read as a recording (")
    assert reason in line
    assert not (tmp_path / "page.html").exists()


def test_a_directory_in_place_of_a_recording_is_told(tmp_path: Path) -> None:
    done = run("report", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: . cannot be read as a recording (is a directory)")


def broken(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Recordings with a broken line in the middle, and its number."""
    end = next(n for n, line in enumerate(lines) if '"line": "end"' in line)
    yield "half a line", "".join([*lines[:4], lines[4][:20] + "\n", *lines[5:]])
    yield "no object", "".join([*lines[:4], "[1]\n", *lines[5:]])
    yield "a run that says nothing", "".join([*lines[:end], '{"line": "end", "run": 1}\n', *lines[end + 1 :]])


def test_a_broken_line_in_the_middle_is_told_with_its_number(compared: Path, tmp_path: Path) -> None:
    lines = (compared / "runs.jsonl").read_text().splitlines(keepends=True)
    end = next(n for n, line in enumerate(lines) if '"line": "end"' in line) + 1
    for (_, text), number in zip(broken(lines), (5, 5, end), strict=True):
        (tmp_path / "runs.jsonl").write_text(text)
        done = run("report", "runs.jsonl", cwd=tmp_path)
        assert done.returncode == 2
        assert f"(line {number} is broken)" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_recording_that_was_cut_off_is_told_as_far_as_it_goes(compared: Path, tmp_path: Path) -> None:
    data = (compared / "runs.jsonl").read_bytes()
    (tmp_path / "runs.jsonl").write_bytes(data[: len(data) // 2])
    story = read_story(tmp_path / "runs.jsonl")
    assert not story.complete
    assert 0 < len(story.runs) < 12
    done = run("report", "runs.jsonl", *files(""), "--fail-on", "error", cwd=tmp_path)
    assert done.returncode == 1
    cut = f"The recording ends before its last run did: {len(story.runs)} of 12 runs came to their end."
    assert done.stderr == f"Not held: error: {cut}\n"
    for name in REPORTS[:2]:
        assert cut in (tmp_path / name).read_text()
    assert json.loads((tmp_path / "result.json").read_text())["complete"] is False


UNWRITABLE = {
    "a file in place of a directory": ("runs.jsonl/page.html", "there is no directory runs.jsonl"),
    "no such directory": ("nowhere/page.html", "there is no directory nowhere"),
    "stdout": ("-", "only --json goes there"),
    "the recording itself": ("runs.jsonl", "that is the recording itself"),
}


@pytest.mark.parametrize("case", list(UNWRITABLE))
def test_what_cannot_be_written_is_told_before_anything_is_read(case: str, tmp_path: Path) -> None:
    name, reason = UNWRITABLE[case]
    (tmp_path / "runs.jsonl").write_text("what was there")
    done = run("report", "runs.jsonl", "--md", "a.md", "--html", name, cwd=tmp_path)
    assert done.returncode == 2
    where = "stdout" if name == "-" else name
    assert done.stderr == f"Error: --html cannot write to {where} ({reason}): name another file.\n"
    assert os.listdir(tmp_path) == ["runs.jsonl"]
    assert (tmp_path / "runs.jsonl").read_text() == "what was there"


def test_compare_says_before_it_runs_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for options, words in (
        (["--html", "file/page.html"], "--html cannot write to file/page.html (there is no directory file)"),
        (["--md", "same", "--junit", "same"], "--junit cannot write to same (--md writes there as well)"),
        (
            ["--record", "same", "--html", "same"],
            "--html cannot write to same (--record writes there as",
        ),
        (["--fail-on", "overhead"], "--fail-on cannot hold 'overhead' against a comparison"),
    ):
        done = run("compare", *options, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith(f"Error: {words}")
        assert not done.stdout
    assert os.listdir(tmp_path) == ["file"]


def test_a_recording_of_two_hundred_thousand_events_is_told_whole(compared: Path, tmp_path: Path) -> None:
    lines = (compared / "runs.jsonl").read_text().splitlines(keepends=True)
    told = [n for n, line in enumerate(lines) if '"line": "seen"' in line and '"mode": "messages"' in line]
    with (tmp_path / "runs.jsonl").open("w") as file:
        for n, line in enumerate(lines):
            file.write(line * (EVENTS // len(told) if n in told else 1))
    assert sum(line.get("line") == "seen" for line in read_recording(tmp_path / "runs.jsonl")) > EVENTS * 0.9
    done = run("report", "runs.jsonl", *files(""), cwd=tmp_path, timeout=250)
    assert (done.returncode, done.stderr) == (0, "")
    assert all((tmp_path / name).stat().st_size for name in REPORTS)
    assert (tmp_path / "page.html").stat().st_size < 20_000_000


ODD: tuple[Any, ...] = (None, 0, -1, 1e308, "x", "", "\x1b[31m\ud800", [], {}, [[]], {"a": 1}, True, "error")


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a JSON value there are values."""
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*at, key))


def test_a_recording_of_which_any_one_value_is_another_is_told_or_refused(compared: Path) -> None:
    lines = [line for line in read_recording(compared / "runs.jsonl") if 0 < line.get("run", 1) < 7]
    chance, refused = random.Random(5), 0
    conditions = read_conditions(["loss,difference,error,overhead=1%"])
    for _ in range(200):
        number = chance.choice([n for n, one in enumerate(lines) if one.get("line") != "seen"] + [0, 3])
        line = copy.deepcopy(lines[number])
        *way, last = chance.choice(list(places(line)))
        holder: Any = line
        for key in way:
            holder = holder[key]
        holder[last] = chance.choice(ODD)
        try:
            story = story_of([*lines[:number], line, *lines[number + 1 :]])
        except LineBroken:
            refused += 1
            continue
        markdown(story).encode()
        ElementTree.fromstring(junit(story, breaches(story, conditions)))
        json_text(story, {})
        show(Console(file=io.StringIO()), story)
    assert 0 < refused < 200
