"""Run one page in this process: `python -m tests.docs.play PAGE OUTPUTS`, in the page's scratch directory.

Writes what each step printed to OUTPUTS as JSON; a step that raises ends it with a traceback whose lines are
those of the page. Knows how steps are run; nothing of what they should print.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

from tests.docs.page import Step, read_steps


async def play(steps: list[Step], page: str) -> list[str]:
    """Run the steps in this task, one after another, and return what each printed."""
    module = types.ModuleType("page")
    sys.modules["page"] = module  # where typing looks up what a class of the page is made of
    return [await _step(step, page, module.__dict__) for step in steps]


async def _step(step: Step, page: str, namespace: dict[str, Any]) -> str:
    match step.kind:
        case "file":
            return _file(step)
        case "command":
            return _command(step.source)
        case "python":
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                # The blank lines are there so that a traceback names the lines of the page.
                await execute("\n" * step.line + step.source, page, namespace)
            return printed.getvalue()


async def execute(source: str, page: str, namespace: dict[str, Any]) -> None:
    """Run a block, which may use `await` at its top level, in this task."""
    code = compile(source, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, namespace)
    if code.co_flags & inspect.CO_COROUTINE:
        await result


def _file(step: Step) -> str:
    Path(step.name).write_text(step.source, encoding="utf-8")
    return ""


def _command(command: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
    )
    printed = done.stdout.decode(errors="replace")
    return f"{printed.rstrip()}\n[exit code {done.returncode}]" if done.returncode else printed


if __name__ == "__main__":
    sys.path.insert(0, "")
    path, outputs = sys.argv[1:]
    steps = read_steps(Path(path).read_text(encoding="utf-8"))
    Path(outputs).write_text(json.dumps(asyncio.run(play(steps, path))), encoding="utf-8")
