"""Probes over real servers: each measures what its cause is read from, and health proves nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from client_demo.causes import find
from client_demo.errors import UnknownName
from client_demo.experiment.probes import PROBES, probes_named
from client_demo.placements import held
from client_demo.servers.far import Far
from client_demo.servers.target import Target
from tests.probes.probing import blamed, probed
from throughline.model.settings import ModelSettings

pytestmark = pytest.mark.anyio

LONG = "scripted?pace_ms=5&tokens=150"
TALKER = Path(__file__).with_name("talker.py")


async def test_a_healthy_placement_gives_every_probe_nothing_to_warn_of() -> None:
    evidence = await probed(PROBES, model=LONG)
    assert [one.code for one in find(evidence) if one.severity != "note"] == []
    made = {(one.probe, one.run.cell.placement) for one in evidence.runs if one.probe}
    everywhere = {"cancel", "slow reader", "ping", "parallel"}
    assert made == {(name, place) for name in everywhere for place in ("local", "bridged")}
    left = [one.notes for one in evidence.runs if one.probe == "cancel"]
    assert all(one["reader_left"] for one in left)


async def test_who_leaves_a_server_that_does_not_listen_is_told_what_went_on() -> None:
    evidence = await probed(["cancel"], quirks=["ignores_cancel"], model=LONG)
    assert blamed(evidence, "CANCEL_LEAK") == {"bridged"}


async def test_plain_adapters_on_a_held_session_leave_without_a_word() -> None:
    assert blamed(await probed(["cancel"], ["local", "held"], model=LONG), "CANCEL_LEAK") == {"held"}


async def test_a_slow_reader_holds_up_the_graph_which_is_a_note() -> None:
    found = [one for one in find(await probed(["slow reader"], ["local"])) if "SLOW" in one.code]
    assert [one.severity for one in found] == ["note"]


async def test_a_blocking_tool_is_heard_by_the_ping_wherever_it_runs() -> None:
    evidence = await probed(["ping"], ["local", "held", "bridged"], quirks=["sync"])
    assert blamed(evidence, "SYNC_TOOL_BLOCKS") == {"local", "held", "bridged"}


async def test_calls_at_once_show_what_is_handed_out_as_anothers() -> None:
    evidence = await probed(["parallel"], quirks=["misattributed"])
    assert blamed(evidence, "MISATTRIBUTED") == {"bridged"}


async def test_a_callback_that_raises_is_only_in_the_log() -> None:
    evidence = await probed(["callback"], ["local", "held"], tool="tell_joke")
    assert blamed(evidence, "CALLBACK_SWALLOWED") == {"held"}


async def test_a_tool_that_nobody_but_we_call_is_probed_with_what_it_was_given() -> None:
    args = {"prompt": "[[tokens:150]]"}
    evidence = await probed(["cancel", "parallel"], ["held"], tool="ask", args=args)
    assert blamed(evidence, "CANCEL_LEAK") == {"held"}
    [parallel] = [one.run for one in evidence.runs if one.probe == "parallel"]
    assert [one.args for one in parallel.tool_calls] == [args, args]


async def test_a_server_that_talks_while_its_session_is_closed_spoils_nothing() -> None:
    settings = ModelSettings("http://127.0.0.1:9/v1", "none", "none", "scripted")
    far = Far(settings, Target("talker", command=(sys.executable, str(TALKER))))
    with anyio.fail_after(60):
        async with held(far) as placed:
            assert [tool.name for tool in placed.tools] == ["talk"]


def test_probes_are_asked_for_by_name_and_all_means_every_one() -> None:
    assert probes_named(["ping", "cancel"]) == ("cancel", "ping")
    assert probes_named(["all"]) == PROBES
    with pytest.raises(UnknownName, match="did you mean 'ping'"):
        probes_named(["pin"])
