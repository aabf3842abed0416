"""A page from a real comparison: by the command that made it, and again from the recording alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from client_demo.report.story import read_story
from tests.html.conftest import Opener

COMPARE = ["compare", "--model", "scripted?pace_ms=0", "--placements", "local,bridged", "--repeat", "2"]
PATHS = ["--paths", "ainvoke,astream:messages"]


def throughline(*arguments: str) -> None:
    command = [sys.executable, "-m", "client_demo", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    files = ["--record", str(folder / "runs.jsonl"), "--html", str(folder / "page.html")]
    throughline(*COMPARE, *PATHS, *files)
    return folder


def test_the_same_page_comes_from_the_recording_alone(recorded: Path) -> None:
    again = recorded / "again.html"
    throughline("report", str(recorded / "runs.jsonl"), "--html", str(again))
    assert again.read_bytes() == (recorded / "page.html").read_bytes()


def test_a_real_recording_opens_and_shows_its_messages(recorded: Path, opened: Opener) -> None:
    one = opened(read_story(recorded / "runs.jsonl"), at="#run-4-message-1")
    expect(one.page.locator(".headline")).to_have_text("bridged sees what local sees.")
    expect(one.page.locator("#pinned")).to_contain_text("message 1: tools/call")
    expect(one.page.locator("#pinned")).to_contain_text("list_items")
    assert one.lanes("shown") > 100
    assert one.clean
