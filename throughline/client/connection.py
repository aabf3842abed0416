"""One connection to one MCP server, from the first byte to the last, in the task that opened it.

With `pipes.py` and `cancelling.py` the only file on the client's side that names mcp's session, transports
and messages. What arrives is only handed on; when a caller goes away the server is told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any

import anyio
import httpx
from mcp import ClientSession, McpError, types
from mcp.client.stdio import StdioServerParameters, stdio_client
from pydantic import ValidationError

from throughline.client.call import RemoteCall
from throughline.client.cancelling import CancellingClientSession
from throughline.client.http import open_http
from throughline.client.pipes import open_pipes
from throughline.client.queue import Send, queue
from throughline.errors import RequestRefused, ServerUnavailable, WireError

PROGRESS = "notifications/progress"
FIRST_ID = 1 << 32
"""Our requests are numbered from here; mcp's own session numbers its requests from 0."""
# What mcp's session and transports raise: RuntimeError where a server speaks another version of MCP.
_FOREIGN = (
    OSError,
    ValidationError,
    RuntimeError,
    McpError,
    httpx.HTTPError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A streamable HTTP endpoint, and the headers that every request to it carries."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


Server = StdioServerParameters | HttpServer | str
"""A command to spawn, or a streamable HTTP endpoint: with headers, or just its URL."""


class Connection:
    """One connection. `calls` are those in flight, by their progress token; `lost` once it has ended."""

    def __init__(self, server: Server, *, connect_s: float) -> None:
        self.calls: dict[str, RemoteCall] = {}
        self.lost = False
        self._server = server
        self._connect_s = connect_s
        self._ended = anyio.Event()
        self._connecting = anyio.CancelScope()
        self._session: ClientSession | None = None
        self._write: Send | None = None
        self._ids = count(FIRST_ID)
        self._asked: dict[types.RequestId, RemoteCall] = {}

    @property
    def session(self) -> ClientSession:
        """The MCP session. Raises: ServerUnavailable where it is not, or no longer, connected."""
        if self._session is None or self.lost:
            raise ServerUnavailable(server=describe(self._server), reason="the connection was lost")
        return self._session

    async def hold(self, connected: Callable[[], None]) -> None:
        """Connect, say so, stay until the connection ends or `leave` is called, and close it.

        Raises: ServerUnavailable where it never came to be connected.
        """
        try:
            await self._hold(connected)
        except* _FOREIGN as group:
            if self._session is None:  # after that, leaving a server that still sends raises in mcp 1.30
                raise ServerUnavailable(server=describe(self._server), reason=_reason(group)) from None
        finally:
            self.leave()

    def leave(self) -> None:
        """End the connection; every call in flight ends with that."""
        self.lost = True
        self._ended.set()
        self._connecting.cancel()
        for call in self._asked.values():
            call.lose()

    def ask(self, call: RemoteCall, arguments: dict[str, Any], meta: dict[str, Any]) -> None:
        """Send a call's request; its progress and its answer are handed to the call as they come.

        It bypasses `ClientSession.send_request`, which costs streams and tasks that a call has no use for.
        """
        request_id = next(self._ids)
        self.calls[call.token] = call
        self._asked[request_id] = call
        params = {"name": call.tool, "arguments": arguments, "_meta": {"progressToken": call.token, **meta}}
        self._send({"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params})

    def leave_call(self, call: RemoteCall) -> None:
        """The caller is done with a call; where the server is not, it is told.

        Nothing is awaited: below a cancelled scope of anyio's, a task that a framework has put in between is
        cancelled at every await, shielded or not.
        """
        self.calls.pop(call.token, None)
        request_id = next((number for number, asked in self._asked.items() if asked is call), None)
        if request_id is None or self.lost:
            return
        del self._asked[request_id]
        params = {"requestId": request_id, "reason": "The caller went away."}
        self._send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})

    def take(self, message: dict[str, Any]) -> bool:
        """Whether a message of the wire is for one of our calls, which has it then."""
        match message:
            case {"method": "notifications/progress", "params": {"progressToken": token, **params}}:
                if (call := self.calls.get(str(token))) is not None:
                    meta = params.get("_meta")
                    call.deliver(meta if isinstance(meta, dict) else None)
                return call is not None
            case {"id": int(number)} if "method" not in message and number in self._asked:
                call = self._asked.pop(number)
            case _:
                return False
        try:
            _answer(call, message)
        except ValidationError:
            remedy = "report it to the server's author."
            call.finish(error=WireError("The server's answer is not a tool result", remedy=remedy))
        return True

    def route_response(self, request_id: types.RequestId, response: dict[str, Any]) -> bool:
        """mcp's `ResponseRouter`: the same for an answer that came through the session's receive loop."""
        return self.take({"id": request_id, "result": response})

    def route_error(self, request_id: types.RequestId, error: types.ErrorData) -> bool:
        """mcp's `ResponseRouter`: the same for an answer that is an error."""
        return self.take({"id": request_id, "error": error.model_dump()})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._write is not None
        try:
            self._write(message)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            self.leave()

    async def _hold(self, connected: Callable[[], None]) -> None:
        async with self._transport() as (read, write, send):
            session = CancellingClientSession(
                read, write, message_handler=self._on_message, on_end=self.leave
            )
            session.add_response_router(self)
            async with session:
                with self._connecting, anyio.fail_after(self._connect_s):
                    await session.initialize()
                if self._connecting.cancelled_caught:
                    return
                self._session, self._write = session, send
                connected()
                await self._ended.wait()

    @asynccontextmanager
    async def _transport(self) -> AsyncIterator[tuple[Any, Any, Send]]:
        if isinstance(self._server, StdioServerParameters) and sys.platform != "win32":
            async with open_pipes(self._server, self.take) as pipes:
                yield pipes.read, pipes.write, pipes.send
            return
        opening: AbstractAsyncContextManager[Any]
        match self._server:
            case StdioServerParameters():
                opening = _sdk_stdio(self._server)
            case HttpServer(url, headers):
                opening = open_http(url, headers, forgotten=self.leave)
            case url:
                opening = open_http(url, {}, forgotten=self.leave)
        async with opening as streams:
            yield streams

    async def _on_message(self, message: Any) -> None:
        match message:
            case types.ServerNotification(root=types.ProgressNotification(params=params)):
                meta = params.meta.model_extra if params.meta else None
                self.take(
                    {"method": PROGRESS, "params": {"progressToken": params.progressToken, "_meta": meta}}
                )


@asynccontextmanager
async def _sdk_stdio(server: StdioServerParameters) -> AsyncIterator[tuple[Any, Any, Send]]:
    async with stdio_client(server) as (read, write), queue(write) as send:
        yield read, write, send


def _answer(call: RemoteCall, message: dict[str, Any]) -> None:
    if "error" in message:
        error = types.ErrorData.model_validate(message["error"])
        if error.code == types.CONNECTION_CLOSED:
            call.lose()
            return
        refused = error.code >= HTTPStatus.BAD_REQUEST
        reason = RequestRefused(tool=call.tool, status=error.code, reason=error.message)
        call.finish(error=reason if refused else McpError(error))
    else:
        result = types.CallToolResult.model_validate(message.get("result"))
        call.finish(result=result, meta=result.meta)


def describe(server: Server) -> str:
    """A server as a person would name it."""
    if isinstance(server, str):
        return server
    if isinstance(server, HttpServer):
        return server.url
    return " ".join([os.path.basename(server.command), *server.args])


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case TimeoutError():
            return "it did not answer `initialize` in time"
        case McpError() if error.error.code == types.CONNECTION_CLOSED:
            return "it ended before it answered `initialize`"
        case ValidationError():
            return "its answer to `initialize` is not MCP"
        case _:
            return (str(error) or type(error).__name__).splitlines()[0]
