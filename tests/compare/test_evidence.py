"""Evidence of a live comparison: of every run, from both sides of the wire, and as its recording tells it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from client_demo.causes import find
from client_demo.causes.reading import said
from client_demo.evidence.data import Evidence, RunEvidence
from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.recording.record import read_evidence, read_recording, recording
from client_demo.servers.target import Target
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

PLACES = ("local", "adapters", "held", "bridged")
PLAN = Plan("What items are in the bedroom?", "ask", PLACES, ("ainvoke", "astream:messages"), timeout_s=60)


@dataclass(frozen=True, slots=True)
class Told:
    """The evidence as it was taken, and as its recording tells it."""

    live: Evidence
    path: Path

    def run(self, placement: str, path: str) -> RunEvidence:
        cells = {(one.run.cell.placement, one.run.cell.path): one for one in self.live.runs}
        return cells[placement, path]


async def observed(plan: Plan, model: OpenModel, path: Path) -> Told:
    with (
        anyio.fail_after(110),
        recording(path, plan, model.settings) as recorder,
        collecting(recorder) as collector,
    ):
        await compare(plan, model, watchers=[collector], tapping=collector.tapped)
        return Told(collector.evidence(plan, model.settings), path)


@pytest.fixture(scope="module")
async def told(scripted: OpenModel, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return await observed(PLAN, scripted, tmp_path_factory.mktemp("evidence") / "runs.jsonl")


def methods(run: RunEvidence) -> list[str]:
    return [str(one.body.get("method", "answer")) for one in run.messages]


def test_runs_that_warm_up_are_left_out(told: Told) -> None:
    assert len(told.live.runs) == 8
    assert all(one.run.cell.repeat == 1 for one in told.live.runs)


@pytest.mark.parametrize("placement", PLACES)
def test_the_tools_words_are_seen_asked_for_and_come_to(told: Told, placement: str) -> None:
    run = told.run(placement, "astream:messages")
    (asked,) = [one for one in run.requests if one.who == "tool"]
    (result,) = run.results
    assert asked.streamed
    assert result.text == said(asked).text != ""
    assert len(asked.chunk_s) == asked.tokens
    assert 0 < asked.started_s <= asked.chunk_s[0] <= asked.chunk_s[-1] <= (asked.ended_s or 0)
    seen = "".join(one.text for one in run.sights if one.who == "tool")
    assert seen == (result.text if placement in ("local", "bridged") else "")


def test_the_agents_call_is_put_together_from_its_pieces(told: Told) -> None:
    whole, streamed = (told.run("local", path).requests[0] for path in PLAN.paths)
    assert (whole.streamed, streamed.streamed) == (False, True)
    assert said(whole) == said(streamed)
    assert said(whole).calls == (("ask", '{"prompt": "What items are in the bedroom?"}'),)
    assert whole.answer.keys() == streamed.answer.keys() >= {"id", "model", "usage", "finish_reason"}


def test_each_placement_shows_its_messages(told: Told) -> None:
    assert methods(told.run("local", "ainvoke")) == []
    adapters, held, bridged = (methods(told.run(name, "astream:messages")) for name in PLACES[1:])
    assert adapters[0] == "initialize"
    assert "initialize" not in held + bridged
    assert "notifications/progress" not in adapters
    assert "notifications/progress" in bridged
    for run in (adapters, held, bridged):
        assert run.count("tools/call") == 1


def test_a_recording_tells_the_same_evidence(told: Told) -> None:
    again = read_evidence(told.path)
    assert len(again.runs) == len(told.live.runs)
    for live, read in zip(told.live.runs, again.runs, strict=True):
        assert read.sights == live.sights
        assert read.requests == live.requests
        assert read.messages == live.messages
        assert read.results == live.results
        assert read.run.events == live.run.events
    assert find(again) == find(told.live)


def test_only_what_a_plain_placement_loses_is_found(told: Told) -> None:
    found = {one.code: one for one in find(told.live) if one.severity != "note"}
    assert found.keys() == {"TOKENS_STOP_AT_BOUNDARY", "NO_PROGRESS_REQUESTED", "SESSION_PER_CALL"}
    assert not {"local", "bridged"} & {name for one in found.values() for name in one.placements}


DYING = """
import os
from mcp.server.fastmcp import FastMCP
server = FastMCP("dying")
@server.tool()
async def ask(prompt: str) -> str:
    os._exit(3)
server.run()
"""


async def test_a_server_that_dies_is_named_as_the_user_named_it(scripted: OpenModel, tmp_path: Path) -> None:
    server = Target("dying", command=(sys.executable, "-c", DYING))
    plan = Plan(PLAN.prompt, "ask", ("bridged",), ("ainvoke",), timeout_s=60, server=server)
    told = await observed(plan, scripted, tmp_path / "runs.jsonl")
    (run,) = told.live.runs
    assert run.run.status == "error"
    assert methods(run)[-1] == "tools/call"
    assert run.run.error is not None
    assert "--log" not in run.run.error


QUIRKS: Mapping[str, str] = {"stateful": "STATEFUL_TOOL", "late": "LATE_PROGRESS", "lossy": "LOST_FRAMES"}


async def test_repeats_warm_up_and_quirks_are_found(scripted: OpenModel, tmp_path: Path) -> None:
    plan = Plan(
        PLAN.prompt,
        "ask",
        ("local", "bridged"),
        ("astream:messages",),
        repeat=2,
        timeout_s=60,
        quirks=tuple(QUIRKS),
    )
    told = await observed(plan, scripted, tmp_path / "runs.jsonl")
    begun = [line for line in read_recording(told.path) if line.get("line") == "begin"]
    assert [(one["placement"], one["warmup"]) for one in begun] == [
        ("local", True),
        ("bridged", True),
        *((name, False) for name in ("local", "bridged", "bridged", "local")),
    ]
    assert {one.code for one in find(told.live)} >= set(QUIRKS.values())
