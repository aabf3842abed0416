"""One call's frames: orders, coalesces and paces events, and counts them.

The first frame goes at once; then whatever gathered while the writer was busy or within a few milliseconds
since the last frame. A stream at reading speed never waits, a burst travels in large frames. Knows how to be
asked for a frame to be sent, and nothing of who sends it: `send` is one coroutine function of a frame.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import anyio

from throughline.events import Event, Frame, Tokens
from throughline.ledger import Ledger, Totals
from throughline.server.body import Stopped
from throughline.server.pacing import Credit

GAP_S = 0.004
"""Seconds between frames in a burst; a stream of 200 tokens a second, 5 ms apart, never waits for it."""
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
    """An emitter whose writer lives as long as the context; left well, everything was sent.

    Where the writer fails, nobody reads any more: the context is cancelled, and raises what the writer
    raised. Most calls of quick tools have nothing to send and start no writer, which a task group could not
    tell before.
    """
    loop, inside = asyncio.get_running_loop(), asyncio.current_task()
    assert inside is not None
    writers: list[asyncio.Task[None]] = []

    def start() -> None:
        writer = loop.create_task(emitter.run())
        writer.add_done_callback(lambda done: done.cancelled() or done.exception() is None or inside.cancel())
        writers.append(writer)

    emitter = Emitter(send, start)
    try:
        yield emitter
    except BaseException:
        emitter.close()
        await _ended(writers)
        raise
    emitter.close()
    for writer in writers:
        await writer


async def _ended(writers: list[asyncio.Task[None]]) -> None:
    """Stop the writer of a context that failed; where that is why it failed, raise what stopped it."""
    for writer in writers:
        if writer.done() and not writer.cancelled() and (error := writer.exception()) is not None:
            current = asyncio.current_task()
            if current is not None:
                current.uncancel()
            raise error
        writer.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([writer])


class Emitter:
    """The single way out of one call. `put` and `text` may be called from any thread and never wait.

    They queue under a lock and not by way of the loop: a model that is called without `await` blocks the
    loop, tells its tokens from a thread and its end from the loop, and is heard in that order all the same.
    """

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
        self.stopped = Stopped()
        self._gap_s = gap_s
        self._high_chars = high_chars
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()  # a thread's own has no task group to start in
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
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
        with self._lock:
            if self._closed.is_set():
                return
            self._events.append(event)
            self._chars += EVENT_CHARS
        self._said()

    def text(self, run: int, text: str) -> None:
        """Queue one token of a run; consecutive ones of a run travel as one event."""
        with self._lock:
            if self._closed.is_set():
                return
            last = self._events[-1] if self._events else None
            if type(last) is _Texts and last.run == run:
                last.texts.append(text)
            else:
                self._events.append(_Texts(run, [text]))
            self._chars += len(text) + 4
        self._said()

    async def breathe(self) -> None:
        """Let the writer have its turn, and wait for room where too much has gathered.

        In another thread nothing is waited for: the loop may be waiting for that thread.
        """
        if threading.get_ident() != self._thread:
            return
        self.stopped.insist()
        if not self._room.is_set():
            await self._room.wait()
        elif self._events and self._loop.time() >= self._turn_at:
            await asyncio.sleep(0)
            self._turn_at = self._loop.time() + TURN_S

    async def breathe_between_chunks(self) -> None:
        """`breathe`, where a cancellation is put off to whoever reads the chunks.

        Raised here, between two chunks, it would leave the provider's stream open until the garbage is
        collected.
        """
        try:
            await self.breathe()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            task.cancel()

    async def run(self) -> None:
        """Send frames until closed and empty; `start` starts this once there is something to send."""
        credit = Credit(self._gap_s, self._loop.time())
        while True:
            await self._wake.wait()
            await self._rest(credit.spend(self._loop.time()))
            self._wake.clear()
            if self._events or not self._closed.is_set():
                await self._flush()
            if self._closed.is_set() and not self._events:
                return

    def close(self) -> None:
        """Nothing more comes; `run` ends as soon as all is sent."""
        self._beat.cancel()
        self._closed.set()
        self._wake.set()
        if self._events:
            self._rouse()  # what a thread said while the loop was blocked has not started anything yet

    def totals(self) -> Totals:
        """What was sent so far."""
        return self._ledger.totals()

    async def _rest(self, seconds: float) -> None:
        if seconds > 0 and not self._closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._closed.wait()

    async def _flush(self) -> None:
        with self._lock:
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
            self._rouse()

    def _said(self) -> None:
        if threading.get_ident() == self._thread:
            self._rouse()
        elif not self._wake.is_set():
            self._loop.call_soon_threadsafe(self._rouse, context=self._context)

    def _rouse(self) -> None:
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
