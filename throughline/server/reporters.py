"""Where a body's reports go: nowhere, into frames, or beside that into a basket for the day it is cut off.

Knows the reporter's two words and the emitter; knows no MCP.
"""

from __future__ import annotations

import math
from typing import Any

from throughline.codec import encode, scrub
from throughline.events import Partial, Status
from throughline.reporter import Reporter
from throughline.server.body import Stopped
from throughline.server.emitter import Emitter
from throughline.server.status import words


class SilentReporter:
    """For a caller that asked for nothing."""

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """Nobody asked."""

    async def partial(self, value: Any) -> None:
        """Nobody asked."""


class FrameReporter:
    """For a caller that opted in: status and partial values travel as events, in order with the tokens."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """A status event, behind the tokens that came before it."""
        self._emitter.put(Status(words(scrub(message)), _known(progress), _known(total)))
        await self._emitter.breathe()

    async def partial(self, value: Any) -> None:
        """A partial event, behind the tokens that came before it."""
        self._emitter.put(Partial(encode(value)))
        await self._emitter.breathe()


def _known(number: float | None) -> float | None:
    """A number that JSON has; of others nothing is known."""
    return number if number is None or math.isfinite(number) else None


class Harvest:
    """Passes reports on and keeps partial values: texts are pieces of one text, of others the last one
    counts.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.stopped = Stopped()
        self._reporter = reporter
        self._pieces: list[str] = []
        self._last: Any = None

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """Passed on."""
        self.stopped.insist()
        await self._reporter.status(message, progress=progress, total=total)

    async def partial(self, value: Any) -> None:
        """Kept, and passed on."""
        self.stopped.insist()
        if isinstance(value, str):
            self._pieces.append(value)
        else:
            self._last = value
        await self._reporter.partial(value)

    def text(self) -> Any:
        """What there is so far: the pieces' text, else the last value, else None."""
        return "".join(self._pieces) or self._last
