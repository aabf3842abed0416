"""Run a page in a process of its own and say where it printed something else than it says.

Knows the environment that a page gets, and time limits.
"""

from __future__ import annotations

import difflib
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.docs.page import clean, fits, read_steps

ROOT = Path(__file__).parent.parent.parent
HANDBOOK = ROOT / "docs" / "handbook"
PAGES = sorted(HANDBOOK.glob("*.md"))
LIMIT_S = 240
SHOWN_LINES = 20
SETTINGS = ("OPENAI_", "THROUGHLINE_", "LANGSMITH_", "LANGCHAIN_", "PYTEST_")


class PageFailed(Exception):
    """A page could not be run to its end."""


@dataclass(frozen=True, slots=True)
class Played:
    """What each step of a page printed, and what went to standard error meanwhile."""

    outputs: list[str]
    errors: str


def run(page: Path) -> Played:
    """Run the page. Raises: PageFailed."""
    with tempfile.TemporaryDirectory(prefix="handbook-") as scratch:
        outputs = Path(scratch, ".outputs.json")
        command = [sys.executable, "-m", "tests.docs.play", str(page.resolve()), str(outputs)]
        with subprocess.Popen(
            command,
            cwd=scratch,
            env=_environment(scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            said = _wait(process, page)
        if process.returncode:
            raise PageFailed(f"{page.name} cannot be run to its end:\n{said}")
        return Played([str(one) for one in json.loads(outputs.read_text(encoding="utf-8"))], said)


def _wait(process: subprocess.Popen[bytes], page: Path) -> str:
    try:
        return process.communicate(timeout=LIMIT_S)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[0].decode(errors="replace")
        raise PageFailed(f"{page.name} did not end within {LIMIT_S} s:\n{said}") from None


def _environment(scratch: str) -> dict[str, str]:
    """Nothing of this machine's settings; our commands first on PATH, our examples among the modules."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    places = (scratch, str(HANDBOOK / "code"), str(ROOT))
    return {
        **kept,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", ""))),
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONIOENCODING": "utf-8",
        "LANGSMITH_TRACING": "false",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        "TERM": "dumb",
    }


def changes(page: Path, played: Played) -> list[str]:
    """Where what was printed is not what stands on the page: a diff each, then what standard error said."""
    found = []
    for step, output in zip(read_steps(page.read_text(encoding="utf-8")), played.outputs, strict=True):
        if not fits(step.expected, output):
            said, printed = (clean(text).splitlines() for text in (step.expected, output))
            diff = difflib.unified_diff(said, printed, "on the page", "printed", lineterm="", n=2)
            found.append("\n".join((f"{page.name}, line {step.line + 1}:", *diff)))
    if found and played.errors:
        found.append("\n".join(("Standard error, its end:", *played.errors.splitlines()[-SHOWN_LINES:])))
    return found
