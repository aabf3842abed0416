"""A host on the official TypeScript SDK, which did not opt in: readable messages, at a pace, none lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import anyio
import pytest
from mcp.client.stdio import get_default_environment

from tests.faults.host import ROOT
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

SDK = "@modelcontextprotocol/sdk@1.32.2"
INSTALL_S = 100
MUST_END_S = 60
CALLS = 50
STEPS = {"name": "steps", "arguments": {"count": 5}, "listen": True}
CHATTERS = {"name": "chatters", "arguments": {"seconds": 1}, "listen": True}
DEAF = {"name": "chatters", "arguments": {"seconds": 0.05}, "listen": False}
MAY_BE_LOST = 0 if sys.platform == "linux" else 2
"""Calls whose last message the SDK loses, because it reads it with the result: elsewhere it is not known what
a host has read, and one that does not run for as long as the server waits loses it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the host says: all that was on the wire in order, and each call's messages, result, and errors."""

    wire: list[dict[str, Any]]
    heard: list[list[dict[str, Any]]]
    results: list[str]
    errors: list[str]

    def on_the_wire(self) -> Iterator[list[dict[str, Any]]]:
        """The progress of each call, as it was there before its answer."""
        before: list[dict[str, Any]] = []
        for message in self.wire:
            if message.get("method") == "notifications/progress":
                before.append(message["params"])
            elif "id" in message:
                yield before
                before = []
        assert before == []


@pytest.fixture(scope="session")
def typescript_sdk() -> Path:
    """A folder outside the repository that has the SDK; installed once, kept for the next time."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("a TypeScript host needs node and npm, and they are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline"
    folder = cache / SDK.replace("/", "-")
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        install(Path(mkdtemp(dir=cache)), folder)
    return folder


def install(beside: Path, folder: Path) -> None:
    command = ["npm", "install", "--prefix", str(beside), "--no-audit", "--no-fund", "--loglevel=error", SDK]
    try:
        subprocess.run(command, cwd=beside, check=True, capture_output=True, timeout=INSTALL_S)
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(beside)
        pytest.skip(f"npm could not install {SDK}: {error}")
    beside.rename(folder)


@pytest.fixture(scope="module")
async def report(typescript_sdk: Path, model: OpenModel) -> Report:
    calls = json.dumps([STEPS] * CALLS + [CHATTERS, DEAF])
    script = str(Path(__file__).with_name("typescript_host.cjs"))
    server = [sys.executable, "-m", "tests.faults.server"]
    env = {**get_default_environment(), **model.settings.to_env()}
    with anyio.fail_after(MUST_END_S):
        done = await anyio.run_process(
            ["node", script, str(typescript_sdk), calls, *server], env=env, cwd=ROOT, stderr=None
        )
    return Report(**json.loads(done.stdout))


async def test_its_messages_are_readable_and_only_grow(report: Report) -> None:
    for heard in report.heard[:CALLS]:
        assert heard[0] == {"progress": 1, "total": 5, "message": "step 1 of 5"}
        assert all(set(told) == {"progress", "total", "message"} for told in heard)
    for told in [*report.heard, *report.on_the_wire()]:
        progress = [each["progress"] for each in told]
        assert progress == sorted(set(progress))


async def test_the_last_message_comes_before_the_result_and_the_host_hears_it(report: Report) -> None:
    told = list(report.on_the_wire())
    assert len(told) == len(report.results) + 1  # the ping at the end
    assert all(each[-1]["message"] == "step 5 of 5" for each in told[:CALLS])
    lost = [len(each) - len(heard) for each, heard in zip(told, report.heard, strict=False)]
    assert sum(map(bool, lost)) == len(report.errors) <= MAY_BE_LOST


async def test_nothing_comes_after_the_result(report: Report) -> None:
    *_, after = report.on_the_wire()
    assert after == []


async def test_it_is_told_four_times_a_second_at_most(report: Report) -> None:
    chatted_s = float(report.results[CALLS])
    told = list(report.on_the_wire())[CALLS]
    assert 2 < len(told) <= 4 * chatted_s + 2  # the first at once, and the last


async def test_a_call_that_asks_for_no_progress_gets_the_result_and_nothing_else(report: Report) -> None:
    assert report.heard[CALLS + 1] == []
    assert list(report.on_the_wire())[CALLS + 1] == []
    assert float(report.results[CALLS + 1]) > 0
