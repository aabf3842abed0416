"""What the endpoint was asked and what became of each request.

Written in the endpoint's thread, read from any other. Knows threads and event loops; refuses to know HTTP.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from throughline.model.answered import Sent

Snapshot = tuple["RequestRecord", ...]
COMPLETIONS = "/chat/completions"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request as it stands at the moment of asking. Times are `time.monotonic()` seconds.

    `tokens` counts the non-empty text deltas produced so far (a forwarded answer that came in one piece has
    one); `text` is those deltas joined. `usage` says whether the answer told its usage. `reader_left` is true
    when the reader closed the connection before the answer was complete. `sent` are the answer's bytes, and
    when they went out, once there will be no more of them. `path` is what follows `/v1`, without its query.
    """

    number: int
    who: str
    streamed: bool
    body: dict[str, Any]
    started_s: float
    first_byte_s: float | None = None
    ended_s: float | None = None
    tokens: int = 0
    usage: bool = False
    status: int = 0
    reader_left: bool = False
    finish_reason: str | None = None
    text: str = ""
    sent: tuple[Sent, ...] = field(default=(), repr=False)
    method: str = "POST"
    path: str = COMPLETIONS


class Note:
    """The page of one request: whoever answers it writes here."""

    def __init__(
        self, book: Records, *, number: int, who: str, body: dict[str, Any], method: str, path: str
    ) -> None:
        self._book = book
        self._number = number
        self.who = who
        self._method = method
        self._path = path
        self._body = body
        self._streamed = body.get("stream") is True
        self._started_s = time.monotonic()
        self._first_byte_s: float | None = None
        self._ended_s: float | None = None
        self._texts: list[str] = []
        self._usage = False
        self._status = 0
        self._reader_left = False
        self._finish_reason: str | None = None
        self._sending: list[Sent] = []
        self._sent: tuple[Sent, ...] = ()

    def answered(self, *, status: int) -> None:
        """The first byte of the answer goes out."""
        with self._book.change():
            self._status = status
            self._first_byte_s = time.monotonic()

    def sends(self, piece: bytes) -> None:
        """These bytes of the answer go out; nobody waits for that, so nobody is woken."""
        self._sending.append((time.monotonic(), piece))

    def produced(self, texts: list[str]) -> None:
        """These text deltas were produced."""
        with self._book.change():
            self._texts.extend(text for text in texts if text)

    def finished(self, reason: str | None, *, usage: bool) -> None:
        """The model ended its answer; either half may be told on its own."""
        with self._book.change():
            self._finish_reason = reason or self._finish_reason
            self._usage = self._usage or usage

    def ended(self, *, reader_left: bool = False) -> None:
        """Nothing more is produced for this request; the first time counts."""
        with self._book.change():
            if self._ended_s is None:
                self._ended_s = time.monotonic()
                self._reader_left = reader_left
                self._sent = tuple(self._sending)

    def read(self) -> RequestRecord:
        """Read the page; the caller holds the book's lock."""
        return RequestRecord(
            number=self._number,
            who=self.who,
            streamed=self._streamed,
            body=self._body,
            started_s=self._started_s,
            first_byte_s=self._first_byte_s,
            ended_s=self._ended_s,
            tokens=len(self._texts),
            usage=self._usage,
            status=self._status,
            reader_left=self._reader_left,
            finish_reason=self._finish_reason,
            text="".join(self._texts),
            sent=self._sent,
            method=self._method,
            path=self._path,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    loop: asyncio.AbstractEventLoop
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Records:
    """All requests of one endpoint, in the order of their arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: list[Note] = []
        self._waiters: set[_Waiter] = set()

    def open(self, *, who: str, body: dict[str, Any], method: str = "POST", path: str = COMPLETIONS) -> Note:
        """Begin the page of a request."""
        with self.change():
            number = len(self._notes) + 1
            note = Note(self, number=number, who=who, body=body, method=method, path=path)
            self._notes.append(note)
        return note

    def snapshot(self) -> Snapshot:
        """Read all pages as they stand."""
        with self._lock:
            return tuple(note.read() for note in self._notes)

    async def wait_for(self, predicate: Callable[[Snapshot], bool]) -> Snapshot:
        """Return the first snapshot that satisfies `predicate`; asked at each change, in any loop.

        It is not asked before there is a first request, so that `records[-1]` is always there.
        """
        waiter = _Waiter(asyncio.get_running_loop())
        with self._lock:
            self._waiters.add(waiter)
        try:
            while not ((snapshot := self.snapshot()) and predicate(snapshot)):
                await waiter.changed.wait()
                waiter.changed.clear()
            return snapshot
        finally:
            with self._lock:
                self._waiters.discard(waiter)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock for a change and wake whoever waits, in the loop where it waits."""
        with self._lock:
            yield
            for waiter in self._waiters:
                waiter.loop.call_soon_threadsafe(waiter.changed.set)
