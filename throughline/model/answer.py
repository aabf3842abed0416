"""The seam between the endpoint's HTTP and whoever answers: this process's own model, or the user's endpoint.

Above it: keys, readers that leave, records. Below it: who makes the bytes. Neither knows the other's side.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from throughline.model.ask import Json
from throughline.model.records import Note

Headers = tuple[tuple[bytes, bytes], ...]

JSON_HEADERS: Headers = ((b"content-type", b"application/json"),)
EVENT_HEADERS: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came, and its body as JSON; `path` is what follows `/v1`, with its query."""

    headers: Headers
    raw: bytes
    body: Json
    method: str = "POST"
    path: str = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose status is known and whose bytes are still to come."""

    status: int
    headers: Headers
    pieces: AsyncGenerator[bytes, None]


class Provider(Protocol):
    """What an endpoint puts its readers through to; leaving the context stops the production."""

    def models(self, incoming: Incoming) -> AbstractAsyncContextManager[Answer]:
        """List the models."""

    def complete(self, incoming: Incoming, note: Note) -> AbstractAsyncContextManager[Answer]:
        """Answer a chat completion, noting what is produced; raise `Refused` where it cannot be answered."""

    def other(self, incoming: Incoming, note: Note) -> AbstractAsyncContextManager[Answer]:
        """Answer whatever else OpenAI's API has; raise `Refused` where it cannot be answered."""
