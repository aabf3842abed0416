"""What people see: the table, the live view, the picture, and plain lines where nobody draws."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Cell, Run, Tap
from client_demo.report import cells
from client_demo.report.aside import set_aside
from client_demo.report.live import Lines, View
from client_demo.report.svg import svg
from client_demo.report.terminal import show
from tests.compare.made import WHOLE, failed, run, silent
from tests.compare.streams import token
from tests.report.made import story
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

NOISE = "import sys; print('noise', file=sys.stderr)"
PATHS = ("invoke", "ainvoke", "astream:messages")
PLAN = Plan("What items are in the bedroom?", "list_items", ("local", "adapters", "bridged"), PATHS)
UNSUPPORTED = replace(silent("local", "invoke"), status="unsupported", error="It cannot.", answer=None)
RUNS = (
    *(replace(UNSUPPORTED, cell=Cell(placement, "invoke")) for placement in PLAN.placements),
    *(silent(placement, "ainvoke") for placement in PLAN.placements),
    *(run(), silent("adapters"), run("bridged")),
)


def console_to(file: io.StringIO, *, terminal: bool) -> Console:
    return Console(
        file=file, force_terminal=terminal, width=100, color_system="standard" if terminal else None
    )


def shown(*, terminal: bool) -> str:
    file = io.StringIO()
    show(console_to(file, terminal=terminal), story(PLAN, RUNS))
    return file.getvalue()


def test_the_verdict_stands_above_the_table_and_fits_a_hundred_columns() -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown(terminal=True)).splitlines()
    assert lines[0] == "What items are in the bedroom?"
    assert lines[1] == "list_items with smollm2-135m-instruct (embedded), 3 paths"
    told = next(n for n, line in enumerate(lines) if "sees what local sees" in line)
    table = next(n for n, line in enumerate(lines) if line.startswith("astream:messages"))
    assert told < table
    assert max(map(len, lines)) <= 100


def test_without_a_terminal_there_are_plain_lines_and_no_escapes() -> None:
    told = shown(terminal=False)
    assert "\x1b" not in told
    assert not re.search(r"[\u2500-\u257f]", told)
    (row,) = [line for line in told.splitlines() if line.startswith("astream:messages") and "bridged" in line]
    assert re.split(r"  +", row)[:3] == ["astream:messages", "bridged", "0.10"]
    assert row.endswith("= 2 of 2")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (run(), "2 tokens"),
        (silent("local"), "no tokens"),
        (UNSUPPORTED, "n/a"),
        (failed("local"), "failed"),
    ],
)
def test_a_run_of_local_is_told_by_its_tokens(made: Run, words: str) -> None:
    assert cells.outcome(made, made).text == words


@pytest.mark.parametrize(
    ("made", "local", "words"),
    [
        (run("bridged"), run(), "= 2 of 2"),
        (silent("bridged"), silent("local"), "= equal"),
        (silent("bridged", provider=run().provider), silent("local"), "= asked stream"),
        (silent("adapters"), run(), "! 0 of 2"),
        (silent("adapters", events=()), silent("local"), "! differs"),
        (run("bridged", words=("x", "y", "z")), run(), "~ 3 of 3"),
        (run("bridged"), None, "2 tokens"),
    ],
)
def test_a_run_is_held_against_local_in_a_few_characters(made: Run, local: Run | None, words: str) -> None:
    assert cells.outcome(made, local).text == words


def test_what_was_asked_of_the_provider_is_told_for_each_side() -> None:
    assert [cells.asked(WHOLE, who).text for who in ("agent", "tool", "nobody")] == ["stream", "whole", "-"]


async def test_the_live_view_shows_a_run_while_it_goes_and_leaves_nothing_behind(scripted: OpenModel) -> None:
    file = io.StringIO()
    tap = Tap()
    with View(console_to(file, terminal=True), PLAN, scripted) as view:
        view.begins(Cell("local", "astream:messages"), tap)
        tap.take(token("A bed."))
        view.saw(Cell("local", "astream:messages"), tap.seen[0])
        view.refresh()
        assert "> 1 tokens" in file.getvalue()
        assert "A bed." in file.getvalue()
        view.ended(run(), ())
        view.refresh()
        assert "2 tokens" in file.getvalue()
    assert file.getvalue().endswith("\x1b[1A\x1b[2K")


def test_lines_tell_each_run_when_it_is_over() -> None:
    file = io.StringIO()
    lines = Lines(console_to(file, terminal=False), PLAN)
    for made in (run(), run("bridged")):
        lines.begins(made.cell, Tap())
        lines.ended(made, ())
    assert [line.split() for line in file.getvalue().splitlines()] == [
        ["1/9", "astream:messages", "local", "1.00", "s", "2", "tokens"],
        ["2/9", "astream:messages", "bridged", "1.00", "s", "=", "2", "of", "2"],
    ]


def test_the_picture_is_an_svg_that_loads_nothing_from_elsewhere() -> None:
    drawn = svg(story(PLAN, RUNS))
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert "url(http" not in drawn
    assert "@font-face" not in drawn
    text = "".join(root.itertext()).replace("\xa0", " ")
    assert "sees what local sees" in text
    assert "= 2 of 2" in text


def test_what_servers_write_is_kept_out_of_a_drawing_and_told_where_it_may_say_why(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with set_aside() as stream:
        subprocess.run([sys.executable, "-c", NOISE], check=True)
        stream.write("drawn\n")
    assert capfd.readouterr().err == "drawn\n"
    with pytest.raises(subprocess.CalledProcessError), set_aside():
        subprocess.run([sys.executable, "-c", f"{NOISE}; sys.exit(3)"], check=True)
    assert capfd.readouterr().err == "noise\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_that_is_shown_acts_on_the_terminal(*, terminal: bool) -> None:
    hostile = "a\x1b]0;title\x07b\x9b31m\u202ec\ud800d"
    broken = silent("bridged", status="error", error=hostile, answer=None)
    show(
        console_to(file := io.StringIO(), terminal=terminal),
        story(replace(PLAN, prompt=hostile), (run(), broken)),
    )
    told = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())
    assert "a]0;titleb31mcd" in told.replace("\ufffd", "")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", told)
