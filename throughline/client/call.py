"""One remote call in flight: its frames in order, its limits, its end.

Needs only two things of whoever carries it: notifications are handed to `deliver`, the result or the failure
to `finish`. Knows the contract and knows no SDK, no session and no LangGraph.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from throughline.errors import DeadlineExceeded, FrameLost, LedgerMismatch
from throughline.events import Event, Frame
from throughline.ledger import Ledger, Totals
from throughline.wire import read_frame, read_ledger


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may take: `idle_s` without a sign of life (each frame is one), `absolute_s` in all."""

    idle_s: float = 120.0
    absolute_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class CallLedger:
    """What one call carried: what arrived, and what the server says it sent (None where it says nothing)."""

    tool: str
    received: Totals
    sent: Totals | None


class RemoteCall:
    """One call, from the request to the result.

    `deliver` and `finish` are called from the receive loop and never wait; the tool's task consumes `events`.
    """

    def __init__(self, *, tool: str, token: str, limits: Limits) -> None:
        self.tool = tool
        self.token = token
        self._limits = limits
        self._ledger = Ledger()
        self._arrived: deque[Mapping[str, Any] | None] = deque()
        self._news = asyncio.Event()
        self._done = False
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

    @property
    def done(self) -> bool:
        """Whether the request was answered, or failed."""
        return self._done

    def received(self) -> Totals:
        """What has been consumed so far."""
        return self._ledger.totals()

    async def events(self) -> AsyncIterator[Event]:
        """Every event in the order of the wire, ending with the call.

        Raises: FrameLost, WireError; DeadlineExceeded when a limit runs out; the error given to `finish`.
        """
        ends_at = anyio.current_time() + self._limits.absolute_s
        while True:
            while self._arrived:
                frame = read_frame(self._arrived.popleft())
                if frame is not None:
                    self._count(frame)
                    for event in frame.events:
                        yield event
            if self._done:
                break
            await self._wait(ends_at)
        if self._error is not None:
            raise self._error

    def result(self) -> Any:
        """What the request was answered with, once `events` has ended."""
        return self._result

    def ledger(self) -> CallLedger:
        """What arrived, against what the result says was sent. Raises: LedgerMismatch where they differ."""
        ledger = CallLedger(self.tool, self._ledger.totals(), read_ledger(self._meta))
        if ledger.sent is not None and ledger.sent != ledger.received:
            raise LedgerMismatch(sent=str(ledger.sent), received=str(ledger.received))
        return ledger

    def _count(self, frame: Frame) -> None:
        expected = self._ledger.frames + 1
        if frame.seq != expected:
            raise FrameLost(expected_seq=expected, got_seq=frame.seq)
        self._ledger.add(frame)

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
