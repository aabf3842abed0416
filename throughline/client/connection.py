"""One connection to one MCP server, from the first byte to the last, in the task that opened it.

The only file on the client's side that names mcp's session, transports and notifications. The receive loop
only hands on. When a caller goes away the server is told (mcp 1.30's own client never does;
`tests/test_private_names.py` says when that workaround can go).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

import anyio
from mcp import ClientSession, McpError, types
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from typing_extensions import override

from throughline.client.call import RemoteCall
from throughline.errors import ConnectionLost, ServerUnavailable

TELL_S = 2.0
"""Seconds that telling the server of a cancelled request may take."""
_TIMED_OUT = 408

Server = StdioServerParameters | str
"""A command to spawn, or the URL of a streamable HTTP endpoint."""


class CancellingClientSession(ClientSession):
    """mcp 1.30's client session that tells the server when a request is abandoned, and us when it ends."""

    def __init__(self, *args: Any, on_end: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_end = on_end

    @override
    async def send_request(self, request: types.ClientRequest, *args: Any, **kwargs: Any) -> Any:
        request_id = self._request_id  # what super() takes before its first await
        try:
            return await super().send_request(request, *args, **kwargs)
        except anyio.get_cancelled_exc_class():
            await self._abandon(request, request_id, "The caller went away.")
            raise
        except McpError as error:
            if error.error.code == _TIMED_OUT:
                await self._abandon(request, request_id, "The caller's time limit ran out.")
            raise

    @override
    async def _receive_loop(self) -> None:
        try:
            await super()._receive_loop()
        finally:
            self._on_end()

    async def _abandon(self, request: types.ClientRequest, request_id: int, reason: str) -> None:
        if isinstance(request.root, types.InitializeRequest):
            return  # the specification forbids it
        params = types.CancelledNotificationParams(requestId=request_id, reason=reason)
        notification = types.ClientNotification(types.CancelledNotification(params=params))
        with anyio.move_on_after(TELL_S, shield=True):
            # where the connection is gone, so is the server
            with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                await self.send_notification(notification)


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
        except* (OSError, McpError, anyio.BrokenResourceError, anyio.ClosedResourceError) as group:
            if self._session is None:  # after that, leaving a server that still sends raises in mcp 1.30
                raise ServerUnavailable(server=describe(self._server), reason=_reason(group)) from None
        finally:
            self.leave()

    def leave(self) -> None:
        """End the connection; every call in flight ends with that."""
        self.lost = True
        self._ended.set()
        self._connecting.cancel()
        for call in self.calls.values():
            call.finish(error=ConnectionLost(tool=call.tool, tokens=call.received().tokens))

    async def drive(
        self, call: RemoteCall, scope: anyio.CancelScope, arguments: dict[str, Any], meta: Any
    ) -> None:
        """Send a call's request and give the call what comes back."""
        with scope:
            try:
                meta = {"progressToken": call.token, **meta}
                result = await self.session.call_tool(call.tool, arguments, meta=meta)
                call.finish(result=result, meta=result.meta)
            except McpError as error:
                if error.error.code == types.CONNECTION_CLOSED:
                    self.leave()
                call.finish(error=error)
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                self.leave()

    async def _hold(self, connected: Callable[[], None]) -> None:
        async with self._transport() as (read, write, *_):
            session = CancellingClientSession(
                read, write, message_handler=self._on_message, on_end=self.leave
            )
            async with session:
                with self._connecting, anyio.fail_after(self._connect_s):
                    await session.initialize()
                if self._connecting.cancelled_caught:
                    return
                self._session = session
                connected()
                await self._ended.wait()

    def _transport(self) -> AbstractAsyncContextManager[Any]:
        if isinstance(self._server, str):
            return streamable_http_client(self._server)
        return stdio_client(self._server)

    async def _on_message(self, message: Any) -> None:
        match message:
            case types.ServerNotification(root=types.ProgressNotification(params=params)):
                if (call := self.calls.get(str(params.progressToken))) is not None:
                    call.deliver(params.meta.model_extra if params.meta else None)


def describe(server: Server) -> str:
    """A server as a person would name it."""
    if isinstance(server, str):
        return server
    return " ".join([os.path.basename(server.command), *server.args])


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "it did not answer `initialize` in time"
    if isinstance(error, McpError):
        return "it ended before it answered `initialize`"
    return str(error) or type(error).__name__
