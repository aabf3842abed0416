"""The last message is read before the result is sent: hosts on TypeScript lose one that they read with it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import anyio
import pytest

from throughline.server import status
from throughline.server.status import MOST_GAPS, StatusReporter
from throughline.server.unread import unread_bytes

pytestmark = pytest.mark.anyio

MUST_END_S = 10


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
    """What a host has left unread, and how often that was asked."""

    def __init__(self, *left: int) -> None:
        self.asked = 0
        self._left = left

    async def tell(self, progress: float, total: float | None, message: str) -> None:
        assert self.asked == 0

    def unread(self) -> int:
        self.asked += 1
        return self._left[min(self.asked, len(self._left)) - 1]


@pytest.mark.parametrize(
    ("pipe", "asked"),
    [
        pytest.param(Pipe(0), 1, id="read at once"),
        pytest.param(Pipe(12, 12, 12, 0), 4, id="read later"),
        pytest.param(Pipe(12), MOST_GAPS, id="never read"),
    ],
)
async def test_the_result_waits_until_the_last_message_was_read_but_not_without_end(
    pipe: Pipe, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "LAST_GAP_S", 0)
    reporter = StatusReporter(pipe.tell, pipe.unread)
    await reporter.status("the last one")
    reporter.close()
    with anyio.fail_after(MUST_END_S):
        await reporter.run()
    assert pipe.asked == asked


async def test_where_nothing_was_told_nothing_is_waited_for() -> None:
    pipe = Pipe(12)
    reporter = StatusReporter(pipe.tell, pipe.unread)
    reporter.close()
    with anyio.fail_after(MUST_END_S):
        await reporter.run()
    assert pipe.asked == 0
