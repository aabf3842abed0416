"""The server under examination: its live session, what is known of it, and the tool that is called.

What probes stand on. Knows how a call is begun and waited for; judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from client_demo.doctor.checks import Check, not_applicable
from client_demo.doctor.choice import Choice, Listed
from client_demo.doctor.dialogue import Dialogue
from client_demo.doctor.record import Call, Record
from client_demo.doctor.wire import Message
from throughline.wire import StreamRequest, write_request

NAME_ONE = "name a tool that takes a while: --tool NAME --args JSON."
SHORTEST_S = 0.1
"""Seconds below which a call is over before anything can be done to it."""


@dataclass(slots=True)
class Patient:
    """One server. `timeout_s` is the longest that any one answer is waited for."""

    dialogue: Dialogue
    record: Record
    timeout_s: float
    tools: tuple[Listed, ...] = ()
    choice: Choice | None = None

    @property
    def tool(self) -> str:
        """The tool that is called."""
        assert self.choice is not None
        return self.choice.tool

    def usual_s(self) -> float:
        """How long a call takes that is let be, as far as it is known."""
        usual = self.record.usual_s()
        return self.timeout_s if usual is None else usual

    async def begin(self) -> Call:
        """Call the tool; a server of ours is asked for its frames."""
        return await self.begin_with_frames() if self.record.speaks_throughline() else await self._call({})

    async def begin_with_frames(self) -> Call:
        """Call the tool as throughline's bridge does."""
        return await self._call(write_request(StreamRequest(streaming=True, events=True)))

    async def _call(self, meta: Message) -> Call:
        assert self.choice is not None
        return await self.dialogue.call(self.choice.tool, self.choice.arguments, meta)

    async def finish(self, call: Call) -> bool:
        """Wait for a call's end; one that does not come is cancelled."""
        if await self.dialogue.until(lambda: call.ended is not None, self.timeout_s):
            return True
        if not self.dialogue.lost:
            await self.dialogue.cancel(call, "The doctor's time limit ran out.")
        return False

    def too_quick(self, code: str) -> Check | None:
        """The verdict where there is no tool, or none that lasts long enough."""
        if self.choice is None:
            return without_tool(code)
        usual = self.record.usual_s()
        if usual is None or usual >= SHORTEST_S:
            return None
        sentence = f"{self.tool} answers within {usual * 1000:.0f} ms, which is too soon to tell"
        return not_applicable(code, sentence, remedy=NAME_ONE)

    def lost(self, doing: str) -> tuple[str, ...]:
        """How the session came to an end, as evidence."""
        return (
            f"{doing}, {self.dialogue.lost}",
            *(f"stderr: {line}" for line in self.dialogue.wire.aside[-1:]),
        )


def without_tool(code: str) -> Check:
    """The verdict where no tool can be called."""
    sentence = "no tool can be called without knowing what it does"
    return not_applicable(code, sentence, remedy="name one: --tool NAME --args JSON.")


def now() -> float:
    """The clock of all times here."""
    return anyio.current_time()
