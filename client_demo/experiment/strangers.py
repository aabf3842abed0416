"""A stranger's code in this process: it may block the event loop, lose a cancellation, leave threads behind.

What cannot be cancelled is dealt with otherwise: a blocked loop is woken by a signal, a process that does not
end is ended, and a cancellation that was turned into another error is raised after all.
Knows signals, threads and event loops; knows no agent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from throughline.errors import ThroughlineError

BEAT_S = 0.5
GRACE_S = 3.0
"""Seconds beyond a run's limit after which a loop that does nothing else is held to be blocked."""
LEAVE_S = 2.0
"""Seconds in which a process that is done has to end by itself."""


class LoopBlocked(ThroughlineError):
    """Code that runs on the event loop does not give it back."""

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"The agent blocked the event loop for {seconds:.0f} s, so that nothing else could happen",
            remedy="let it await what takes time, or run that in a thread; a slow one needs --timeout.",
        )


class AgentExited(ThroughlineError):
    """Code of somebody's asked for the end of the process that it runs in, which is ours."""

    def __init__(self, *, code: object) -> None:
        self.code = code
        said = "" if code is None else f": {next(iter(str(code).splitlines()), '')}"
        super().__init__(
            f"The agent wanted to end the process (SystemExit{said})",
            remedy="let it raise an error that says what is wrong, and not SystemExit.",
        )


@contextmanager
def staying() -> Iterator[None]:
    """Around an event loop: a SystemExit of a task's, which ends every loop, is told as an error."""
    try:
        yield
    except SystemExit as error:
        raise AgentExited(code=error.code) from error


def heed_cancellation(told: BaseException) -> None:
    """Where this task is being cancelled, raise that: the error that was `told` instead is what came of it.

    mcp's client (1.30) ends a session that is left while it is opened with an error of its own, and LangGraph
    (1.2) hands on the error of a node in place of the cancellation that the node was ended by.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from told


@contextmanager
def unblocked(limit_s: float) -> Iterator[None]:
    """Raise LoopBlocked in whatever keeps the running loop from its work for longer than the limit (POSIX).

    A loop that is alive is let be, however long it waits.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    heart = _Heart(asyncio.get_running_loop(), limit_s + GRACE_S)
    before = signal.signal(signal.SIGALRM, heart.check)
    signal.setitimer(signal.ITIMER_REAL, BEAT_S, BEAT_S)
    heart.beat()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        heart.stop()


class _Heart:
    """Beats as long as its loop does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit_s: float) -> None:
        self._loop = loop
        self._limit_s = limit_s
        self._last = time.monotonic()
        self._next: asyncio.TimerHandle | None = None

    def beat(self) -> None:
        """Part of the loop's work."""
        self._last = time.monotonic()
        self._next = self._loop.call_later(BEAT_S, self.beat)

    def check(self, number: int, frame: FrameType | None) -> None:
        """Part of no loop: a signal's handler, which runs in the midst of whatever is going on."""
        blocked_s = time.monotonic() - self._last
        if blocked_s > self._limit_s:
            self._last = time.monotonic()  # it may be caught there, and go on
            raise LoopBlocked(seconds=blocked_s)

    def stop(self) -> None:
        """Beat no more."""
        if self._next is not None:
            self._next.cancel()


def end_soon(code: int, *, last_words: str = "") -> None:
    """End the process with this code if it does not end by itself, because threads of it never do.

    `last_words` are for stderr, where nobody else comes to say them.
    """
    sys.stdout.flush()
    sys.stderr.flush()

    def end() -> None:
        if last_words:
            os.write(2, f"{last_words}\n".encode("utf-8", "backslashreplace"))
        os._exit(code)

    timer = threading.Timer(LEAVE_S, end)
    timer.daemon = True
    timer.start()
