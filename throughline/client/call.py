"""One remote call in flight: its frames in order, its limits, its end.

Needs only two things of whoever carries it: notifications are handed to `deliver`, the result or the failure
to `finish`. Knows the contract and knows no SDK, no session and no LangGraph.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from throughline.errors import (
    ConnectionLost,
    DeadlineExceeded,
    FrameLost,
    LedgerMismatch,
    ProgressSuppressed,
    WireError,
)
from throughline.events import Event
from throughline.ledger import Ledger, Totals
from throughline.wire import read_finish, read_frame, read_ledger

MOST_MISSING = 10_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may take: `idle_s` without a sign of life (each frame is one), `absolute_s` in all."""

    idle_s: float = 120.0
    absolute_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class CallLedger:
    """What one call carried: what arrived, and what the server says it sent (None where it says nothing).

    `finish` is why the server ended the call; `findings` are the breaches of the contract met on the way.
    """

    tool: str
    received: Totals
    sent: Totals | None
    finish: str | None = None
    findings: tuple[WireError, ...] = ()


class RemoteCall:
    """One call, from the request to the result.

    `deliver` and `finish` are called from the receive loop and never wait; the tool's task consumes `events`.
    A frame that is lost, repeated or late is an error where the call is `strict`; otherwise it is a finding,
    a repeated frame is left out, a late one is played late, and the result, which is complete on its own,
    stands. The first finding of a kind is a warning in the log, what follows it is for debugging.
    """

    def __init__(self, *, tool: str, token: str, limits: Limits, strict: bool = True) -> None:
        self.tool = tool
        self.token = token
        self._limits = limits
        self._strict = strict
        self._ledger = Ledger()
        self._findings: list[WireError] = []
        self._expected = 1
        self._missing: set[int] = set()
        self._arrived: deque[Mapping[str, Any] | None] = deque()
        self._news = asyncio.Event()
        self._done = False
        self._lost = False
        self._result: Any = None
        self._meta: Mapping[str, Any] | None = None
        self._error: BaseException | None = None

    def deliver(self, meta: Mapping[str, Any] | None) -> None:
        """A progress notification of this call came; `meta` is its `_meta`."""
        self._arrived.append(meta)
        self._news.set()

    def finish(
        self, *, result: Any = None, meta: Mapping[str, Any] | None = None, error: BaseException | None = None
    ) -> None:
        """The request was answered (`meta` is its result's `_meta`), or failed; the first word counts."""
        if not self._done:
            self._done, self._result, self._meta, self._error = True, result, meta, error
            self._news.set()

    def lose(self) -> None:
        """The connection ended; `events` says so once it has told what had come before."""
        if not self._done:
            self._done = self._lost = True
            self._news.set()

    @property
    def done(self) -> bool:
        """Whether the request was answered, or failed."""
        return self._done

    def received(self) -> Totals:
        """What has been consumed so far."""
        return self._ledger.totals()

    async def events(self) -> AsyncIterator[Event]:
        """Every event in the order of the wire, ending with the call.

        Raises: FrameLost, WireError; DeadlineExceeded when a limit runs out; ConnectionLost; the error given
        to `finish`.
        """
        ends_at = anyio.current_time() + self._limits.absolute_s
        while True:
            while self._arrived:
                for event in self._read(self._arrived.popleft()):
                    yield event
                if not self._done and anyio.current_time() > ends_at:
                    raise self._deadline(idle=False)
            if self._done:
                break
            await self._wait(ends_at)
        if self._lost:
            raise ConnectionLost(tool=self.tool, tokens=self._ledger.tokens)
        if self._error is not None:
            raise self._error

    def result(self) -> Any:
        """What the request was answered with, once `events` has ended."""
        return self._result

    def ledger(self) -> CallLedger:
        """What arrived, against what the result says was sent.

        Raises: LedgerMismatch, ProgressSuppressed or WireError where they differ and the call is strict.
        """
        received, sent = self._ledger.totals(), self._sent()
        if sent is not None and sent.frames and not received.frames:
            self._found(ProgressSuppressed(tool=self.tool, frames=sent.frames))
        elif sent is not None and sent != received:
            self._found(LedgerMismatch(sent=str(sent), received=str(received)))
        return CallLedger(self.tool, received, sent, read_finish(self._meta), tuple(self._findings))

    def _sent(self) -> Totals | None:
        try:
            return read_ledger(self._meta)
        except WireError as error:
            self._found(error)
            return None

    def _read(self, meta: Mapping[str, Any] | None) -> tuple[Event, ...]:
        """The events of a notification that are to be played now."""
        try:
            frame = read_frame(meta)
        except WireError as error:
            self._found(error)
            return ()
        if frame is None or not self._in_order(frame.seq):
            return ()
        self._ledger.add(frame)
        return frame.events

    def _in_order(self, seq: int) -> bool:
        """Whether a frame is to be played; where it is not the one that was expected, that is a finding."""
        if seq == self._expected:
            self._expected += 1
            return True
        self._found(FrameLost(expected_seq=self._expected, got_seq=seq))
        if seq < self._expected:
            late = seq in self._missing
            self._missing.discard(seq)
            return late
        self._missing.update(range(self._expected, min(seq, self._expected + MOST_MISSING)))
        self._expected = seq + 1
        return True

    def _found(self, error: WireError) -> None:
        if self._strict:
            raise error
        first = not any(type(error) is type(known) for known in self._findings)
        logger.log(logging.WARNING if first else logging.DEBUG, "In a call of %s: %s", self.tool, error)
        self._findings.append(error)

    async def _wait(self, ends_at: float) -> None:
        if self._arrived or self._done:
            return
        self._news.clear()
        now = anyio.current_time()
        idle_at = now + self._limits.idle_s
        try:
            async with asyncio.timeout_at(min(idle_at, ends_at)):
                await self._news.wait()
        except TimeoutError:
            raise self._deadline(idle=idle_at < ends_at) from None

    def _deadline(self, *, idle: bool) -> DeadlineExceeded:
        return DeadlineExceeded(
            tool=self.tool,
            kind="idle" if idle else "absolute",
            limit_s=self._limits.idle_s if idle else self._limits.absolute_s,
            tokens=self._ledger.tokens,
        )
