"""Sessions that end in ways of their own: forgotten by the server, or left in the midst of many calls."""

from __future__ import annotations

import sys

import anyio
import pytest

from tests.faults.conftest import faults_server
from tests.faults.web import Served
from throughline.client import RemoteSession, open_session
from throughline.errors import ConnectionLost, ServerUnavailable
from throughline.model import OpenModel
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

MUST_END_S = 60


async def test_a_session_that_the_server_has_forgotten_is_a_lost_one_and_the_next_call_gets_a_new_one(
    web: Served,
) -> None:
    with anyio.fail_after(MUST_END_S):
        async with open_session(web.url, strict=True) as remote:
            tools = {tool.name: tool for tool in await remote.load_tools()}
            assert await tools["forget"].ainvoke({}) == "who?"
            with pytest.raises(ConnectionLost):
                await tools["echo"].ainvoke({"text": "anybody?"})
            assert await tools["echo"].ainvoke({"text": "hello again"}) == "hello again"


DYING = """
import asyncio, socket, uvicorn
from mcp.server.fastmcp import Context, FastMCP
server = FastMCP("dying")
@server.tool()
async def die(ctx: Context) -> str:
    await ctx.report_progress(1, None, "farewell")
    print("called", flush=True)
    await asyncio.Event().wait()
with socket.create_server(("127.0.0.1", 0)) as listening:
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_level="critical")
    uvicorn.Server(config).run(sockets=[listening])
"""


async def test_a_server_over_http_that_dies_in_a_call_is_a_lost_one_at_once_and_then_unavailable() -> None:
    with anyio.fail_after(MUST_END_S):
        async with await anyio.open_process([sys.executable, "-c", DYING]) as process:
            assert process.stdout is not None
            url = (await process.stdout.receive()).decode().strip()
            async with open_session(url) as remote:
                [tool] = await remote.load_tools()

                async def kill() -> None:
                    assert process.stdout is not None
                    await process.stdout.receive()
                    process.kill()

                async with anyio.create_task_group() as killing:
                    killing.start_soon(kill)
                    with pytest.raises(ConnectionLost):
                        await tool.ainvoke({})
                with pytest.raises(
                    (ConnectionLost, ServerUnavailable)
                ):  # found out by the request, or before
                    await tool.ainvoke({})
                with pytest.raises(ServerUnavailable):
                    await tool.ainvoke({})


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_leaving_a_session_in_the_midst_of_many_calls_says_nothing_and_stops_them_all(
    web: Served, model: OpenModel, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def call(remote: RemoteSession) -> None:
        async with remote.call("endless", {"text": "never"}, StreamRequest(streaming=True)) as under_way:
            with pytest.raises(ConnectionLost):
                _ = [event async for event in under_way.events()]

    before = len(model.endpoint.requests)
    with anyio.fail_after(MUST_END_S):
        server = web.url if transport == "http" else faults_server(model)
        async with anyio.create_task_group() as callers, open_session(server) as remote:
            for _ in range(20):
                callers.start_soon(call, remote)
            await model.endpoint.wait_for(
                lambda records: sum(record.tokens > 3 for record in records[before:]) == 20
            )
        await model.endpoint.wait_for(lambda records: all(record.reader_left for record in records[before:]))
    assert caplog.records == []
