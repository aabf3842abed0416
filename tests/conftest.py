"""What every test stands on: asyncio, no settings of this machine, and nothing left running at the end.

Knows no part of the product; fixtures for one part live beside its tests.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp.client.stdio import DEFAULT_INHERITED_ENV_VARS

# LangSmith would trace runs of the tests to wherever this machine is logged in.
os.environ["LANGSMITH_TRACING"] = "false"
# mcp's stdio client hands a server a short list of variables; without coverage's own, servers go unmeasured.
DEFAULT_INHERITED_ENV_VARS.append("COVERAGE_PROCESS_CONFIG")

SETTINGS = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL", "THROUGHLINE_MODEL_KIND")
GRACE_S = 5.0
PR_SET_CHILD_SUBREAPER = 36  # prctl(2): orphans of our descendants become our children, and so are seen


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """LangGraph runs on asyncio alone."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away a developer's own model, so that no test ever asks it."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


def living_children() -> dict[int, str]:
    """Child processes that still run, by number, with their command line (Linux; elsewhere none are seen)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
            command = stat.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(parent) == os.getpid() and state != "Z":
            found[int(stat.parent.name)] = command.strip()
    return found


def living_threads() -> set[threading.Thread]:
    """Threads that would keep us alive (daemon threads of libraries end with the interpreter)."""
    return {thread for thread in threading.enumerate() if not thread.daemon}


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Fail the session if a child process or a thread survives it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    children, threads = living_children().keys(), living_threads()
    yield
    tick = threading.Event()
    for _ in range(int(GRACE_S / 0.1)):
        left = {number: line for number, line in living_children().items() if number not in children}
        stray = living_threads() - threads
        if not left and not stray:
            return
        tick.wait(0.1)
    pytest.fail(f"left running after the tests: processes {left}, threads {stray}", pytrace=False)
