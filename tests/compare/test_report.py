"""What people see: the table, the live view, the picture, and plain lines where nobody draws."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Cell, Run, Tap
from client_demo.paths import PATHS as PATHS_OF_ALL
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


def console_to(file: io.StringIO, *, terminal: bool, width: int = 100) -> Console:
    return Console(
        file=file, force_terminal=terminal, width=width, color_system="standard" if terminal else None
    )


def shown(*, terminal: bool, plan: Plan = PLAN, runs: Sequence[Run] = RUNS, width: int = 100) -> str:
    file = io.StringIO()
    show(console_to(file, terminal=terminal, width=width), story(plan, runs))
    return re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()) if terminal else file.getvalue()


def test_the_verdict_stands_above_the_table_and_fits_a_hundred_columns() -> None:
    lines = shown(terminal=True).splitlines()
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
    assert re.split(r"  +", row)[:4] == ["astream:messages", "bridged", "9", "0.10"]
    assert row.endswith("= 2 of 2")


def test_plain_lines_hold_the_paths_by_placement_before_every_run() -> None:
    told = shown(terminal=False)
    head = re.search(r"^path +local +adapters +bridged$", told, re.MULTILINE)
    assert head is not None
    assert re.search(r"^astream:messages +2 tokens +! 0 of 2 +(= 2 of 2)$", told, re.MULTILINE)
    assert told.index("sees what local sees") < head.start() < told.index("\npath              placement")


ALL = tuple(path.name for path in PATHS_OF_ALL)
EVERYWHERE = ("local", "adapters", "held", "bridged")


@pytest.mark.parametrize("width", [39, 40, 69, 80, 100])
def test_every_placement_of_every_path_is_shown_whole_however_narrow_the_terminal_is(width: int) -> None:
    runs = [run(place, path) for path in ALL for place in EVERYWHERE]
    lines = shown(
        terminal=True, plan=replace(PLAN, placements=EVERYWHERE, paths=ALL), runs=runs, width=width
    ).splitlines()
    assert max(map(len, lines)) <= width
    assert "\u2026" not in "".join(lines)
    start = next(n for n, line in enumerate(lines) if line.startswith(ALL[0]))
    end = next(n for n, line in enumerate(lines) if line.startswith("Numbers: "))
    matrix = " ".join(" ".join(lines[start:end]).split())
    assert matrix.count("= 2 of 2") == 3 * len(ALL)
    assert matrix.count("2 tokens") == len(ALL)
    assert all(f" {path} " in f" {matrix} " for path in ALL)
    for number in range(1, len(runs) + 1):
        assert re.search(rf"^  \w+ +{number} .* (yes|same) *$", "\n".join(lines), re.MULTILINE), number


def test_a_long_prompt_leaves_the_verdict_in_sight() -> None:
    plan = replace(PLAN, prompt="\n\n".join(f"{n}. What is here? {'x ' * 60}" for n in range(40)))
    for terminal in (True, False):
        lines = shown(terminal=terminal, plan=plan).splitlines()
        assert lines[0].startswith("0. What is here?")
        assert lines[1].endswith(" ...")
        assert lines[2].startswith("list_items with ")
    drawn = "".join(ElementTree.fromstring(svg(story(plan, RUNS))).itertext()).replace("\xa0", " ")
    assert "1. What" not in drawn


def test_of_repeats_that_do_not_agree_the_gravest_stands_for_all() -> None:
    again = [replace(one, cell=replace(one.cell, repeat=2)) for one in (run(), run("bridged"))]
    plan = replace(PLAN, placements=("local", "bridged"), paths=("astream:messages",), repeat=2)
    for terminal in (True, False):
        told = shown(terminal=terminal, plan=plan, runs=(run(), silent("bridged"), *again))
        assert re.search(r"astream:messages +2 tokens +! 0 of 2, 1 of 2 runs", told)


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
