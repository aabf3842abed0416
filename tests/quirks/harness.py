"""Calls on a server that misbehaves, message by message as they come.

Knows the wire; knows no quirk.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import anyio

from tests.server.harness import RawServer, raw_server
from throughline.events import Event, RunStream, Tokens
from throughline.ledger import chunk_text
from throughline.model import OpenModel
from throughline.model.records import RequestRecord
from throughline.wire import FRAME, LEDGER, read_frame

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
Watch = Callable[[Callable[[RequestRecord], bool]], Awaitable[RequestRecord]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one call, in its order, up to its answer."""

    number: int
    messages: Sequence[Json]

    @property
    def progress(self) -> list[Json]:
        return [one["params"] for one in self.messages if one.get("method") == "notifications/progress"]

    @property
    def seqs(self) -> list[int]:
        return [params["_meta"][FRAME]["seq"] for params in self.progress]

    @property
    def events(self) -> list[Event]:
        frames = [read_frame(params["_meta"]) for params in self.progress]
        return [event for frame in frames if frame is not None for event in frame.events]

    @property
    def streamed(self) -> str:
        return text_of(self.events)

    @property
    def result(self) -> Json:
        [answer] = [one for one in self.messages if one.get("id") == self.number]
        result: Json = answer["result"]
        return result

    @property
    def text(self) -> str:
        return str(self.result["content"][0]["text"])

    @property
    def frames_sent(self) -> int:
        return int(self.result["_meta"][LEDGER]["frames"])


@dataclass(slots=True)
class Caller:
    """Calls a tool whose scripted answer is in the place that is asked about."""

    server: RawServer
    model: OpenModel
    tool: str = "list_items"
    _calls: int = field(default=0)

    async def begin(self, place: str, **wishes: bool) -> int:
        """Send a call; its number is that of its token as well."""
        self._calls += 1
        meta = {"progressToken": f"t{self._calls}", "throughline/stream": {"version": 1, **wishes}}
        await self.server.call(self._calls, self.tool, meta, place=place)
        return self._calls

    async def end(self, number: int) -> Heard:
        """Read up to the answer of a call."""
        messages: list[Json] = []
        while not messages or messages[-1].get("id") != number:
            messages.append(await self.server.receive())
        return Heard(number, messages)

    async def end_all(self, *numbers: int) -> list[Json]:
        """Read up to the last answer of several calls."""
        messages: list[Json] = []
        left = set(numbers)
        while left:
            messages.append(await self.server.receive())
            left.discard(messages[-1].get("id", 0))
        return messages

    async def call(self, place: str, **wishes: bool) -> Heard:
        return await self.end(await self.begin(place, **wishes))

    async def watch(self, place: str) -> Heard:
        """Call as a caller who streams does."""
        return await self.call(place, streaming=True)

    async def first_progress(self) -> Json:
        while (message := await self.server.receive()).get("method") != "notifications/progress":
            pass
        return message

    @asynccontextmanager
    async def under_way(self, place: str) -> AsyncIterator[tuple[int, Watch]]:
        """A streaming call whose model has begun to answer, and a way to wait for its model's request."""
        asked = len(self.model.endpoint.requests)

        async def until(wanted: Callable[[RequestRecord], bool]) -> RequestRecord:
            with anyio.fail_after(30):
                records = await self.model.endpoint.wait_for(
                    lambda records: len(records) > asked and wanted(records[asked])
                )
            return records[asked]

        number = await self.begin(place, streaming=True)
        await until(lambda record: record.tokens > 0)
        yield number, until


@asynccontextmanager
async def each_quirk(model: OpenModel) -> AsyncIterator[Caller]:
    """Start the server that has a tool for each quirk."""
    async with each_quirk_server(model) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        yield Caller(server, model)


@asynccontextmanager
async def each_quirk_server(model: OpenModel) -> AsyncIterator[RawServer]:
    """Its process."""
    measured = {name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ}
    env = {**measured, **model.settings.to_env()}
    command = [sys.executable, "-m", "tests.quirks.server"]
    async with await anyio.open_process(command, env=env, cwd=ROOT, stderr=DEVNULL) as process:
        try:
            yield RawServer(process)
        finally:
            process.kill()


@asynccontextmanager
async def misbehaving(model: OpenModel, quirks: str) -> AsyncIterator[Caller]:
    """Start the server with these quirks, ready to run tools."""
    env = {**model.settings.to_env(), "THROUGHLINE_LOG_LEVEL": "error"}
    async with raw_server(env, *(("--quirk", quirks) if quirks else ())) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        yield Caller(server, model)


def text_of(events: Sequence[Event]) -> str:
    """The text of all that models streamed."""
    texts: list[str] = []
    for event in events:
        match event:
            case Tokens(_, several):
                texts.extend(several)
            case RunStream(_, form, value) if form != "value":
                texts.append(chunk_text(value))
    return "".join(texts)


def prompt_of(model: OpenModel) -> str:
    """The latest prompt that came to the model."""
    return json.dumps(model.endpoint.requests[-1].body["messages"])
