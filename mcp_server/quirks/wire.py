"""Wire quirks: what a bad server, or a bad proxy in front of it, does to the progress of calls.

Each stands between a call and the line writer that the call would use (`throughline.server.direct.wire`),
for as long as the call lives. Knows progress notifications as lines; knows no tool and no frame.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio

from mcp_server.quirks.catalog import OVER_HTTP, WIRE
from throughline.server import direct

if TYPE_CHECKING:
    from anyio.abc import TaskGroup
    from mcp.server.session import ServerSession
    from mcp.types import CallToolResult, ProgressToken

Tool = Callable[..., Awaitable["CallToolResult"]]
Send = direct.SendLine
Disturbance = Callable[[Send], AbstractAsyncContextManager[Send]]

LEFT_OUT = 2
LATE_S = 0.02
"""Seconds between a result and the progress that is late: together, they might be read as if in order."""


class Wire:
    """The wire quirks of one server; `running` keeps alive what outlives a call."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names) & (WIRE.keys() - {OVER_HTTP})  # which is of the transport
        self._outliving: TaskGroup
        self._tokens: WeakKeyDictionary[ServerSession, list[ProgressToken]] = WeakKeyDictionary()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be open as long as the server is; with it ends whatever a call has left behind."""
        async with anyio.create_task_group() as self._outliving:
            yield
            self._outliving.cancel_scope.cancel()

    def disturbed(self, tool: Tool) -> Tool:
        """Return a tool of FastMCP's kind whose calls meet these quirks; without any, the tool itself."""
        if not self._names:
            return tool

        @wraps(tool)
        async def disturbed(*, ctx: Any, **arguments: Any) -> CallToolResult:
            call = partial(self._call, tool, _Answered(), ctx, arguments)
            return await self._to_its_end(call) if "ignores_cancel" in self._names else await call()

        return disturbed

    async def _call(
        self, tool: Tool, answered: _Answered, ctx: Any, arguments: dict[str, Any]
    ) -> CallToolResult:
        if "ignores_cancel" in self._names:
            ctx = _unwatched(ctx)
        async with AsyncExitStack() as stack:
            send = direct.wire.get() or _session_wire(ctx)
            for disturbance in self._disturbances(answered, ctx):
                send = await stack.enter_async_context(disturbance(send))
            direct.wire.set(send)  # for this call: it has a task, and so a context, of its own
            return await tool(ctx=ctx, **arguments)

    def _disturbances(self, answered: _Answered, ctx: Any) -> list[Disturbance]:
        """Those that are wanted, from the wire to the call."""
        every: dict[str, Disturbance] = {
            "late": partial(self._late, answered),
            "buffered": _buffered,
            "reordered": _reordered,
            "lossy": _lossy,
            "misattributed": partial(self._misattributed, ctx),
        }
        return [disturbance for name, disturbance in every.items() if name in self._names]

    async def _to_its_end(self, call: Callable[[], Awaitable[CallToolResult]]) -> CallToolResult:
        """Wait for a call that goes on when this wait is cancelled; nobody is told its result then."""
        ended = anyio.Event()
        outcome: list[CallToolResult | Exception] = []

        async def run() -> None:
            try:
                outcome.append(await call())
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits, not to the server
                outcome.append(error)
            ended.set()

        self._outliving.start_soon(run)
        await ended.wait()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    @asynccontextmanager
    async def _late(self, answered: _Answered, send: Send) -> AsyncIterator[Send]:
        last: list[bytes] = []

        async def hold(line: bytes) -> None:
            last.append(line)
            if len(last) > 1:
                await send(last.pop(0))

        async def send_last() -> None:
            await answered.event.wait()
            await anyio.sleep(LATE_S)
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the client has left
                await send(last[0])

        yield hold
        if last:
            self._outliving.start_soon(send_last)

    @asynccontextmanager
    async def _misattributed(self, ctx: Any, send: Send) -> AsyncIterator[Send]:
        meta = ctx.request_context.meta
        if meta is None or meta.progressToken is None:  # nothing is sent
            yield send
            return
        own: ProgressToken = meta.progressToken
        live = self._tokens.setdefault(ctx.session, [])
        live.append(own)

        async def mistake(line: bytes) -> None:
            other = live[(live.index(own) + 1) % len(live)]
            await send(line if other == own else _under(other, line))

        try:
            yield mistake
        finally:
            live.remove(own)


class _Answered:
    """Set once the request that the current task serves was answered, which is the last that it does."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(lambda _: self.event.set())


@asynccontextmanager
async def _buffered(send: Send) -> AsyncIterator[Send]:
    held: list[bytes] = []

    async def hold(line: bytes) -> None:
        held.append(line)

    yield hold
    for line in held:
        await send(line)


@asynccontextmanager
async def _reordered(send: Send) -> AsyncIterator[Send]:
    first: list[bytes] = []

    async def swap(line: bytes) -> None:
        if not first:
            first.append(line)
            return
        await send(line)
        await send(first.pop())

    yield swap
    for line in first:
        await send(line)


@asynccontextmanager
async def _lossy(send: Send) -> AsyncIterator[Send]:
    seen = 0

    async def lose(line: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen != LEFT_OUT:
            await send(line)

    yield lose


def _under(token: ProgressToken, line: bytes) -> bytes:
    message = json.loads(line)
    return direct.encode_notification(message["method"], {**message["params"], "progressToken": token})


def _unwatched(ctx: Any) -> Any:
    """The same call for a client whose going is not noticed: over HTTP, it is the request that tells."""
    return type(ctx)(request_context=replace(ctx.request_context, request=None), fastmcp=ctx.fastmcp)


def _session_wire(ctx: Any) -> Send:
    """The way that lines go where there is no pipe of ours: as notifications of the session."""
    from mcp import types

    async def send(line: bytes) -> None:
        params = types.ProgressNotificationParams.model_validate(json.loads(line)["params"])
        notification = types.ProgressNotification(params=params)
        await ctx.session.send_notification(types.ServerNotification(notification), ctx.request_id)

    return send
