"""One request and its reader: the answer goes out piece by piece, and stops when the reader leaves.

Knows ASGI's messages. Refuses to know keys, routes and who answers.
"""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING

import anyio

from throughline.model.answer import JSON_HEADERS, Answer, Headers
from throughline.model.encode import HangUp, error_body
from throughline.model.errors import Refused
from throughline.model.records import Note

if TYPE_CHECKING:
    from starlette.types import Receive, Send

# Each answer ends its connection: a client then holds no socket that could outlive its event loop, and the
# end of a connection always means that its reader left.
CLOSE: Headers = ((b"connection", b"close"),)
# The endpoint's own refusals would be the same at a second try; openai's client asks this header.
FINAL: Headers = ((b"x-should-retry", b"false"),)


class Exchange:
    """Runs once; `stop` ends it early, from the same loop."""

    def __init__(self, receive: Receive, send: Send, note: Note) -> None:
        self._receive = receive
        self._send = send
        self._note = note
        self._scope = anyio.CancelScope()
        self._begun = False
        self._left = False
        self._complete = False

    def stop(self) -> None:
        """End the exchange without completing the answer."""
        self._scope.cancel()

    async def run(self, answering: AbstractAsyncContextManager[Answer]) -> None:
        """Send the answer, or the error that stands in its place; return when production has stopped."""
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._watch)
                    await self._answer(answering)
                    tasks.cancel_scope.cancel()
        finally:
            # Noted last: whoever reads that the reader left may rely on nothing more being produced.
            self._note.ended(reader_left=self._left)

    async def _watch(self) -> None:
        """Wait for the end of the connection, however long the next token takes."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._complete:
            self._left = True
            self._scope.cancel()

    async def _answer(self, answering: AbstractAsyncContextManager[Answer]) -> None:
        try:
            async with answering as answer:
                await self._begin(answer.status, answer.headers)
                async with aclosing(answer.pieces) as pieces:
                    async for piece in pieces:
                        self._note.sends(piece)
                        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        except HangUp:
            if not self._begun:  # an answer must have begun to be broken off
                await self._begin(200, JSON_HEADERS)
            return
        except Refused as refused:
            await self._begin(refused.status, (*JSON_HEADERS, *FINAL))
            body = json.dumps(error_body(refused)).encode()
            self._note.sends(body)
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
        await self._end()

    async def _begin(self, status: int, headers: Headers) -> None:
        self._begun = True
        self._note.answered(status=status)
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *CLOSE]})

    async def _end(self) -> None:
        """Complete the answer; the server calls that a disconnect as well, so it is marked first."""
        self._complete = True
        self._note.ended()  # before the last byte: whoever has read the answer finds its record complete
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
