"""MCP over streamable HTTP as a client: the SDK's transport on an HTTP client that keeps troubles apart.

A request that the server refuses is an error of that request, where mcp 1.30 gives up the session with all of
its calls; a session that the server has forgotten is a lost one; a request whose answer breaks off ends,
where mcp waits for ever; and a cancellation does not overtake its request. Knows HTTP and mcp's transport;
knows no call.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import anyio
import httpx
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage
from mcp.types import CONNECTION_CLOSED
from typing_extensions import override

from throughline.client.queue import Send, Taken, queue
from throughline.urls import is_loopback

LIMITS = httpx.Timeout(30.0, read=300.0)
"""Mcp's own: 30 s, and 300 s of silence."""
SHOWN_CHARS = 200
_ID = re.compile(rb'"id":\s*(\d+)\s*}$')
_ID_BYTES = 40

Streams = tuple[
    MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage], Send
]


@asynccontextmanager
async def open_http(
    url: str, headers: Mapping[str, str], *, forgotten: Callable[[], None]
) -> AsyncIterator[Streams]:
    """The two streams of an MCP session, and a way to send past it.

    `forgotten` is called where the server does not know the session any more, or is not there. A refusal
    comes as an error whose code is the HTTP status, and an answer that breaks off as CONNECTION_CLOSED. A
    proxy that the environment names is for the world outside.
    """
    logging.getLogger("mcp.client.streamable_http").addFilter(_is_news)
    taken = Taken()
    outside = not is_loopback(url)
    async with (
        _Client(taken, forgotten, headers=dict(headers), timeout=LIMITS, trust_env=outside) as client,
        streamable_http_client(url, http_client=client) as (read, write, _),
        queue(write, taken) as send,
    ):
        yield read, write, send


class _Client(httpx.AsyncClient):
    """Says which requests the server has taken, and answers in its place where it takes none."""

    def __init__(self, taken: Taken, forgotten: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._taken = taken
        self._forgotten = forgotten

    @override
    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        if request.method != "POST" or "mcp-session-id" not in request.headers:
            return await super().send(request, **options)
        found = _ID.search(request.content[-_ID_BYTES:])
        number = int(found[1]) if found else None
        try:
            response = await super().send(request, **options)
        except httpx.TransportError as error:
            self._forgotten()
            if number is None:
                raise
            return _error(request, number, CONNECTION_CLOSED, str(error))
        finally:
            if number is not None:
                self._taken.took(number)
        if response.status_code == HTTPStatus.NOT_FOUND:
            self._forgotten()
        if response.is_error:
            return await _answered_for(response, number)
        if number is not None and _can_break_off(response):
            response.stream = _Ended(response.stream, number)
        return response


async def _answered_for(response: httpx.Response, number: int | None) -> httpx.Response:
    """What the SDK is given in place of a refusal, which would end its session."""
    said = (await response.aread())[:SHOWN_CHARS].decode("utf-8", "replace").strip()
    await response.aclose()
    if number is None:
        return httpx.Response(HTTPStatus.ACCEPTED, request=response.request)
    return _error(response.request, number, response.status_code, said or response.reason_phrase)


def _error(request: httpx.Request, number: int, code: int, message: str) -> httpx.Response:
    return httpx.Response(HTTPStatus.OK, json=_told(number, code, message), request=request)


def _told(number: int, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


def _can_break_off(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "")
    return kind.startswith("text/event-stream") and "content-encoding" not in response.headers


class _Ended(httpx.AsyncByteStream):
    """A stream of events that is read to its end only where the answer is not in it; then it gets one.

    Not where its events have ids: then the SDK asks for the rest.
    """

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, number: int) -> None:
        assert isinstance(stream, httpx.AsyncByteStream)
        self._stream = stream
        self._number = number

    async def __aiter__(self) -> AsyncIterator[bytes]:
        can_go_on = False
        try:
            async for piece in self._stream:
                can_go_on = can_go_on or piece.startswith(b"id:") or b"\nid:" in piece
                yield piece
        except httpx.TransportError:
            if can_go_on:
                raise
        if not can_go_on:
            told = _told(self._number, CONNECTION_CLOSED, "the answer broke off")
            yield b"\n\nevent: message\ndata: %s\n\n" % json.dumps(told).encode()

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the SDK's log is one: it tells with a traceback of each stream that we have left."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, anyio.ClosedResourceError | anyio.BrokenResourceError)
