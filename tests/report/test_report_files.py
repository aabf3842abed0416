"""Where reports go and where recordings come from: odd names, full disks, pipes, and halves of characters."""

from __future__ import annotations

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
