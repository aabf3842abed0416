"""Answers from a model of this process: its deltas as OpenAI's HTTP bodies.

Knows batches and bodies. Refuses to know which model writes, and who reads.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus

from throughline.model.answer import EVENT_HEADERS, JSON_HEADERS, Answer, Incoming
from throughline.model.ask import Ask, read_ask
from throughline.model.deltas import Author, Batch, Finish, Guise, Text
from throughline.model.encode import EventStream, WholeAnswer
from throughline.model.errors import Refused
from throughline.model.records import COMPLETIONS, Note


class Local:
    """Serves one author."""

    def __init__(self, author: Author) -> None:
        self._author = author

    @asynccontextmanager
    async def models(self, incoming: Incoming) -> AsyncIterator[Answer]:
        """List the author's models."""
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "throughline"}
            for name in self._author.names
        ]
        body = json.dumps({"object": "list", "data": data}).encode()
        yield Answer(200, JSON_HEADERS, _once(body))

    @asynccontextmanager
    async def complete(self, incoming: Incoming, note: Note) -> AsyncIterator[Answer]:
        """Have the author write, and encode what is written as the request wants it."""
        ask = read_ask(incoming.body, who=note.who)
        if not self._author.serves(ask.model):
            raise _unknown(ask.model, self._author.names)
        async with aclosing(_noted(self._author.write(ask), ask, note)) as noted:
            if ask.stream:
                first = await anext(noted)  # errors that deserve a status come before the first batch
                yield Answer(200, EVENT_HEADERS, _events(ask, first, noted))
            else:
                yield Answer(200, JSON_HEADERS, _once(await _whole(ask, noted)))

    @asynccontextmanager
    async def other(self, incoming: Incoming, note: Note) -> AsyncIterator[Answer]:
        """Refuse: chat completions are all that an author can write."""
        yield _not_here(incoming)


def _not_here(incoming: Incoming) -> Answer:
    path = incoming.path.partition("?")[0]
    status = HTTPStatus.METHOD_NOT_ALLOWED if path in ("/models", COMPLETIONS) else HTTPStatus.NOT_FOUND
    raise Refused(f"Invalid URL ({incoming.method} /v1{path}).", status=status, code="unknown_url")


def _unknown(model: str, names: tuple[str, ...]) -> Refused:
    return Refused(
        f"The model {model!r} does not exist; this endpoint has {', '.join(names)}.",
        status=404,
        code="model_not_found",
        param="model",
    )


async def _noted(batches: AsyncGenerator[Batch, None], ask: Ask, note: Note) -> AsyncGenerator[Batch, None]:
    """Pass the batches on, noted as produced before anybody reads them."""
    usage = ask.include_usage or not ask.stream
    async with aclosing(batches):
        async for batch in batches:
            usage = usage and not any(isinstance(delta, Guise) and delta.bare for delta in batch[:1])
            note.produced([delta.text for delta in batch if isinstance(delta, Text)])
            for delta in batch[-1:]:
                if isinstance(delta, Finish):
                    note.finished(delta.reason, usage=usage)
            yield batch


async def _events(ask: Ask, first: Batch, rest: AsyncIterator[Batch]) -> AsyncGenerator[bytes, None]:
    stream = EventStream(ask, next((delta for delta in first if isinstance(delta, Guise)), None))
    yield stream.begin() + stream.encode(first)
    async for batch in rest:
        yield stream.encode(batch)


async def _whole(ask: Ask, batches: AsyncIterator[Batch]) -> bytes:
    answer = WholeAnswer(ask)
    async for batch in batches:
        answer.add(batch)
    return answer.encode()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
