"""Every way of leaving a call closes the stream at its provider, and the session goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import anyio
import pytest

from tests.faults.conftest import Bridged
from tests.faults.host import OPT_IN
from tests.faults.streams import FEW, ToolStream
from tests.faults.web import Served, web_client
from tests.law import graphs
from throughline.model import OpenModel
from throughline.model.chat import chat_model
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

MUST_END_S = 60
Run = Callable[[], Coroutine[Any, Any, Any]]
Leave = Callable[[Run, ToolStream], Awaitable[None]]


async def by_wait_for(run: Run, stream: ToolStream) -> None:
    for limit_s in (0.25, 1, 4, 16):  # until it is long enough for the tool to begin
        stream.expect()
        with suppress(TimeoutError):
            await asyncio.wait_for(run(), limit_s)
        stream.left()
        if stream.tokens():
            return
    pytest.fail("the tool never began")


async def by_timeout(run: Run, stream: ToolStream) -> None:
    async def run_out(limit: asyncio.Timeout) -> None:
        await stream.begun()
        stream.left()
        limit.reschedule(asyncio.get_running_loop().time())

    async with asyncio.TaskGroup() as tasks:
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                tasks.create_task(run_out(limit))
                await run()


async def by_task_cancel(run: Run, stream: ToolStream) -> None:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(run())
        await stream.begun()
        stream.left()
        task.cancel()


async def by_a_failure_beside_it(run: Run, stream: ToolStream) -> None:
    with suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run())
            await stream.begun()
            stream.left()
            raise ValueError


async def by_scope(run: Run, stream: ToolStream) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await stream.begun()
        stream.left()
        tasks.cancel_scope.cancel()


LEAVES = [by_wait_for, by_timeout, by_task_cancel, by_a_failure_beside_it, by_scope]


@pytest.mark.parametrize("leave", LEAVES)
async def test_leaving_the_ainvoke_of_an_agent_closes_the_providers_stream_and_keeps_the_session(
    bridged: Bridged, leave: Leave
) -> None:
    agent = graphs.agent(bridged.tools, chat_model(bridged.model.settings, who="agent"))
    inputs = {"messages": [("user", '[[call:endless {"text": "never"}]]')]}

    async def run() -> None:
        await agent.ainvoke(inputs, {"configurable": {"thread_id": "left"}})

    await assert_left(bridged, leave, run)


@pytest.mark.parametrize("leave", LEAVES)
async def test_leaving_the_ainvoke_of_a_tool_closes_the_providers_stream_and_keeps_the_session(
    bridged: Bridged, leave: Leave
) -> None:
    async def run() -> None:
        await bridged.tools["endless"].ainvoke({"text": "never"})

    await assert_left(bridged, leave, run)


async def assert_left(bridged: Bridged, leave: Leave, run: Run) -> None:
    with anyio.fail_after(MUST_END_S):
        server = await bridged.tools["pid"].ainvoke({})
        stream = ToolStream(bridged.model)
        await leave(run, stream)
        await stream.assert_closed()
        await bridged.assert_well()
        assert await bridged.tools["pid"].ainvoke({}) == server


async def test_a_call_that_is_left_at_once_runs_to_no_end(bridged: Bridged) -> None:
    with anyio.fail_after(MUST_END_S):
        before = len(bridged.model.endpoint.requests)
        for _ in range(20):
            async with bridged.remote.call("endless", {"text": "never"}, StreamRequest(streaming=True)):
                pass
        await bridged.assert_well()
        records = await bridged.model.endpoint.wait_for(
            lambda records: all(record.ended_s is not None for record in records[before:])
        )
        assert all(record.tokens < FEW for record in records[before:])


async def test_a_client_that_closes_its_connection_closes_the_providers_stream(
    web: Served, model: OpenModel
) -> None:
    with anyio.fail_after(MUST_END_S):
        async with web_client(web.url) as client:
            stream = ToolStream(model)
            meta = {"progressToken": "left", "throughline/stream": OPT_IN}
            async with client.calling("endless", meta, text="never") as messages:
                assert "method" in await anext(messages)
                await stream.begun()
                stream.left()
            await stream.assert_closed()
            async with client.calling("short", meta, text="still") as messages:
                *_, answer = [message async for message in messages]
            assert answer["result"]["content"][0]["text"] == "still once more"
