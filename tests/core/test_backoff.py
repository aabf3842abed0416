"""Attempts to connect: one at a time, ever further apart, never waited for in vain. No process is started."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from mcp import StdioServerParameters

from tests.core.clock import clock, ending, on_a_clock, settled
from throughline.client.call import Limits
from throughline.client.session import BACKOFF_S, MAX_BACKOFF_S, RemoteSession
from throughline.errors import ServerUnavailable

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock

NOWHERE = StdioServerParameters(command="/nowhere/server")


@asynccontextmanager
async def supervised() -> AsyncIterator[RemoteSession]:
    remote = RemoteSession(NOWHERE, name="remote", limits=Limits(), connect_s=30, strict=False)
    with ending():
        async with remote._supervised():
            yield remote


async def reason(remote: RemoteSession) -> str:
    with pytest.raises(ServerUnavailable) as error:
        await remote.connected()
    return error.value.reason


async def test_each_failed_attempt_doubles_the_time_until_the_next() -> None:
    async with supervised() as remote:
        waits = []
        for failures in range(1, 10):
            assert "No such file" in await reason(remote)
            said = await reason(remote)
            match = re.fullmatch(r"(\d+) attempts? failed, the next is made in ([\d.]+) s", said)
            assert match is not None
            assert int(match[1]) == failures
            waits.append(float(match[2]))
            clock().pass_time(min(BACKOFF_S * 2 ** (failures - 1), MAX_BACKOFF_S) - 0.01)
            assert "attempt" in await reason(remote)
            clock().pass_time(0.02)
    assert waits == pytest.approx([0.2, 0.5, 1, 2, 4, 8, 15, 15, 15], abs=0.06)


async def test_callers_that_come_together_share_one_attempt() -> None:
    reasons: list[str] = []

    async def use(remote: RemoteSession) -> None:
        reasons.append(await reason(remote))

    async with supervised() as remote:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(use, remote)
        assert len(reasons) == 5
        assert all("No such file" in said for said in reasons)
        assert "1 attempt failed" in await reason(remote)


async def test_who_waits_for_an_attempt_when_the_session_is_left_is_told() -> None:
    reasons: list[str] = []

    async def use(remote: RemoteSession) -> None:
        reasons.append(await reason(remote))

    with ending():
        async with anyio.create_task_group() as others, supervised() as remote:
            others.start_soon(use, remote)
            await anyio.lowlevel.checkpoint()  # it asks, and the supervisor has not looked yet
    await settled()
    assert len(reasons) == 1


async def test_a_session_that_was_left_connects_no_more() -> None:
    async with supervised() as remote:
        pass
    with ending():
        assert await reason(remote) == "the session was left"
