"""Clients that are killed in mid-stream: nobody goes on working for them, and others are served."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream
from mcp.client.stdio import get_default_environment

from tests.faults.host import ROOT, gone
from tests.faults.streams import ToolStream
from tests.faults.web import Served
from throughline.client import open_session
from throughline.model import OpenModel

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells of the end of any process"),
]

MUST_END_S = 60


@asynccontextmanager
async def streaming_client(model: OpenModel, where: str) -> AsyncIterator[tuple[Process, int]]:
    """A client in mid-stream, and the number of its server's process."""
    env = {**get_default_environment(), **model.settings.to_env()}
    command = [sys.executable, "-m", "tests.faults.client", where]
    async with await anyio.open_process(command, env=env, cwd=ROOT, stderr=None) as process:
        assert process.stdout is not None
        said = ""
        async for text in TextReceiveStream(process.stdout):
            said += text
            if "streaming\n" in said:
                break
        try:
            yield process, int(said.split()[0])
        finally:
            if process.returncode is None:
                process.kill()


async def test_the_server_of_a_killed_client_ends_and_the_providers_stream_with_it(model: OpenModel) -> None:
    with anyio.fail_after(MUST_END_S):
        stream = ToolStream(model)
        async with streaming_client(model, "stdio") as (client, server):
            stream.left()
            client.kill()
            await stream.assert_closed()
            await gone(server)


async def test_a_server_over_http_stops_the_tools_of_a_killed_client_and_serves_the_next(
    model: OpenModel, web: Served
) -> None:
    with anyio.fail_after(MUST_END_S):
        stream = ToolStream(model)
        async with streaming_client(model, web.url) as (client, server):
            stream.left()
            client.kill()
            await stream.assert_closed()
        assert server == web.pid
        async with open_session(web.url, strict=True) as remote:
            tools = {tool.name: tool for tool in await remote.load_tools()}
            assert await tools["short"].ainvoke({"text": "next"}) == "next once more"
            assert await tools["pid"].ainvoke({}) == str(web.pid)
