"""A tap on a streamable HTTP server: a loopback address that stands for the server's own.

Whatever is asked for there is asked for of the server, and its answer goes back as it comes: method, path,
headers and bytes. Changed is only what belongs to a connection, the name of the host, a redirection to the
server itself, and of the compressions that a client offers those that cannot be read here. Keys and cookies
pass, and nothing but messages is noted: each before its last byte goes on.

Knows HTTP as a proxy does; what the messages look like stands in `bodies.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import httpx

from client_demo.taps.bodies import READABLE, HttpLog, Reader, Unread, calls_a_tool, reader_of
from throughline.loopback import Loopback, Site
from throughline.urls import is_loopback

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

CONNECT_S = 30.0
"""Seconds for a connection, as mcp's own client has it; how long an answer takes is the client's affair."""
BROKEN = (httpx.TransportError, httpx.InvalidURL)
# Headers that belong to one connection (RFC 9110, 7.6.1), and the one that names the host.
_HOP = {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer"}
_HOP |= {b"transfer-encoding", b"upgrade", b"host"}


class HttpTap:
    """One tap on one server, in a thread of its own, from its making until `stop`."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.log = HttpLog()
        self._loopback = Loopback(self._site, name="throughline-tap")
        self._loopback.start_now()

    @property
    def url(self) -> str:
        """The tap's address for the server's URL: path, query and who logs in are the same."""
        login, at, _ = self._parts.netloc.rpartition("@")
        return self._parts._replace(scheme="http", netloc=login + at + self._loopback.address).geturl()

    def stop(self) -> None:
        """End every connection; returns when the thread has ended."""
        self._loopback.stop_now()

    @asynccontextmanager
    async def _site(self) -> AsyncIterator[Site]:
        origin = f"{self._parts.scheme}://{self._parts.netloc.rpartition('@')[2]}"
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=None),
            trust_env=not is_loopback(origin),
        ) as client:
            passing = _Passing(client, origin, self._parts.path, self._loopback, self.log)
            yield Site(passing.take, passing.close)


class _Passing:
    """Takes requests, in the tap's loop, and passes them on."""

    def __init__(
        self, client: httpx.AsyncClient, origin: str, path: str, loopback: Loopback, log: HttpLog
    ) -> None:
        self._client = client
        self._origin = origin
        self._paths = {path.rstrip("/")}
        self._loopback = loopback
        self._log = log
        self._under_way: set[anyio.CancelScope] = set()

    def close(self) -> None:
        """End what is under way."""
        for scope in self._under_way:
            scope.cancel()

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and its answer back (ASGI); whoever leaves here has left the server too."""
        if scope["type"] != "http" or (raw := await _whole(receive)) is None:
            return
        answering, watching = anyio.CancelScope(), anyio.CancelScope()
        self._under_way.add(answering)
        try:
            with answering:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_watch, receive, watching, answering)
                    await self._pass(scope, raw, send)
                    watching.cancel()  # before the answer is complete, which would pass for leaving
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._under_way.discard(answering)

    async def _pass(self, scope: Scope, raw: bytes, send: Send) -> None:
        is_mcp = _path(scope).rstrip("/") in self._paths
        if is_mcp and raw:
            self._log.note("to server", raw)
        try:
            response = await self._client.send(self._request(scope, raw), stream=True)
            try:
                if is_mcp and calls_a_tool(raw):
                    self._log.note_type(response.headers.get("content-type", ""))
                await self._answer(response, self._reader(response) if is_mcp else Unread(), send)
            finally:
                await response.aclose()
        except BROKEN:
            # What it looks like without a tap: the connection ends. The watch sees that, and ends this.
            self._loopback.hang_up(tuple(scope["client"]))
            await anyio.sleep_forever()

    async def _answer(self, response: httpx.Response, reader: Reader, send: Send) -> None:
        headers = self._headers_back(response)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for piece in response.aiter_raw():
            if passes := reader.feed(piece):
                await send({"type": "http.response.body", "body": passes, "more_body": True})
        if passes := reader.close():
            await send({"type": "http.response.body", "body": passes, "more_body": True})

    def _request(self, scope: Scope, raw: bytes) -> httpx.Request:
        query = scope["query_string"].decode("ascii")
        url = f"{self._origin}{_path(scope)}{'?' if query else ''}{query}"
        headers = [_offered(header) for header in scope["headers"] if header[0] not in _HOP]
        return httpx.Request(scope["method"], url, headers=headers, content=raw or None)

    def _reader(self, response: httpx.Response) -> Reader:
        kind = response.headers.get("content-type", "")
        encoding = response.headers.get("content-encoding", "")
        return reader_of(kind, encoding, partial(self._log.note, "to client"))

    def _headers_back(self, response: httpx.Response) -> Headers:
        kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _HOP]
        if "location" not in response.headers:
            return kept
        there = response.request.url.join(response.headers["location"])
        if not self._is_there(there):
            return kept
        self._paths.add(there.path.rstrip("/"))
        here = f"http://{self._loopback.address}{there.raw_path.decode('ascii')}".encode()
        return [(name, here if name.lower() == b"location" else value) for name, value in kept]

    def _is_there(self, url: httpx.URL) -> bool:
        """Whether a redirection leads to the same server; if that is from http to https, it is kept."""
        origin = httpx.URL(self._origin)
        schemes = (origin.scheme, "https") if url.port is None else (origin.scheme,)
        if (url.host, url.port) != (origin.host, origin.port) or url.scheme not in schemes:
            return False
        self._origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        return True


async def _whole(receive: Receive) -> bytes | None:
    """The body of a request; None where its client left in the middle of it."""
    pieces: list[bytes] = []
    while (message := await receive())["type"] == "http.request":
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)
    return None


async def _watch(receive: Receive, watching: anyio.CancelScope, answering: anyio.CancelScope) -> None:
    """Wait until the client is gone, and end the answer with that."""
    with watching:
        while (await receive())["type"] != "http.disconnect":
            pass
        answering.cancel()


def _path(scope: Scope) -> str:
    path: bytes = scope["raw_path"]
    return path.decode("ascii")


def _offered(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name != b"accept-encoding":
        return header
    offered = [one.strip() for one in value.decode("latin-1").split(",")]
    kept = [one for one in offered if one.partition(";")[0].strip().lower() in READABLE]
    return name, (", ".join(kept) or "identity").encode("latin-1")
