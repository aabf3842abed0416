"""Probes over servers as people write them, that have nothing of ours."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from mcp.client.stdio import get_default_environment

from client_demo.servers.target import Target
from tests.probes.probing import blamed, probed

pytestmark = pytest.mark.anyio

PLAIN = (sys.executable, str(Path(__file__).with_name("plain.py")))
HELD = ("held", "bridged")


@asynccontextmanager
async def reached(transport: str) -> AsyncIterator[Target]:
    """The server, to be started or started already."""
    if transport == "stdio":
        yield Target("plain", command=PLAIN)
        return
    async with await anyio.open_process([*PLAIN, "--http"], env=get_default_environment()) as process:
        assert process.stdout is not None
        with anyio.fail_after(30):
            url = (await process.stdout.receive()).decode().strip()
        try:
            yield Target("plain", url=url)
        finally:
            process.terminate()


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_tool_that_blocks_to_its_very_end_is_heard_by_the_ping_that_is_answered_after_it(
    transport: str,
) -> None:
    async with reached(transport) as server:
        evidence = await probed(["ping"], HELD, tool="block", args={"seconds": 0.6}, server=server)
    assert blamed(evidence, "SYNC_TOOL_BLOCKS") == set(HELD)


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_tool_that_takes_as_long_and_lets_others_run_is_not_blamed(transport: str) -> None:
    async with reached(transport) as server:
        evidence = await probed(["ping"], HELD, tool="wait", args={"seconds": 0.6}, server=server)
    assert [one for one in evidence.runs if "ping_s" in one.notes]
    assert blamed(evidence, "SYNC_TOOL_BLOCKS") == set()
