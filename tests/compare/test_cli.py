"""The command as people and scripts meet it: what it prints where, and what it ends with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from client_demo.paths import PATHS
from client_demo.recording.record import read_recording
from throughline.model import OpenModel

ROOT = Path(__file__).parents[2]
FAST = ("--model", "scripted?pace_ms=0", "--placements", "local", "--paths", "ainvoke")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "client_demo", *arguments]


def run(
    *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def started(*arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*arguments), cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The error on stderr, which is one line and no traceback."""
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


BAD = {
    "empty prompt": ([""], "The prompt is empty"),
    "blank prompt": (["  \n"], "The prompt is empty"),
    "unknown path": (["--paths", "ainvoke,messages"], "did you mean 'astream:messages'?"),
    "unknown placement": (["--placements", "bridge"], "did you mean 'bridged'?"),
    "unknown tool": (["--tool", "list"], "did you mean 'list_items'?"),
    "unknown model": (["--model", "scriptd"], "did you mean 'scripted'?"),
    "unknown option of a model": (["--model", "scripted?pace=1"], "has no option 'pace'"),
    "no such directory": (
        ["--json", "nowhere/result.json"],
        "(there is no directory nowhere): name another file.",
    ),
    "no path": (["--paths", ","], "There is no path named ''"),
    "a prompt for a file": (["--json", "Where is it?"], "its name does not end in .json"),
    "unknown quirk": (["--quirk", "lat"], "did you mean 'late'?"),
    "a quirk of another's server": (["--quirk", "late", "--server", "x"], "leave --server out"),
    "open quote": (["--server", "python '"], "close its quotes"),
    "empty server": (["--server", " "], "give a command"),
    "no repeats": (["--repeat", "0"], "0 is not in the range"),
    "no time": (["--timeout", "0"], "is not in the range"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_one_sentence_and_exit_code_2(case: str, tmp_path: Path) -> None:
    arguments, words = BAD[case]
    done = run("compare", *FAST[:2], *arguments, cwd=tmp_path)
    assert words in one_sentence(done)
    assert done.returncode == 2


def test_a_comparison_tells_its_result_on_stdout_and_its_course_on_stderr() -> None:
    done = run("compare", *FAST[:2], "--placements", "local,bridged", "--paths", "ainvoke,astream:messages")
    assert done.returncode == 0
    assert "bridged sees what local sees, event for event, on both paths." in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "4/4  astream:messages" in done.stderr
    assert "its words are canned" in done.stderr


def test_json_without_a_file_is_all_there_is_on_stdout() -> None:
    done = run("compare", "Where is my bed?", *FAST, "--json")
    told = json.loads(done.stdout)
    assert told["prompt"] == "Where is my bed?"
    assert [run["path"] for run in told["runs"]] == ["ainvoke"]
    assert done.returncode == 0


def test_findings_stand_below_the_verdict_and_runs_of_a_recording_can_be_told_apart(tmp_path: Path) -> None:
    fast = (*FAST[:2], "--placements", "local,held", "--paths", "ainvoke,astream:messages", "--tool", "ask")
    files = ("--quirk", "postprocessed", "--json", "a.json", "--record", "b.jsonl")
    done = run("compare", *fast, *files, cwd=tmp_path)
    assert done.returncode == 0  # only bridged is expected to be equal
    assert "POSTPROCESSED (warning, certain) " in done.stdout
    assert "TOKENS_STOP_AT_BOUNDARY (warning, certain) " in done.stdout
    assert done.stdout.index("is the reference") < done.stdout.index("POSTPROCESSED")
    assert "read on their way by a tap: it adds" in done.stderr
    found = json.loads((tmp_path / "a.json").read_text())["findings"]
    assert {"code", "severity", "sentence", "evidence", "sure", "remedy", "placements", "paths"} == set(
        found[0]
    )
    assert {"POSTPROCESSED", "TOKENS_STOP_AT_BOUNDARY"} <= {one["code"] for one in found}
    assert run("diff", "b.jsonl#1", "b.jsonl#3", cwd=tmp_path).returncode == 0
    assert run("diff", "b.jsonl", "b.jsonl", cwd=tmp_path).returncode == 0


def test_files_are_written_beside_the_result(tmp_path: Path) -> None:
    done = run("compare", *FAST, "--json", "a.json", "--record", "b.jsonl", "--svg", "c.svg", cwd=tmp_path)
    assert done.returncode == 0
    assert "ainvoke" in done.stdout
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == "throughline.compare/1"
    assert [line.get("line") for line in read_recording(tmp_path / "b.jsonl")][-1] == "end"
    assert (tmp_path / "c.svg").read_text().startswith("<svg")


def test_an_endpoint_that_is_not_there_is_told_with_its_address() -> None:
    nowhere = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = run("compare", "--placements", "local", "--paths", "ainvoke", env=nowhere)
    assert one_sentence(done).startswith("The model endpoint http://127.0.0.1:9/v1 is not reachable (")
    assert done.returncode == 4


@pytest.mark.anyio
async def test_a_refused_key_is_told_with_the_address_of_the_user(scripted: OpenModel) -> None:
    address = scripted.settings.base_url
    done = run("compare", "--paths", "ainvoke", env={"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "wrong"})
    assert (
        one_sentence(done)
        == f"The model endpoint {address} refused the key (HTTP 401): check OPENAI_API_KEY."
    )
    assert done.returncode == 3


@pytest.mark.anyio
async def test_a_model_that_is_not_there_is_told_with_those_that_are(scripted: OpenModel) -> None:
    env = {**scripted.settings.to_env(), "OPENAI_MODEL": "scriptd"}
    done = run("compare", "--placements", "local", "--paths", "ainvoke", env=env)
    assert one_sentence(done) == (
        f"The endpoint {scripted.settings.base_url} has no model 'scriptd': "
        "set OPENAI_MODEL; did you mean 'scripted'?"
    )
    assert done.returncode == 2


@pytest.mark.parametrize("placement", ["held", "bridged"])
def test_a_server_that_dies_at_start_is_told_with_its_command(placement: str) -> None:
    dying = f"{sys.executable} -c 'raise SystemExit(3)'"
    done = run("compare", *FAST[:2], "--placements", placement, "--paths", "ainvoke", "--server", dying)
    assert "cannot be used (before it answered, it ended with exit code 3): run its" in one_sentence(done)
    assert done.returncode == 4


def test_a_run_that_takes_too_long_ends_the_comparison_with_5() -> None:
    slow = "scripted?fault=slow_first_token&slow_ms=60000"
    done = run("compare", "--model", slow, "--placements", "local", "--paths", "ainvoke", "--timeout", "0.5")
    assert "local failed on ainvoke. The run local / ainvoke was not done within 0.5 s: raise" in done.stdout
    assert "Error: The run local / ainvoke was not done within 0.5 s: raise --timeout" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 5


def test_ctrl_c_ends_with_130_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    paths = "astream:messages,events:v2,astream:values"
    options = ["--model", "scripted?pace_ms=200", "--placements", "local,held,bridged", "--paths", paths]
    record = ["--record", str(tmp_path / "runs.jsonl")]
    with started("compare", *options, *record) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.lstrip().startswith("1/9"):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "Interrupted."
    assert "Traceback" not in err
    assert any(line.get("line") == "end" for line in read_recording(tmp_path / "runs.jsonl"))


def test_a_reader_who_leaves_gets_no_complaint() -> None:
    with started("paths") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 141


def test_a_prompt_that_no_terminal_can_show_is_asked_and_shown_escaped() -> None:
    done = run("compare", "Wo ist m\udcfc\u00fc?", *FAST, env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.startswith("Wo ist m\\ufffd\\xfc?")
    assert done.returncode == 0, done.stderr


def test_paths_explains_each_path_in_a_line() -> None:
    done = run("paths")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [path.name for path in PATHS]
    assert all(len(line) <= 120 for line in done.stdout.splitlines())
    assert done.returncode == 0


def test_models_are_listed_and_auto_is_explained(tmp_path: Path) -> None:
    listed = run("model", "list", cwd=tmp_path)
    assert listed.stdout.startswith("smollm2-135m")
    mine = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_MODEL": "mine"}
    told = run("model", "status", cwd=tmp_path, env=mine)
    assert "auto means          configured" in told.stdout
    assert "configured          mine at http://127.0.0.1:9/v1" in told.stdout


def test_a_model_that_cannot_be_pulled_is_told_with_the_nearest() -> None:
    done = run("model", "pull", "smollm")
    assert done.returncode in (0, 2)
    wrong = run("model", "pull", "gpt-4")
    assert "smollm2-135m" in one_sentence(wrong)
    assert wrong.returncode == 2


def test_help_teaches_by_examples() -> None:
    done = run("compare", "--help")
    assert 'throughline compare "Tell me a joke about the sea" --tool tell_joke' in done.stdout
    assert "Exit codes: 0 bridged equals local" in done.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    done = run("compar")
    assert done.returncode == 2
    assert "No such command 'compar'" in done.stderr
