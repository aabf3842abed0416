"""The probe `cancel`: the caller leaves while the tool's model speaks. Does the model learn of it?

Knows the provider's records. Leaves as callers do: by one cancellation of whatever awaits the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import anyio

from client_demo.experiment.runs import Cell, Run
from client_demo.experiment.strangers import heed_cancellation
from client_demo.experiment.trial import Bench, Manner, Take, promptly
from client_demo.paths import Seen
from throughline.model.endpoint import Endpoint
from throughline.model.records import RequestRecord

NAME = "cancel"
PATH = "astream:messages"
TOKENS = 3
"""So many of the answer are heard before the caller leaves."""
GOES_ON_S = 10.0
"""Seconds for which a model that goes on is watched: longer than anybody needs to be told."""

LONG_S = 0.25
"""Seconds in which a model hears that somebody has left, as a rule."""
UNWATCHED = "the tool asked no model that is watched, so that nobody could see one go on"
TOO_SOON = "the tool's model was done before the caller could leave"

Records = tuple[RequestRecord, ...]
Heard = tuple[float, Records]
"""When the caller left, and what the provider had been asked until then."""


async def cancel(bench: Bench, placement: str) -> Run:
    """Make a run that its caller leaves, and another one where the model went on: a short answer may have
    been over before a busy machine could stop it.
    """
    run = await _run(bench, placement)
    told = run.notes
    went_on = told.get("tokens_after") and not told["reader_left"] and told["after_s"] > LONG_S
    return await _run(bench, placement) if went_on else run


async def _run(bench: Bench, placement: str) -> Run:
    endpoint = bench.model.endpoint
    whole = bench.model.settings.kind == "configured"
    leaving = _Leaving(endpoint, len(endpoint.requests), time.monotonic(), whole)
    return await replace(bench, manner=Manner(leaving.read)).run(Cell(placement, PATH, probe=NAME))


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A caller who leaves; what the provider was asked before the run does not count.

    Where answers come in one piece from elsewhere (`whole`), none is heard before it is all there.
    """

    endpoint: Endpoint
    before: int
    began: float
    whole: bool

    async def read(self, pieces: AsyncIterator[Seen], take: Take) -> Mapping[str, Any]:
        """Read until the tool's model speaks, leave, and see what becomes of its answer."""
        limit = asyncio.timeout(None)  # and no scope of anyio's: see run_path
        heard: list[Heard] = []
        async with anyio.create_task_group() as beside:
            beside.start_soon(self._leave, limit, heard)
            try:
                async with limit:
                    await promptly(pieces, take)
            except Exception as error:
                heed_cancellation(error)
                if not limit.expired():
                    raise  # else it is what the run's clean-up says about being left, in whatever words
            beside.cancel_scope.cancel()
        if limit.expired():
            return await self._aftermath(*heard[0])
        return {"moot": TOO_SOON if self._mine(self.endpoint.requests) else UNWATCHED}

    async def _leave(self, limit: asyncio.Timeout, heard: list[Heard]) -> None:
        every = await self.endpoint.wait_for(lambda every: any(map(self._speaks, self._mine(every))))
        heard.append((time.monotonic(), self._mine(every)))
        limit.reschedule(asyncio.get_running_loop().time())

    async def _aftermath(self, left: float, heard: Records) -> dict[str, Any]:
        with anyio.move_on_after(GOES_ON_S):
            await self.endpoint.wait_for(lambda every: all(one.ended_s for one in self._mine(every)))
        over = {one.number for one in heard if one.ended_s is not None}
        after = [one for one in self._mine(self.endpoint.requests) if one.number not in over]
        known = sum(one.tokens for one in heard if one.number not in over)
        last = max([one.ended_s or time.monotonic() for one in after], default=left)
        return {
            "left_s": round(left - self.began, 6),
            "tokens_after": sum(one.tokens for one in after) - known,
            "after_s": round(max(last - left, 0.0), 6),
            "reader_left": all(one.reader_left for one in after),
        }

    def _mine(self, every: Records) -> Records:
        return tuple(one for one in every[self.before :] if one.who != "agent")

    def _speaks(self, one: RequestRecord) -> bool:
        """Whether an answer is under way."""
        heard = one.tokens >= TOKENS or (self.whole and not one.streamed)
        return heard and one.ended_s is None
