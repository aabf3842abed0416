"""A held session over real pipes: how it begins, who may use it, what a bad peer can do, and how it ends."""

from __future__ import annotations

import gc
import json
import os
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import McpError, StdioServerParameters, types

from throughline.client import Limits, RemoteSession, open_session
from throughline.errors import (
    EXIT_UNREACHABLE,
    ConnectionLost,
    DeadlineExceeded,
    ServerUnavailable,
    WireError,
)
from throughline.events import Event, Tokens
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
MUST_END_S = 30


def peer(*how: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-m", "tests.core.peer", *how], cwd=ROOT)


@asynccontextmanager
async def session(*how: str, **options: Any) -> AsyncIterator[RemoteSession]:
    with anyio.fail_after(MUST_END_S):
        async with open_session(peer(*how), **options) as remote:
            yield remote


async def call(remote: RemoteSession, tool: str, /, **arguments: Any) -> tuple[list[Event], str]:
    """Call a tool to its end: its events, and the text of its result."""
    async with remote.call(tool, arguments, StreamRequest(streaming=True)) as called:
        events = [event async for event in called.events()]
    [block] = called.result().content
    return events, block.text


async def ask(remote: RemoteSession, tool: str, /, **arguments: Any) -> str:
    return (await call(remote, tool, **arguments))[1]


# --- how it begins ---


async def refused(server: StdioServerParameters | str, **options: Any) -> ServerUnavailable:
    with anyio.fail_after(MUST_END_S), pytest.raises(ServerUnavailable) as error:
        async with open_session(server, **options):
            pytest.fail("it was available")
    assert "\n" not in str(error.value)
    assert error.value.remedy
    assert error.value.exit_code == EXIT_UNREACHABLE
    return error.value


async def test_a_server_that_cannot_be_started_is_a_sentence_that_names_it() -> None:
    error = await refused(StdioServerParameters(command="no-such-server", args=["--fast"]))
    assert "The MCP server 'no-such-server --fast' is not available" in str(error)
    assert "No such file" in error.reason


async def test_a_server_in_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    server = peer().model_copy(update={"cwd": tmp_path / "gone"})
    assert "gone" in (await refused(server)).reason


def answers(body: Any) -> tuple[str, ...]:
    return "answers", json.dumps(body)


OLD = {"protocolVersion": "1999-01-01", "capabilities": {}, "serverInfo": {"name": "old", "version": "1"}}
BEGINNINGS: list[tuple[tuple[str, ...], str]] = [
    (("exits",), "it ended before it answered `initialize`"),
    (("silent",), "it did not answer `initialize` in time"),
    (("garbage",), "it did not answer `initialize` in time"),
    (answers({"result": 7}), "it did not answer `initialize` in time"),
    (answers({"result": {}}), "its answer to `initialize` is not MCP"),
    (answers({"error": {"code": -1, "message": "not today"}}), "not today"),
    (answers({"result": OLD}), "1999-01-01"),
]


@pytest.mark.parametrize(("how", "words"), BEGINNINGS, ids=[" ".join(how) for how, _ in BEGINNINGS])
async def test_a_server_that_does_not_begin_well_is_a_sentence(how: tuple[str, ...], words: str) -> None:
    error = await refused(peer(*how), connect_s=0.5 if "in time" in words else 20)
    assert words in error.reason


async def test_an_address_where_nobody_listens_is_a_sentence() -> None:
    error = await refused("http://127.0.0.1:9/mcp")
    assert "The MCP server 'http://127.0.0.1:9/mcp' is not available" in str(error)


async def test_noise_before_and_between_is_read_over() -> None:
    async with session("binary") as remote:
        assert await ask(remote, "frames", count=3) == "done"


# --- who may use it ---


async def test_a_session_that_one_task_opened_serves_many() -> None:
    answers: dict[int, tuple[list[Event], str]] = {}

    async def use(remote: RemoteSession, number: int) -> None:
        answers[number] = await call(remote, "frames", count=number)

    async with session() as remote, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(use, remote, number)
    for number, (events, result) in answers.items():
        assert "".join(
            text for event in events if isinstance(event, Tokens) for text in event.texts
        ) == "".join(f"t{seq} " for seq in range(1, number + 1))
        assert result == "done"


class Precious:
    """What a run keeps in its context."""


run_context: ContextVar[Precious | None] = ContextVar("run_context", default=None)


async def test_nothing_of_a_run_stays_with_the_session() -> None:
    kept: list[weakref.ref[Precious]] = []

    async def run(remote: RemoteSession, *, dies: str) -> None:
        precious = Precious()
        kept.append(weakref.ref(precious))
        run_context.set(precious)
        with suppress(ConnectionLost):
            await ask(remote, "frames", count=2, dies=dies)
        await ask(remote, "frames", count=1)  # connects anew, from within this run, where the server died

    # asyncio keeps a timer that was cancelled, and its context, until it is the next of all
    async with session(limits=Limits(idle_s=5, absolute_s=5)) as remote:
        for dies in ("never", "between"):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(run, remote, dies=dies))
        gc.collect()
        assert [reference() for reference in kept] == [None, None]
        assert await ask(remote, "frames", count=1) == "done"


async def test_what_fails_inside_a_session_is_raised_as_it_is() -> None:
    with pytest.raises(LookupError, match="mine"):
        async with session():
            raise LookupError("mine")


async def test_a_session_can_be_cancelled_from_without() -> None:
    with anyio.CancelScope() as scope:
        async with session() as remote:
            pid = int(await ask(remote, "pid"))
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- what a bad peer can do to it ---


GOOD = '{"jsonrpc": "2.0", "id": ID, "result": {"content": [{"type": "text", "text": "good"}]}}'


def progress(params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})


READ_OVER = [
    "not JSON",
    "",
    "[]",
    "7",
    "null",
    "{}",
    '"text"',
    "\x80\xff",
    "[" * 5_000,
    '{"jsonrpc": "2.0"}',
    '{"jsonrpc": "2.0", "id": 99, "result": {}}',
    '{"jsonrpc": "2.0", "id": [1], "result": {}}',
    '{"jsonrpc": "2.0", "id": {"a": 1}, "result": {}}',
    '{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "Parse error"}}',
    '{"jsonrpc": "2.0", "id": 5, "method": "ping"}',
    '{"jsonrpc": "2.0", "id": 5, "method": "no/such/request"}',
    '{"jsonrpc": "2.0", "method": "no/such/notification"}',
    '{"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}',
    progress(None),
    progress([1]),
    progress("TOKEN"),
    progress({}),
    progress({"progressToken": ["TOKEN"]}),
    progress({"progressToken": "nobody's", "progress": 1}),
    progress({"progressToken": "TOKEN", "progress": 1}),
    progress({"progressToken": "TOKEN"}),
    progress({"progressToken": "TOKEN", "progress": 1, "_meta": None}),
    progress({"progressToken": "TOKEN", "progress": 1, "_meta": 7}),
    progress({"progressToken": "TOKEN", "progress": 1, "_meta": [1]}),
]


async def test_what_is_not_for_a_call_is_read_over() -> None:
    async with session() as remote:
        for line in READ_OVER:
            assert await ask(remote, "write", lines=[line, GOOD]) == "good", line
        assert await ask(remote, "write", lines=[*READ_OVER, GOOD]) == "good"


BAD_RESULTS = [
    '{"jsonrpc": "2.0", "id": ID, "result": 7}',
    '{"jsonrpc": "2.0", "id": ID, "result": {"content": 7}}',
    '{"jsonrpc": "2.0", "id": ID, "result": {"content": [{"type": "song"}]}}',
    '{"jsonrpc": "2.0", "id": ID, "result": null}',
    '{"jsonrpc": "2.0", "id": ID}',
    '{"jsonrpc": "2.0", "id": ID, "error": 7}',
    '{"jsonrpc": "2.0", "id": ID, "error": {"code": "x"}}',
]


async def test_an_answer_that_is_no_result_is_an_error_of_the_call_alone() -> None:
    async with session() as remote:
        for line in BAD_RESULTS:
            with pytest.raises(WireError, match="not a tool result"):
                await ask(remote, "write", lines=[line])
        assert await ask(remote, "frames", count=1) == "done"


async def test_an_error_of_the_protocol_is_told_as_it_is() -> None:
    line = '{"jsonrpc": "2.0", "id": ID, "error": {"code": -32602, "message": "no such tool"}}'
    async with session() as remote:
        with pytest.raises(McpError, match="no such tool"):
            await ask(remote, "write", lines=[line])
        assert await ask(remote, "frames", count=1) == "done"


async def test_a_number_that_comes_back_as_a_text_is_the_same_number() -> None:
    async with session() as remote:
        assert await ask(remote, "write", lines=[GOOD.replace("ID", '"ID"')]) == "good"


async def test_a_very_long_answer_arrives_whole() -> None:
    size = 10_000_000
    async with session() as remote:
        assert json.loads(await ask(remote, "echo", text="x" * size))["arguments"]["text"] == "x" * size


async def test_half_letters_in_arguments_are_mended_on_the_way_out() -> None:
    async with session() as remote:
        answer = json.loads(await ask(remote, "echo", text="a\ud83d", pair="\ud83d\ude42"))
    assert answer["arguments"] == {"text": "a\ufffd", "pair": "🙂"}


async def test_a_server_that_stops_reading_is_given_up_at_the_limit() -> None:
    async with session(limits=Limits(idle_s=0.05)) as remote:
        with pytest.raises(DeadlineExceeded):
            await ask(remote, "deaf")
        with pytest.raises(DeadlineExceeded):
            await ask(remote, "echo", text="x" * 1_000_000)


@pytest.mark.parametrize(("dies", "tokens"), [("before", 0), ("between", 3), ("after", 6)])
async def test_a_server_killed_in_a_call_is_an_error_that_says_how_far_it_was(dies: str, tokens: int) -> None:
    heard: list[Event] = []

    async def listen(remote: RemoteSession) -> None:
        request = StreamRequest(streaming=True)
        async with remote.call("frames", {"count": 6, "dies": dies}, request) as called:
            async for event in called.events():
                heard.append(event)  # noqa: PERF401 - what was heard before it failed

    async with session() as remote:
        with pytest.raises(ConnectionLost, match="went away during the call of 'frames'") as lost:
            await listen(remote)
        assert lost.value.tokens == tokens
        assert f"after {tokens} tokens" in str(lost.value)
        assert len(heard) == tokens
        assert await ask(remote, "frames", count=2) == "done"


async def test_all_calls_in_flight_fail_when_their_server_is_killed_and_one_new_one_serves_all() -> None:
    pids: set[str] = set()

    async def use(remote: RemoteSession) -> None:
        with pytest.raises(ConnectionLost):
            await ask(remote, "silence")
        pids.add(await ask(remote, "pid"))

    async with session() as remote:
        first = await ask(remote, "pid")
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(use, remote)
            await anyio.wait_all_tasks_blocked()
            os.kill(int(first), 9)
    assert len(pids) == 1
    assert first not in pids


async def test_a_server_that_cannot_be_started_again_is_left_alone_for_a_while(tmp_path: Path) -> None:
    async with session("once", str(tmp_path / "started")) as remote:
        with pytest.raises(ConnectionLost):
            await ask(remote, "frames", count=2, dies="before")
        with pytest.raises(ServerUnavailable, match="it ended before it answered"):
            await ask(remote, "pid")
        with pytest.raises(ServerUnavailable, match=r"1 attempt failed, the next is made in 0\.[12] s"):
            await ask(remote, "pid")
        with pytest.raises(ServerUnavailable):
            _ = remote.session


# --- what its server is told ---


async def test_a_call_that_is_left_early_is_cancelled_at_the_server() -> None:
    async with session() as remote:
        async with remote.call("silence", {}, StreamRequest()):
            pass
        with anyio.move_on_after(0.01):
            await ask(remote, "silence")
        assert len(json.loads(await ask(remote, "cancelled"))) == 2


async def test_a_call_that_is_done_is_not_cancelled() -> None:
    async with session() as remote:
        await ask(remote, "frames", count=1)
        assert json.loads(await ask(remote, "cancelled")) == []


async def test_a_request_of_the_session_that_is_abandoned_or_late_is_cancelled_too() -> None:
    async with session() as remote:
        with anyio.move_on_after(0.01):
            await remote.session.list_tools()
        with pytest.raises(McpError, match="Timed out"):
            await remote.session.send_request(
                types.ClientRequest(types.ListToolsRequest()),
                types.ListToolsResult,
                request_read_timeout_seconds=timedelta(milliseconds=10),
            )
        await remote.session.send_ping()  # goes the way of the session's messages, behind them
        assert len(json.loads(await ask(remote, "cancelled"))) == 2


# --- how it ends ---


async def test_leaving_while_the_server_still_sends_raises_nothing_and_ends_it() -> None:
    async with session() as remote:
        pid = int(await ask(remote, "pid"))
        async with remote.call("flood", {}, StreamRequest(streaming=True)) as called:
            async for _ in called.events():
                break
    assert not alive(pid)


async def test_leaving_ends_the_calls_of_others() -> None:
    failed = anyio.Event()

    async def wait(remote: RemoteSession) -> None:
        with pytest.raises(ConnectionLost):
            await ask(remote, "silence")
        failed.set()

    with anyio.fail_after(MUST_END_S):
        async with anyio.create_task_group() as others:
            async with session() as remote:
                others.start_soon(wait, remote)
                await anyio.wait_all_tasks_blocked()
            await failed.wait()


async def test_a_session_that_was_left_says_so() -> None:
    async with session() as remote:
        pass
    with anyio.fail_after(MUST_END_S):
        with pytest.raises(ServerUnavailable, match="the session was left"):
            await ask(remote, "pid")
        with pytest.raises(ServerUnavailable):
            _ = remote.session


async def test_a_server_that_ignores_the_end_of_its_input_is_ended() -> None:
    async with session() as remote:
        pid = int(await ask(remote, "pid"))
        async with remote.call("deaf", {}, StreamRequest()):
            pass
    assert not alive(pid)
