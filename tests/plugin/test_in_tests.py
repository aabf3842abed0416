"""What a test is told when a comparison cannot be made, or cannot tell what the test holds."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from client_demo.in_tests import Comparison, NotTheSame, NotTold, compare
from client_demo.report.story import Overhead
from throughline.errors import ThroughlineError

PLAIN = """
from mcp.server.fastmcp import FastMCP

server = FastMCP("plain")


@server.tool()
def look(place: str) -> str:
    return f"In the {place} is a bed."


server.run()
"""
BAD = """
def helper():
    return {}["missing"]


def make(model, tools):
    return helper()
"""
FAST: dict[str, Any] = {"model": "scripted?pace_ms=0", "paths": "ainvoke,astream:messages"}


def told(folder: Path, **options: Any) -> Comparison:
    return compare(FAST | options, recording=folder / "runs.jsonl", root=folder, live_env=dict(os.environ))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"agent": int}, r"^agent=int cannot be used \(it is the class int"),
        ({"agent": "nowhere:agent"}, r"^agent=nowhere:agent cannot be used"),
        ({"fail_on": "lossy"}, r"^fail_on= cannot hold 'lossy' against a comparison: did you mean 'loss'\?"),
        ({"fail_on": "overhead"}, r"^fail_on= cannot hold 'overhead' .*: write overhead=10%"),
        ({"quirk": "late", "server": "python s.py"}, r"^quirk= is for .*: leave server= out\.$"),
        ({"given": {"text": "x"}}, r"^given= is what an agent of yours is given: name it with agent=\.$"),
    ],
)
def test_options_are_told_as_a_test_writes_them(tmp_path: Path, options: Any, words: str) -> None:
    with pytest.raises(ThroughlineError, match=words) as caught:
        told(tmp_path, **options)
    assert not (tmp_path / "runs.jsonl").exists()
    assert len(caught.traceback.filter(caught)) == 2  # of this test, and of its helper


def test_a_factory_that_raises_is_told_with_the_line_in_which_it_did(tmp_path: Path) -> None:
    (tmp_path / "bad_agent.py").write_text(BAD)
    words = (
        r"agent=.*bad_agent.py:make fails while its factory runs \(KeyError: 'missing', bad_agent.py:3 in "
    )
    with pytest.raises(ThroughlineError, match=words + r"helper\)"):
        told(tmp_path, agent=f"{tmp_path / 'bad_agent.py'}:make")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A comparison of a plain server, which says nothing of tokens."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "plain_server.py").write_text(PLAIN)
    return told(folder, server="python plain_server.py", tool="look", args={"place": "attic"})


def test_a_loss_that_cannot_be_told_is_a_warning_at_the_line_of_the_test(plain: Comparison) -> None:
    with pytest.warns(NotTold, match="Whether tokens are lost cannot be told") as caught:
        assert plain.check() is plain
    assert [one.filename for one in caught] == [__file__]


def test_nothing_is_said_of_what_is_not_held(plain: Comparison) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain.check("difference,error")


def test_a_condition_that_is_none_shows_no_frame_of_ours(plain: Comparison) -> None:
    with pytest.raises(ThroughlineError, match=r"^fail_on= cannot hold 'lossy'") as caught:
        plain.check("lossy")
    assert len(caught.traceback.filter(caught)) == 1


def test_what_was_not_held_is_told_without_options_of_the_command_line(plain: Comparison) -> None:
    slow = Overhead("ainvoke", "bridged", "local", seconds=1.2, reference_s=1.0, repeats=1)
    made = replace(plain, story=replace(plain.story, overhead=(slow,)))
    with pytest.raises(NotTheSame) as caught:
        made.check("overhead=10%")
    *lines, kept = str(caught.value).splitlines()
    assert "take repeat=3 at least" in "\n".join(lines)
    assert kept.endswith("--html page.html")
