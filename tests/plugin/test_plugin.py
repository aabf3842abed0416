"""The pytest plugin as a project that uses it meets it: a real pytest, an agent and a server of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from client_demo.evidence.reread import read_recording

SAMPLE = Path(__file__).parent / "sample"
HEAVY = ("anyio", "click", "langchain_core", "langgraph", "mcp", "openai", "rich")
LOADING = f"import sys, client_demo.pytest_plugin; print([n for n in {HEAVY} if n in sys.modules])"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "sample", ignore=shutil.ignore_patterns("__pycache__")))


def run(project: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--basetemp", "kept", *arguments],
        cwd=project,
        env={**clean, **env},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_test_of_three_lines_holds_an_agent_to_being_the_same_on_every_path(project: Path) -> None:
    done = run(project, "-q")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_it_fails_with_a_readable_reason_when_the_server_is_at_fault(project: Path) -> None:
    done = run(project, "-k", "on_every_path", "--show-capture=no", SAMPLE_SWITCH="--counting")
    assert done.returncode == 1
    told = [line.removeprefix("E").strip() for line in done.stdout.splitlines() if line.startswith("E  ")]
    assert told[0].endswith("make_agent is not the same wherever it was run.")
    assert "difference: Equal calls of tools had different results." in told
    assert any(line.startswith("STATEFUL_TOOL (warning, certain) ") for line in told)
    assert "remedy: keep state out of the tool, or start it afresh for each run." in told
    kept = re.search(r"throughline report (\S+) --html", told[-1])
    assert kept is not None
    assert len([line for line in read_recording(Path(kept[1])) if line.get("line") == "end"]) > 10
    assert ">       throughline.compare(make_agent).check()" in re.sub(r"> +", ">       ", done.stdout)


BAD = """
import pytest

@pytest.mark.parametrize("options", [
    {"server": "python -c 'raise SystemExit(3)'"}, {"path": "ainvoke"}, {"paths": "ainvok"}, {"repeat": 0},
])
def test_it(throughline, options):
    throughline.compare("sample_agent:make_agent", model="scripted", **options)
"""


def test_what_cannot_be_compared_is_told_in_a_sentence(project: Path) -> None:
    (project / "test_agent.py").write_text(BAD)
    done = run(project, "--show-capture=no")
    assert "4 failed" in done.stdout
    for words in (
        "(before it answered, it ended with exit code 3): run its command by hand",
        "There is no option of compare named 'path': did you mean 'paths'?",
        "There is no path named 'ainvok': did you mean 'ainvoke'?",
        "A comparison takes runs, and time for them",
    ):
        assert words in done.stdout
    assert "start_blocking_portal" not in done.stdout


def test_the_plugin_costs_those_who_do_not_use_it_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
