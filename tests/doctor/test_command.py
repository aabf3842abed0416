"""`throughline doctor` as a person runs it: what is printed where, and what it ends with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from client_demo.cli import main

ROOT = Path(__file__).parents[2]
LIMIT_S = 60
PATIENT = f"{sys.executable} -m tests.doctor.patient"


def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "client_demo", "doctor", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=LIMIT_S, check=False
    )


def test_people_get_a_line_for_each_code_and_what_to_do() -> None:
    done = doctor(f"{PATIENT} prints", "--timeout", "5")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any(line.startswith("bad") and "STDOUT" in line for line in lines)
    assert any("> log and print to stderr" in line for line in lines)
    assert lines[-1].startswith("8 good, 1 bad, 1 not applicable")
    assert all(line == line.rstrip() for line in lines)


def test_programs_get_a_versioned_document(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = doctor(PATIENT, "--tool", "slow_steps", "--args", '{"label": "x"}', "--json", str(path))
    assert done.returncode == 0, done.stderr
    told = json.loads(path.read_text())
    assert told["schema"] == "throughline.doctor/1"
    assert told["exit_code"] == 0
    assert told["tool"] == "slow_steps"
    assert told["arguments"] == {"label": "x"}
    assert {"code", "verdict", "sentence", "evidence", "remedy"} == told["checks"][0].keys()
    assert "CONNECT" in done.stdout


def test_a_server_that_is_not_there_is_one_sentence_and_its_document_is_written_all_the_same() -> None:
    done = doctor(f"{PATIENT} exits", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["unreachable"] is True
    [line] = done.stderr.splitlines()
    assert line.startswith(
        "Error: The server 'python -m tests.doctor.patient exits' cannot be examined (before"
    )
    assert "it ended with exit code 1; stderr: The settings are missing.): run its command by hand" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((PATIENT, "--args", "{}"), "--args is given without --tool"),
        ((PATIENT, "--tool", "x", "--args", "[]"), "--args is not a JSON object"),
        ((PATIENT, "--tool", "x", "--args", "{"), "--args is not JSON"),
        ((PATIENT, "--json", "nowhere/report.json"), "there is no directory nowhere"),
        ((PATIENT, "--json", "report.txt"), "does not end in .json"),
        ((PATIENT, "--timeout", "0"), "--timeout"),
        ((PATIENT, "--tool", "slow"), "did you mean 'slow_steps'"),
        (("",), "it is empty"),
        (("no-such-file.json",), "No such file"),
        (("ftp://example.com",), "is not spoken here"),
    ],
)
def test_what_cannot_be_examined_is_said_in_one_sentence(
    arguments: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["throughline", "doctor", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert words in told.err
    assert told.out == ""
