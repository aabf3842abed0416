"""One call's frames: orders, coalesces and paces events, and counts them.

The first frame goes at once; then whatever gathered while the writer was busy or within a few milliseconds
since the last frame. A stream at reading speed never waits, a burst travels in large frames. Knows how to be
asked for a frame to be sent, and nothing of who sends it: `send` is one coroutine function of a frame.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import anyio

from throughline.events import Event, Frame, Tokens
from throughline.ledger import Ledger, Totals

GAP_S = 0.004
"""Seconds between frames in a burst; at 200 tokens a second, 5 ms apart, nothing ever waits for it."""
TURN_S = 0.002
"""A producer that never awaits hands the loop a turn after this many seconds."""
HIGH_CHARS = 256 * 1024
"""Above this many characters waiting to be sent, a producer waits."""
BEAT_S = 15.0
"""Seconds of silence after which an empty frame goes out, which renews the caller's idle limit."""
EVENT_CHARS = 256
"""What an event that is not text counts for, roughly."""

Send = Callable[[Frame], Awaitable[None]]


@asynccontextmanager
async def emitting(send: Send) -> AsyncIterator[Emitter]:
    """An emitter whose writer lives as long as the context; left well, everything was sent."""
    async with anyio.create_task_group() as tasks:
        emitter = Emitter(send, lambda: tasks.start_soon(emitter.run))
        try:
            yield emitter
        finally:
            emitter.close()


class Emitter:
    """The single way out of one call. `put` and `text` may be called from any thread and never wait."""

    def __init__(
        self,
        send: Send,
        start: Callable[[], object],
        *,
        gap_s: float = GAP_S,
        high_chars: int = HIGH_CHARS,
        beat_s: float = BEAT_S,
    ) -> None:
        self._send = send
        self._start = start
        self._started = False
        self._gap_s = gap_s
        self._high_chars = high_chars
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._events: list[Event | _Texts] = []
        self._chars = 0
        self._beat_s = beat_s
        self._beat = self._loop.call_later(beat_s, self._due)
        self._wake = asyncio.Event()
        self._closed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._turn_at = 0.0
        self._ledger = Ledger()

    def put(self, event: Event) -> None:
        """Queue an event behind everything queued before it."""
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._put, event)
        else:
            self._put(event)

    def text(self, run: int, text: str) -> None:
        """Queue one token of a run; consecutive ones of a run travel as one event."""
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._text, run, text)
        else:
            self._text(run, text)

    async def breathe(self) -> None:
        """Let the writer have its turn, and wait for room where too much has gathered."""
        if not self._room.is_set():
            await self._room.wait()
        elif self._events and self._loop.time() >= self._turn_at:
            await asyncio.sleep(0)
            self._turn_at = self._loop.time() + TURN_S

    async def run(self) -> None:
        """Send frames until closed and empty; `start` starts this once there is something to send."""
        last = -self._gap_s
        while True:
            await self._wake.wait()
            await self._rest(last + self._gap_s - self._loop.time())
            self._wake.clear()
            if self._events or not self._closed.is_set():
                await self._flush()
                last = self._loop.time()
            if self._closed.is_set() and not self._events:
                return

    def close(self) -> None:
        """Nothing more comes; `run` ends as soon as all is sent."""
        self._beat.cancel()
        self._closed.set()
        self._wake.set()

    def totals(self) -> Totals:
        """What was sent so far."""
        return self._ledger.totals()

    async def _rest(self, seconds: float) -> None:
        if seconds > 0 and not self._closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._closed.wait()

    async def _flush(self) -> None:
        taken, self._events, self._chars = self._events, [], 0
        self._room.set()
        events = tuple(item.event() if isinstance(item, _Texts) else item for item in taken)
        frame = Frame(self._ledger.frames + 1, events)
        self._ledger.add(frame)
        self._beat.cancel()
        self._beat = self._loop.call_later(self._beat_s, self._due)
        await self._send(frame)

    def _due(self) -> None:
        """Nothing was said for a while: an empty frame says that somebody is still there."""
        if not self._closed.is_set():
            self._grow(0)

    def _put(self, event: Event) -> None:
        if self._closed.is_set():
            return
        self._events.append(event)
        self._grow(EVENT_CHARS)

    def _text(self, run: int, text: str) -> None:
        if self._closed.is_set():
            return
        last = self._events[-1] if self._events else None
        if type(last) is _Texts and last.run == run:
            last.texts.append(text)
        else:
            self._events.append(_Texts(run, [text]))
        self._grow(len(text) + 4)

    def _grow(self, chars: int) -> None:
        self._chars += chars
        if self._chars >= self._high_chars:
            self._room.clear()
        if not self._wake.is_set():
            self._wake.set()
        if not self._started:
            self._started = True
            self._start()


class _Texts:
    """Tokens of one run that still gather."""

    __slots__ = ("run", "texts")

    def __init__(self, run: int, texts: list[str]) -> None:
        self.run = run
        self.texts = texts

    def event(self) -> Tokens:
        return Tokens(self.run, tuple(self.texts))
