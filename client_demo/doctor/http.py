"""A server behind a streamable HTTP endpoint, spoken to by hand: a POST a message, and one GET to listen.

Knows HTTP, event streams and the session's header. Refuses to follow redirects: they are told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
from anyio.abc import TaskGroup
from httpx_sse import EventSource, SSEError

from client_demo.doctor.wire import END_S, Ears, Ending, Message
from client_demo.servers.target import Target

CONNECT_S = 10.0
SESSION = "mcp-session-id"
VERSION = "mcp-protocol-version"
ACCEPT = {"accept": "application/json, text/event-stream"}
GONE = -32000
"""The code that an answer is given where there was none to be had."""
UNAUTHORIZED = (401, 403)
_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, SSEError, ValueError, RecursionError)


@asynccontextmanager
async def open_http(target: Target, ears: Ears) -> AsyncIterator[HttpWire]:
    """Get ready to speak to an endpoint; nothing is sent yet."""
    limits = httpx.Timeout(None, connect=CONNECT_S)
    async with (
        httpx.AsyncClient(headers={**ACCEPT, **target.headers}, timeout=limits) as client,
        anyio.create_task_group() as tasks,
    ):
        yield HttpWire(client, tasks, target.url, ears)
        tasks.cancel_scope.cancel()


class HttpWire:
    """One endpoint, and the session with it. See `wire.Wire`."""

    transport = "http"

    def __init__(self, client: httpx.AsyncClient, tasks: TaskGroup, url: str, ears: Ears) -> None:
        self._client = client
        self._tasks = tasks
        self._url = url
        self._ears = ears
        self._headers: dict[str, str] = {}
        self._failures: list[str] = []
        self._open: set[Any] = set()
        self.key_refused = False

    @property
    def aside(self) -> tuple[str, ...]:
        """What went wrong last over HTTP."""
        return tuple(self._failures[-1:])

    async def send(self, message: Message) -> None:
        """POST a message; the answer to a request is waited for elsewhere."""
        if _is_request(message):
            self._open.add(message["id"])
            self._tasks.start_soon(self._post, message)
        else:
            await self._post(message)
        if message.get("method") == "notifications/initialized":
            self._tasks.start_soon(self._listen)

    async def send_text(self, text: str) -> None:
        """POST something that is no message; what comes of it is of no interest."""
        try:
            await self._client.post(self._url, content=text, headers=self._json())
        except httpx.HTTPError as error:
            self._failures.append(_words(error))

    async def end(self) -> Ending:
        """DELETE the session, where there is one."""
        began = anyio.current_time()
        if SESSION not in self._headers:
            return Ending("nothing", None, 0.0)
        code = None
        with anyio.move_on_after(END_S):
            try:
                code = (await self._client.delete(self._url, headers=self._headers)).status_code
            except httpx.HTTPError as error:
                self._failures.append(_words(error))
        return Ending("deleted", code, anyio.current_time() - began)

    def _json(self) -> dict[str, str]:
        return {**self._headers, "content-type": "application/json"}

    async def _post(self, message: Message) -> None:
        try:
            async with self._client.stream(
                "POST", self._url, json=message, headers=self._headers
            ) as response:
                self.key_refused = response.status_code in UNAUTHORIZED
                if response.is_success:
                    await self._answered(message, response)
                else:
                    self._fail(message, _refusal(response))
        except _FOREIGN as error:
            self._fail(message, _words(error))
            if isinstance(error, httpx.ConnectError):
                self._ears.lose(_words(error))

    async def _answered(self, message: Message, response: httpx.Response) -> None:
        if session := response.headers.get(SESSION):
            self._headers[SESSION] = session
        kind = response.headers.get("content-type", "").partition(";")[0]
        if not _is_request(message):
            return
        match kind:
            case "application/json":
                await response.aread()
                self._hear(response.json(), message)
            case "text/event-stream":
                async for event in EventSource(response).aiter_sse():
                    if event.data:  # an event without is where a stream may be taken up again
                        self._hear(event.json(), message)
            case _:
                self._fail(
                    message, f"it answers with {kind or 'nothing'} and not with JSON or an event stream"
                )
                return
        if message["id"] in self._open:
            self._fail(message, "the answer's stream ended without it")

    def _hear(self, heard: Any, asked: Message) -> None:
        for one in heard if isinstance(heard, list) else [heard]:
            if not isinstance(one, dict) or one.get("jsonrpc") != "2.0":
                self._ears.noise(str(one)[:200])
                continue
            if asked.get("method") == "initialize" and isinstance(one.get("result"), dict):
                self._headers[VERSION] = str(one["result"].get("protocolVersion", ""))
            if not _is_request(one):
                self._open.discard(one.get("id"))
            self._ears.hear(one)

    async def _listen(self) -> None:
        """Hear what the server sends on its own accord, where it offers that."""
        headers = {**self._headers, "accept": "text/event-stream"}
        try:
            async with self._client.stream("GET", self._url, headers=headers) as response:
                if response.headers.get("content-type", "").startswith("text/event-stream"):
                    async for event in EventSource(response).aiter_sse():
                        if event.data:
                            self._hear(event.json(), {})
        except _FOREIGN as error:
            self._failures.append(_words(error))

    def _fail(self, message: Message, reason: str) -> None:
        """Answer a request in the server's place, if it did not."""
        self._failures.append(reason)
        if _is_request(message) and message["id"] in self._open:
            self._open.remove(message["id"])
            error = {"code": GONE, "message": reason}
            self._ears.hear({"jsonrpc": "2.0", "id": message["id"], "error": error})


def _is_request(message: Message) -> bool:
    return "id" in message and "method" in message


def _refusal(response: httpx.Response) -> str:
    said = f"HTTP {response.status_code} {response.reason_phrase}".strip()
    if response.has_redirect_location:
        return f"{said}, redirected to {response.headers['location'].partition('?')[0]}"
    return said


def _words(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
