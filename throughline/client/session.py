"""A held session with one MCP server: opened outside any run, shared by all, renewed when it is lost.

One supervisor task opens and closes its connections, whoever calls, so that no run's context leaks into a
receive loop. A call needs no task of its own: it is what its caller waits for. Knows connections and calls;
knows no LangGraph and, beyond a type, no SDK.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
from mcp import ClientSession

from throughline.client.call import CallLedger, Limits, RemoteCall
from throughline.client.connection import Connection, Server, describe
from throughline.codec import scrub_json
from throughline.errors import ServerUnavailable
from throughline.wire import StreamRequest, write_request

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from throughline.client.bridge import Interceptor

CONNECT_S = 30.0
"""Seconds in which a server must have answered `initialize`."""
BACKOFF_S = 0.25
"""Seconds after the first failed attempt to connect; twice as long after each further one."""
MAX_BACKOFF_S = 15.0
KEPT_LEDGERS = 1000


@asynccontextmanager
async def open_session(
    server: Server,
    *,
    name: str = "remote",
    limits: Limits | None = None,
    connect_s: float = CONNECT_S,
    strict: bool = False,
) -> AsyncIterator[RemoteSession]:
    """Hold a session with an MCP server: a command over stdio, or the URL of a streamable HTTP endpoint.

    Open it outside any run, and leave it in the task that entered it. What is lost on the way is a finding in
    `RemoteSession.ledgers` and a warning in the log, or, where `strict`, an error of the call. Raises:
    ServerUnavailable where the server cannot be started or reached, or does not answer `initialize` within
    `connect_s` seconds.
    """
    remote = RemoteSession(server, name=name, limits=limits or Limits(), connect_s=connect_s, strict=strict)
    async with remote._supervised():  # noqa: SLF001 - its own class, below
        await remote.connected()
        yield remote


class _Attempt:
    """One attempt to connect, and how it ended."""

    def __init__(self) -> None:
        self.over = anyio.Event()
        self.error: ServerUnavailable | None = None


class RemoteSession:
    """One server, as its callers see it. `ledgers` holds what the latest calls carried, oldest first."""

    def __init__(self, server: Server, *, name: str, limits: Limits, connect_s: float, strict: bool) -> None:
        self.name = name
        self.ledgers: list[CallLedger] = []
        self._server = server
        self._limits = limits
        self._connect_s = connect_s
        self._strict = strict
        self._connection: Connection | None = None
        self._attempt: _Attempt | None = None
        self._wanted = anyio.Event()
        self._leaving = False
        self._failures = 0
        self._retry_at = 0.0
        self._tokens = (f"{name}-{number}" for number in count(1))

    @property
    def session(self) -> ClientSession:
        """The live MCP session, for listing tools, resources and prompts. Raises: ServerUnavailable."""
        if self._connection is None:
            raise ServerUnavailable(server=describe(self._server), reason="it is not connected")
        return self._connection.session

    @property
    def bridge(self) -> Interceptor:
        """The interceptor for `load_mcp_tools(remote.session, tool_interceptors=[remote.bridge])`."""
        from throughline.client.bridge import Bridge

        return Bridge(self).intercept

    async def load_tools(self) -> list[BaseTool]:
        """The server's tools, bridged, with results of the shape that a local tool's have."""
        from throughline.client.bridge import load_tools

        return await load_tools(self)

    async def connected(self) -> Connection:
        """The live connection; where there is none, a new one. Raises: ServerUnavailable."""
        while self._connection is None or self._connection.lost:
            if self._leaving:
                raise self._left()
            if self._attempt is None:
                self._check_backoff()
                self._attempt = _Attempt()
                self._wanted.set()
            attempt = self._attempt
            await attempt.over.wait()
            if attempt.error is not None:
                raise attempt.error
        return self._connection

    @asynccontextmanager
    async def call(
        self, tool: str, arguments: dict[str, Any], request: StreamRequest
    ) -> AsyncIterator[RemoteCall]:
        """One call of a tool, under way for as long as the context is open; left early, the server is told.

        Raises: ServerUnavailable where there is no connection and none can be made.
        """
        connection = await self.connected()
        call = RemoteCall(tool=tool, token=next(self._tokens), limits=self._limits, strict=self._strict)
        try:
            connection.ask(call, scrub_json(arguments), write_request(request))
            yield call
        finally:
            connection.leave_call(call)

    def keep(self, ledger: CallLedger) -> None:
        """Remember what a finished call carried."""
        self.ledgers.append(ledger)
        del self.ledgers[:-KEPT_LEDGERS]

    @asynccontextmanager
    async def _supervised(self) -> AsyncIterator[None]:
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._supervise)
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised again below: the group would wrap it
                failure = error
            finally:
                self._leave()
        if failure is not None:
            raise failure

    def _leave(self) -> None:
        self._leaving = True
        self._wanted.set()
        if self._connection is not None:
            self._connection.leave()

    async def _supervise(self) -> None:
        """Connect whenever a connection is wanted. Shielded: `_leave` ends it, which never fails to come."""
        with anyio.CancelScope(shield=True):
            while True:
                await self._wanted.wait()
                if self._leaving:
                    break
                self._wanted = anyio.Event()
                await self._hold()
        if self._attempt is not None:
            self._over(self._attempt, self._left())

    def _left(self) -> ServerUnavailable:
        return ServerUnavailable(server=describe(self._server), reason="the session was left")

    async def _hold(self) -> None:
        attempt = self._attempt
        assert attempt is not None
        self._connection = Connection(self._server, connect_s=self._connect_s)
        error = self._left()
        try:
            await self._connection.hold(partial(self._over, attempt, None))
        except* ServerUnavailable as group:
            error = _first(group)
        if not attempt.over.is_set():
            self._over(attempt, error)

    def _over(self, attempt: _Attempt, error: ServerUnavailable | None) -> None:
        """An attempt to connect has ended, well or with an error."""
        self._attempt = None
        attempt.error = error
        attempt.over.set()
        if error is None:
            self._failures = 0
            return
        self._retry_at = anyio.current_time() + min(BACKOFF_S * 2**self._failures, MAX_BACKOFF_S)
        self._failures += 1

    def _check_backoff(self) -> None:
        left_s = self._retry_at - anyio.current_time()
        if self._failures and left_s > 0:
            attempts = "1 attempt" if self._failures == 1 else f"{self._failures} attempts"
            reason = f"{attempts} failed, the next is made in {left_s:.1f} s"
            raise ServerUnavailable(server=describe(self._server), reason=reason)


def _first(group: BaseExceptionGroup[ServerUnavailable]) -> ServerUnavailable:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ServerUnavailable)
    return error
