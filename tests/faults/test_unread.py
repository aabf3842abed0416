"""The last message is read before the result is sent: hosts on TypeScript lose one that they read with it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import anyio
import pytest

from tests.core.clock import clock, ending, on_a_clock, settled
from throughline.server.status import LAST_GAP_S, MOST_GAPS, StatusReporter
from throughline.server.unread import unread_bytes

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock


@pytest.fixture(params=["a pipe", "a local socket"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Where a host reads, and where its server writes."""
    if request.param == "a pipe":
        reads, writes = os.pipe()
        yield reads, writes
        os.close(reads)
        os.close(writes)
        return
    one, other = socket.socketpair()
    with closing(one), closing(other):
        yield one.fileno(), other.fileno()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_its_reader_has_not_taken_is_unread(ends: tuple[int, int]) -> None:
    reads, writes = ends
    assert unread_bytes(writes) == 0
    os.write(writes, b"a message\n")
    assert unread_bytes(writes) >= 10
    assert os.read(reads, 100) == b"a message\n"
    assert unread_bytes(writes) == 0


def test_of_what_cannot_be_asked_nothing_is_unread() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    os.close(writes)
    assert unread_bytes(writes) == 0
    with open(os.devnull, "wb") as nowhere:
        assert unread_bytes(nowhere.fileno()) == 0


class Pipe:
    """What a host has left unread."""

    def __init__(self) -> None:
        self.left = 0

    async def tell(self, progress: float, total: float | None, message: str) -> None:
        self.left += len(message)

    def unread(self) -> int:
        return self.left


async def test_the_result_waits_until_the_last_message_was_read() -> None:
    pipe, done = Pipe(), anyio.Event()

    async def call() -> None:
        await reporter.run()
        done.set()

    reporter = StatusReporter(pipe.tell, pipe.unread)
    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await reporter.status("the last one")
            reporter.close()
            await anyio.sleep(10.5 * LAST_GAP_S)  # on a clock of its own
            assert not done.is_set()
            pipe.left = 0
            await done.wait()


async def test_a_host_that_reads_nothing_is_not_waited_for_without_end() -> None:
    pipe = Pipe()
    reporter = StatusReporter(pipe.tell, pipe.unread)
    with ending():
        began = clock().time()
        await reporter.status("the last one")
        reporter.close()
        await reporter.run()
        await settled()
    assert clock().time() - began == pytest.approx((MOST_GAPS + 1) * LAST_GAP_S)
