"""Nobody outlives the one for whom it works: no server its client; and our session with our own server."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import PIPE

import anyio
import pytest
from anyio.abc import Process
from mcp import StdioServerParameters

from tests.core.pipes import MUST_END_S, ROOT
from throughline.client import open_session
from throughline.errors import ConnectionLost
from throughline.events import Event, Partial, Status
from throughline.wire import StreamRequest

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by what only Linux has"),
]

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "tests.core.server"], cwd=ROOT)


@contextmanager
def watched(pid: int) -> Iterator[int]:
    """A descriptor that can be read once a process has ended, whoever its parent is."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@asynccontextmanager
async def calling(path: Path) -> AsyncIterator[tuple[Process, int]]:
    """A client in mid-call, and the number of its server's process."""
    command = [sys.executable, "-m", "tests.core.client", str(path)]
    with anyio.fail_after(MUST_END_S):
        async with await anyio.open_process(
            command, cwd=ROOT, stdin=None, stdout=PIPE, stderr=None
        ) as client:
            assert client.stdout is not None
            assert await client.stdout.receive() == b"begun\n"
            [server] = children(client.pid)
            yield client, server


async def test_a_client_that_is_killed_in_mid_call_leaves_no_server_behind(tmp_path: Path) -> None:
    async with calling(tmp_path / "told") as (client, server):
        with watched(server) as ended:
            client.kill()
            await anyio.wait_readable(ended)
        await client.wait()
    assert (tmp_path / "told").read_text() == "cleaned up"


async def test_a_client_that_is_interrupted_leaves_no_server_behind(tmp_path: Path) -> None:
    async with calling(tmp_path / "told") as (client, server):
        with watched(server) as ended:
            client.send_signal(signal.SIGINT)
            await anyio.wait_readable(ended)
        assert await client.wait() != 0
    assert (tmp_path / "told").read_text() == "cleaned up"


async def heard(tool: str, **arguments: object) -> list[Event]:
    with anyio.fail_after(MUST_END_S):
        async with (
            open_session(SERVER, strict=True) as remote,
            remote.call(tool, dict(arguments), StreamRequest(streaming=True)) as call,
        ):
            events = [event async for event in call.events()]
            call.ledger()
            return events


async def test_what_our_server_says_our_session_hears_whole_and_in_order() -> None:
    events = await heard("floods", pieces=3000)
    assert [int(event.value) for event in events if isinstance(event, Partial)] == list(range(3000))


async def test_half_letters_and_odd_numbers_of_a_tool_do_not_disturb_the_ledgers() -> None:
    status, partial = await heard("half")
    assert status == Status("status \ufffd")
    assert partial == Partial({"partial \ufffd": "\ufffd"})
    assert len(await heard("odd_numbers")) == 4


async def test_a_tool_that_leaves_its_process_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionLost, match="'leaves'"):
        await heard("leaves", code=3)
