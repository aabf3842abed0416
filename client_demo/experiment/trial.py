"""One run: an agent, called by one path, within a time limit, measured from the provider to the lane.

Whatever goes wrong in it is part of what it came to. Knows how a run is driven and what is read from where;
refuses to know which runs are made, and what they mean.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import anyio
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool

from client_demo.agent import build_agent
from client_demo.errors import PathUnsupported, RunTimedOut
from client_demo.experiment.blame import HOPELESS, SyncUnsupported, explain
from client_demo.experiment.foreign import Graph
from client_demo.experiment.runs import Cell, ProviderCall, Run, Status, Tap, ToolTokens, tool_calls
from client_demo.experiment.strangers import AgentExited, heed_cancellation
from client_demo.experiment.subject import Ending, LastOutput, OurAgent, Subject, keeps_state, last_state
from client_demo.paths import Seen, run_path
from client_demo.placements import Placed, Wire
from throughline.errors import ServerUnavailable, ThroughlineError
from throughline.model import OpenModel
from throughline.model.endpoint import Endpoint
from throughline.model.records import RequestRecord
from throughline.model.settings import ModelSettings

SETTLE_S = 2.0
"""Seconds that the endpoint is given to finish its notes on answers that have been read already."""
UNSUPPORTED = (PathUnsupported, SyncUnsupported)


class Watcher(Protocol):
    """Whoever wants to know while it happens: the live view, the recording."""

    def begins(self, cell: Cell, tap: Tap) -> None:
        """A run starts; `tap` counts from now on."""

    def saw(self, cell: Cell, seen: Seen) -> None:
        """The run was handed something, which the tap has counted."""

    def ended(self, run: Run, requests: Sequence[RequestRecord]) -> None:
        """The run is over."""


Take = Callable[[Seen], None]
Reader = Callable[[AsyncIterator[Seen], Take], Awaitable[Mapping[str, Any]]]
"""Reads what a run hands out and takes each piece; what it returns are the run's notes."""


async def promptly(pieces: AsyncIterator[Seen], take: Take) -> Mapping[str, Any]:
    """Read as quickly as it comes, to the end."""
    async for one in pieces:
        take(one)
    return {}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is read, and who listens to it beside its reader; only probes have a manner of their own."""

    read: Reader = promptly
    callbacks: tuple[AsyncCallbackHandler, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what its reader noted."""

    status: Status
    error: ThroughlineError | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """A graph, what it is called with, and within how many steps (None: its own limit)."""

    graph: Graph
    inputs: Any
    config: RunnableConfig
    steps: int | None


@dataclass(frozen=True, slots=True)
class Bench:
    """One tool in one placement, ready to be run. `address` is the model's as the user knows it.

    Without a `subject` it is our agent that is run, as `build` makes it.
    """

    prompt: str
    tool: str
    placed: Placed
    model: OpenModel
    address: str
    timeout_s: float
    watchers: Sequence[Watcher] = ()
    manner: Manner = Manner()
    build: Callable[[ModelSettings, BaseTool], Graph] = build_agent
    subject: Subject | None = None

    async def run(self, cell: Cell) -> Run:
        """Make one run. Raises what every other run would meet as well (`blame.HOPELESS`)."""
        subject = self.subject or OurAgent(self.tool, self.prompt, self.build)
        graph = await subject.build(self.placed, self.model.settings)
        config, last = self._config(graph, subject)
        called = Called(graph, subject.inputs(graph), config, subject.steps)
        asked, before, tap = len(self.model.endpoint.requests), self.placed.wire(), Tap()
        for watcher in self.watchers:
            watcher.begins(cell, tap)
        outcome = await self._outcome(cell, called, tap)
        seconds = time.monotonic() - tap.started
        requests = await _settled(self.model.endpoint, asked)
        run = _told(
            cell,
            outcome,
            tap,
            seconds=seconds,
            requests=requests,
            wire=self.placed.wire().since(before),
            ending=subject.ending(await last_state(graph, config, last)),
        )
        for watcher in self.watchers:
            watcher.ended(run, requests)
        return run

    def _config(self, graph: Graph, subject: Subject) -> tuple[RunnableConfig, LastOutput]:
        """A thread of its own, and what listens to the run."""
        last = LastOutput()
        heard = [*self.manner.callbacks, *([] if keeps_state(graph) else [last])]
        config = RunnableConfig(configurable={"thread_id": uuid4().hex})
        if subject.steps is not None:
            config["recursion_limit"] = subject.steps
        if heard:
            config["callbacks"] = heard
        return config, last

    async def _outcome(self, cell: Cell, called: Called, tap: Tap) -> Outcome:
        try:
            limit = asyncio.timeout(self.timeout_s)  # and no scope of anyio's: see run_path
            async with limit:
                notes = await self._drain(cell, called, tap)
        except (Exception, SystemExit) as error:  # whatever a graph, a tool or a provider raises is a result
            heed_cancellation(error)
            if limit.expired() and not isinstance(error, ThroughlineError):
                late = RunTimedOut(placement=cell.placement, path=cell.path, limit_s=self.timeout_s)
                return Outcome("error", late)
            if isinstance(error, SystemExit):
                return Outcome("error", AgentExited(code=error.code))
            told = explain(error, address=self.address, steps=called.steps)
            if isinstance(told, ServerUnavailable) and self.placed.server:  # a tap may stand before it
                told = ServerUnavailable(server=self.placed.server, reason=told.reason)
            if isinstance(told, HOPELESS):
                raise told from error
            return Outcome("unsupported" if isinstance(told, UNSUPPORTED) else "error", told)
        return Outcome("ok", notes=notes)

    async def _drain(self, cell: Cell, called: Called, tap: Tap) -> Mapping[str, Any]:
        def take(one: Seen) -> None:
            tap.take(one)
            for watcher in self.watchers:
                watcher.saw(cell, one)

        run = run_path(cell.path, called.graph, called.inputs, config=called.config)
        async with aclosing(run) as pieces:
            return await self.manner.read(pieces, take)


async def _settled(endpoint: Endpoint, asked: int) -> tuple[RequestRecord, ...]:
    """The requests of a run, when the endpoint's thread has finished its notes on them."""
    if len(endpoint.requests) > asked:
        with anyio.move_on_after(SETTLE_S):
            await endpoint.wait_for(lambda all_: all(one.ended_s is not None for one in all_[asked:]))
    return endpoint.requests[asked:]


def _told(
    cell: Cell,
    outcome: Outcome,
    tap: Tap,
    *,
    seconds: float,
    requests: Sequence[RequestRecord],
    wire: Wire,
    ending: Ending,
) -> Run:
    emitted = sum(one.tokens for one in requests if one.who == "tool" and one.streamed)
    return Run(
        cell=cell,
        status=outcome.status,
        error=str(outcome.error) if outcome.error else None,
        seconds=seconds,
        first_event_s=tap.first_event_s,
        first_tool_token_s=tap.first_tool_token_s,
        first_answer_token_s=tap.first_answer_token_s,
        tool_tokens=ToolTokens(emitted, wire.frames, tap.tool_tokens, dict(tap.lanes)),
        provider=tuple(ProviderCall(one.who, one.streamed, one.usage) for one in requests),
        tool_calls=tool_calls(ending.messages),
        answer=ending.answer,
        dropped=wire.dropped,
        events=tap.events(),
        conversation=ending.messages,
        notes=outcome.notes,
    )
