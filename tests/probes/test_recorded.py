"""Recordings hold all that findings are made of: probes, transports, and what was over at the end."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from client_demo.causes import find
from client_demo.evidence.data import Evidence
from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.recording.record import read_evidence, recording
from throughline.model import open_model

pytestmark = pytest.mark.anyio

PLAN = Plan(
    "What items are in the bedroom?",
    "list_items",
    ("local", "held", "bridged"),
    ("ainvoke", "astream:messages"),
    timeout_s=60,
    quirks=("json_response", "sync"),
    probes=("ping", "parallel", "slow reader"),
    transport="http",
)


async def recorded(path: Path) -> Evidence:
    async with open_model("scripted?pace_ms=2", env={}) as model:
        with recording(path, PLAN, model.settings) as recorder, collecting(recorder) as collector:
            await compare(PLAN, model, watchers=[collector], tapping=collector.tapped)
            return collector.evidence(PLAN, model.settings)


async def test_the_same_is_found_in_a_recording_and_the_part_that_was_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    with anyio.fail_after(120):
        told = await recorded(path)
    again = read_evidence(path)
    assert [(one.number, one.probe, one.notes) for one in again.runs] == [
        (one.number, one.probe, one.notes) for one in told.runs
    ]
    assert find(again) == find(told)
    assert {"JSON_RESPONSE_MODE", "SYNC_TOOL_BLOCKS"} <= {one.code for one in find(again)}

    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    ends = [n for n, line in enumerate(lines) if line.startswith('{"line": "end"')]
    path.write_text("".join(lines[: ends[4] + 2]) + lines[ends[4] + 2][:40], encoding="utf-8")
    saved = read_evidence(path)
    assert 0 < len(saved.runs) < len(again.runs)
    assert [one.number for one in saved.runs] == [one.number for one in again.runs][: len(saved.runs)]
    find(saved)
