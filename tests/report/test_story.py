"""Stories: the same from a recording as from what was seen, whoever recorded it, and whenever."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from client_demo.errors import LineBroken
from client_demo.evidence.data import RunEvidence
from client_demo.evidence.witness import SightReader
from client_demo.experiment.compare import Plan, compare
from client_demo.experiment.runs import Cell
from client_demo.paths import Seen
from client_demo.recording.collect import collecting
from client_demo.recording.record import LateRecorder, Recorder, recording
from client_demo.report.header import Header, about, header_of, line_of, read_header
from client_demo.report.story import UNASKED, read_story, story_of, tell
from client_demo.report.verdict import verdict
from client_demo.servers.target import Target
from tests.compare.made import run
from tests.report.made import AT, MODEL, header, story
from throughline import __version__
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

PLAN = Plan(
    "What items are in the bedroom?", "list_items", ("local", "bridged"), ("ainvoke", "astream:custom")
)
LOGGING = """
import logging
from client_demo.recording.collect import collecting
with collecting():
    for name in ("mcp.client.stdio", "throughline.client", "mcpx", "somebody.else"):
        logging.getLogger(name).warning("%s warns", name)
"""


async def test_a_verdict_is_the_same_read_back_as_it_was_live(scripted: OpenModel, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    with recording(path, PLAN, scripted.settings) as recorder, collecting(recorder) as collector:
        runs = await compare(PLAN, scripted, watchers=[collector], tapping=collector.tapped)
    told = read_story(path)
    assert [one.tone for one in told.verdict] == [
        one.tone for one in verdict(runs, header_of(PLAN, scripted.settings).setting())
    ]
    assert [one.cell for one in told.runs] == [one.cell for one in runs]
    assert told.complete
    then = {"schema": told.header.schema, "at": told.header.at, "throughline": __version__}
    assert told.header == header_of(PLAN, scripted.settings, **then)
    assert {(one.path, one.placement, one.repeats) for one in told.overhead} == {
        ("ainvoke", "bridged", 1),
        ("astream:custom", "bridged", 1),
    }


def written(kind: type[Recorder]) -> list[str]:
    """The lines of a run that was recorded, the header left out."""
    recorder = kind(file := io.StringIO(), PLAN, MODEL)
    reader = SightReader(0)
    recorder.opened(1, Cell("local", "astream:custom"))
    for n in range(3):
        seen = Seen(n, "custom", "custom", {"n": n})
        recorder.sighted(1, seen, reader.read(seen))
    recorder.closed(RunEvidence(1, run(path="astream:custom")))
    return file.getvalue().splitlines()[1:]


def test_what_is_written_later_is_the_same() -> None:
    assert written(LateRecorder) == written(Recorder)
    assert [json.loads(line)["line"] for line in written(Recorder)] == [
        "begin",
        "seen",
        "seen",
        "seen",
        "end",
    ]


SERVER = Target("x", command=("/usr/bin/python", "server.py", "--key=sk-1234567890"), env={"TOKEN": "1"})
PLANS = (
    PLAN,
    replace(PLAN, server=SERVER, unfit={"local": "not here"}, placements=("bridged",), notes=("so it is.",)),
    replace(PLAN, args={"place": "attic", "password": "hush"}, transport="http", quirks=("late",), repeat=3),
)


@pytest.mark.parametrize("plan", PLANS)
def test_a_header_reads_back_as_it_was_written_and_keeps_secrets_out(plan: Plan) -> None:
    told = header_of(plan, MODEL, schema="throughline.recording/1", throughline="0.1.0", at=AT)
    line = json.loads(json.dumps(line_of(told)))
    assert read_header({**line, "of_a_later": 1}) == told
    assert not {"sk-1234567890", "hush", "TOKEN"} & set(json.dumps(line).replace('"', " ").split())
    assert "http://x/v1" not in json.dumps(line)


def test_a_header_says_what_was_compared_in_a_line() -> None:
    assert about(header(PLAN)) == "list_items with smollm2-135m-instruct (embedded), 2 paths"
    assert about(header(PLANS[1])).startswith("list_items of python server.py")
    assert about(header(PLAN, agent="a:make", factory=True, paths=("x",))) == (
        "a:make with list_items with smollm2-135m-instruct (embedded), 1 path"
    )
    assert "called without an agent" in about(header(PLANS[2]))


def test_a_recording_of_an_older_throughline_tells_its_placements_and_paths_by_its_runs() -> None:
    recorder = Recorder(file := io.StringIO(), PLAN, MODEL)
    for n, name in enumerate(PLAN.placements, start=1):
        recorder.opened(n, Cell(name, "ainvoke"))
        recorder.closed(RunEvidence(n, run(name, "ainvoke")))
    first, *lines = map(json.loads, file.getvalue().splitlines())
    old = {name: first[name] for name in ("schema", "prompt", "tool", "model")}
    told = story_of([old, *lines])
    assert isinstance(told.header, Header)
    assert (told.header.placements, told.header.paths) == (("local", "bridged"), ("ainvoke",))
    assert told.complete
    assert not story_of([first, *lines]).complete  # that one knows of another path
    with pytest.raises(LineBroken, match="Line 1 "):
        story_of([{"schema": old["schema"]}])


def test_an_agent_that_asks_elsewhere_is_told_of() -> None:
    silent = replace(run(), provider=())
    told = story(replace(PLAN, placements=("local",), paths=("astream:messages",)), (silent,))
    assert UNASKED not in told.header.notes
    theirs = header(PLAN, agent="a:graph")

    assert UNASKED in tell(theirs, told.evidence).header.notes


def test_what_is_compared_warns_in_the_evidence_and_others_on_stderr() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGGING], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr.splitlines() == ["mcpx warns", "somebody.else warns"]
