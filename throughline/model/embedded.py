"""The embedded model: a real, small LLM that runs in this process.

Knows in which steps a request is answered, and what the engine's chunks mean. Refuses to know what a small
model is told (`prompts`) and what it may write (`grammar`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from throughline.model.ask import Ask, Json, Tool
from throughline.model.deltas import (
    Batch,
    CallArguments,
    CallStart,
    Delta,
    Finish,
    FinishReason,
    Misstep,
    Text,
)
from throughline.model.engine import CONTEXT_TOKENS, SLOTS, Engine
from throughline.model.errors import Refused
from throughline.model.generation import generate
from throughline.model.local import Local
from throughline.model.prompts import NO_TOOL, answering, calling, choosing


@asynccontextmanager
async def embedded(path: Path, *, names: tuple[str, ...]) -> AsyncIterator[Local]:
    """Open a model for an endpoint; it is loaded when it is first asked."""
    engine = Engine(path)
    with ThreadPoolExecutor(SLOTS, thread_name_prefix="throughline-engine") as workers:
        try:
            yield Local(Embedded(engine, workers, names=names))
        finally:
            engine.close()


class Embedded:
    """Writes what the engine generates. The first of its names is the model's own."""

    def __init__(self, engine: Engine, workers: ThreadPoolExecutor, *, names: tuple[str, ...]) -> None:
        self._engine = engine
        self._workers = workers
        self._names = names

    @property
    def names(self) -> tuple[str, ...]:
        """The model's own name."""
        return self._names[:1]

    def serves(self, model: str) -> bool:
        """Say whether it answers for this name."""
        return model in self._names

    async def write(self, ask: Ask) -> AsyncGenerator[Batch, None]:
        """Answer: choose a tool where there is a choice, then fill it in, or speak.

        A batch may be empty: that the engine reads the prompt is worth the head of the answer.
        """
        tool = await self._tool(ask)
        request = answering(ask) if tool is None else calling(ask, tool)
        transcript = Transcript(tool)
        try:
            async with aclosing(generate(self._engine, self._workers, request)) as arrivals:
                async for chunks in arrivals:
                    yield transcript.read(chunks)
        except Refused as refused:
            if not transcript.begun:
                raise  # in time for a status
            yield [Misstep("error", refused.message)]

    async def _tool(self, ask: Ask) -> Tool | None:
        """Find the tool to call, if any, with the engine's help where several would do."""
        tools = _offered(ask)
        if not tools or (len(tools) == 1 and ask.tool_choice != "auto"):
            return tools[0] if tools else None
        name = await self._say(choosing(ask, tools))
        return next((tool for tool in tools if tool.name == name), None)

    async def _say(self, request: Json) -> object:
        """Generate a short JSON value."""
        texts: list[str] = []
        transcript = Transcript(None)
        async with aclosing(generate(self._engine, self._workers, request)) as arrivals:
            async for chunks in arrivals:
                texts += [delta.text for delta in transcript.read(chunks) if isinstance(delta, Text)]
        try:
            return json.loads("".join(texts))
        except ValueError:
            return NO_TOOL


class Transcript:
    """Reads the engine's chunks as an answer in words, or as the arguments of a tool."""

    def __init__(self, tool: Tool | None) -> None:
        self._tool = tool
        self._reason: FinishReason = "stop" if tool is None else "tool_calls"
        self.begun = False

    def read(self, chunks: list[Json]) -> list[Delta]:
        """Read chunks; raise `Refused` where the engine says an error."""
        deltas = [delta for chunk in chunks for delta in self._chunk(chunk)]
        if self._tool is not None and not self.begun:
            deltas.insert(0, CallStart(0, f"call_{uuid4().hex[:24]}", self._tool.name))
        self.begun = True
        return deltas

    def _chunk(self, chunk: Json) -> list[Delta]:
        match chunk:
            case {"error": dict(error)}:
                raise _refused(error)
            case {"choices": [], "usage": {"prompt_tokens": int(asked), "completion_tokens": int(said)}}:
                return [Finish(self._reason, asked, said)]
            case {"choices": [{"delta": {"content": str(text)}}]} if text:
                return [Text(text) if self._tool is None else CallArguments(0, text)]
            case {"choices": [{"finish_reason": "length"}]}:
                self._reason = "length"
        return []


def _offered(ask: Ask) -> tuple[Tool, ...]:
    """The tools to choose from. After a result a model of this size would call on and on, so it answers."""
    if ask.tool_choice == "none" or (ask.tool_choice == "auto" and ask.results):
        return ()
    return tuple(tool for tool in ask.tools if ask.forced in (None, tool.name))


def _refused(error: dict[str, Any]) -> Refused:
    """Say the engine's error in OpenAI's words."""
    if error.get("type") == "exceed_context_size_error":
        return Refused(
            f"This model's maximum context length is {CONTEXT_TOKENS} tokens, and your messages have "
            f"{error.get('n_prompt_tokens', 'more')}. Please reduce the length of the messages.",
            code="context_length_exceeded",
            param="messages",
        )
    return Refused(str(error.get("message", error)), status=400 if error.get("code") == 400 else 500)
