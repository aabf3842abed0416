"""Where the tool runs: in this process, or behind MCP in one of three ways.

The only file of the near side that knows the far side: it starts the server and, for `local`, runs the tool
bodies. Knows nothing of paths, agents and reports.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.callbacks import CallbackContext, Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langgraph.config import get_stream_writer
from mcp import ClientSession

from client_demo.errors import UnknownName
from client_demo.servers.far import Far, Transport, starting
from client_demo.servers.target import Target
from mcp_server.quirks import OVER_HTTP, QUIRKS, quirky
from mcp_server.tools import TOOLS, configure, schema
from throughline.client import local_tool, open_session
from throughline.errors import ServerUnavailable

TOOL_NAMES = tuple(spec.name for spec in TOOLS)


@dataclass(frozen=True, slots=True)
class Wire:
    """What arrived: frames of ours, and reports that came to nothing on this side of the wire."""

    frames: int = 0
    dropped: int = 0

    def since(self, before: Wire) -> Wire:
        """What arrived after an earlier look."""
        return Wire(self.frames - before.frames, self.dropped - before.dropped)


@dataclass(frozen=True, slots=True)
class Placed:
    """The tools of a placement, what has come over its wire so far, and its server as the user named it.

    `session` is the one that is held, where one is.
    """

    tools: tuple[BaseTool, ...]
    wire: Callable[[], Wire] = Wire
    server: str = ""
    session: Callable[[], ClientSession] | None = None

    def tool(self, name: str) -> BaseTool:
        """Find one tool."""
        for tool in self.tools:
            if tool.name == name:
                return tool
        raise UnknownName(kind="tool", name=name, valid=[tool.name for tool in self.tools])


@dataclass(frozen=True, slots=True)
class Placement:
    """One place for the tool, as data; `open` is an async context manager that yields the tools."""

    name: str
    summary: str
    open: Callable[[Far], AbstractAsyncContextManager[Placed]]


@asynccontextmanager
async def local(far: Far) -> AsyncIterator[Placed]:
    """Run the tool bodies in this process."""
    configure(far.settings)
    yield Placed(
        tuple(
            local_tool(spec.body, name=spec.name, description=spec.description, args_schema=schema(spec))
            for spec in (quirky(spec, far.quirks) for spec in TOOLS)
        )
    )


@asynccontextmanager
async def adapters(far: Far) -> AsyncIterator[Placed]:
    """Use langchain-mcp-adapters as its documentation begins: a new session, and server, for each call."""
    async with far.reached() as target:
        client = MultiServerMCPClient({"demo": target.connection()})
        with starting(far), anyio.fail_after(far.start_s):
            tools = await client.get_tools()
        yield Placed(tuple(tools))


@asynccontextmanager
async def held(far: Far) -> AsyncIterator[Placed]:
    """Use the adapters on one held session, with a progress callback that writes to the stream.

    It is the design that everybody tries first. The callback runs where the session was opened, which is
    outside of any graph: what it raises there, mcp logs and drops.
    """
    dropped: list[str] = []

    async def write_progress(
        progress: float, total: float | None, message: str | None, context: CallbackContext
    ) -> None:
        try:
            get_stream_writer()({"tool": context.tool_name, "progress": progress, "message": message})
        except RuntimeError as error:
            dropped.append(str(error))

    callbacks = Callbacks(on_progress=write_progress)
    with starting(far) as start:
        async with far.reached() as target, _plain(target, callbacks) as session:
            with anyio.fail_after(far.start_s):
                await session.initialize()
                tools = await load_mcp_tools(session, callbacks=callbacks)
            start.over = True
            yield Placed(tuple(tools), wire=lambda: Wire(dropped=len(dropped)), session=lambda: session)
            start.left = True


@asynccontextmanager
async def bridged(far: Far) -> AsyncIterator[Placed]:
    """Use throughline: one held session, and tools that stream as local ones do."""
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(far.reached())
        try:
            session = open_session(target.server(), connect_s=far.start_s)
            remote = await stack.enter_async_context(session)
        except ServerUnavailable as error:  # which names what was reached, tap and all
            raise ServerUnavailable(server=far.title, reason=error.reason) from None
        tools = await remote.load_tools()
        yield Placed(
            tuple(tools),
            wire=lambda: Wire(frames=sum(one.received.frames for one in remote.ledgers)),
            server=far.title,
            session=lambda: remote.session,
        )


def _plain(target: Target, callbacks: Callbacks) -> AbstractAsyncContextManager[ClientSession]:
    client = MultiServerMCPClient({"demo": target.connection()}, callbacks=callbacks)
    return client.session("demo", auto_initialize=False)


PLACEMENTS: tuple[Placement, ...] = (
    Placement("local", "in this process: the reference", local),
    Placement("adapters", "behind MCP, plain langchain-mcp-adapters, a session for each call", adapters),
    Placement("held", "behind MCP, plain adapters, one held session, progress written to the stream", held),
    Placement("bridged", "behind MCP, one held session, throughline's bridge", bridged),
)


def own_tools() -> tuple[dict[str, Any], ...]:
    """The tools of our own server, as it lists them."""
    return tuple(
        {"name": spec.name, "description": spec.description, "inputSchema": schema(spec)} for spec in TOOLS
    )


def placement_named(name: str) -> Placement:
    """Find a placement by its name; the error of an unknown one gives the nearest."""
    for placement in PLACEMENTS:
        if placement.name == name:
            return placement
    raise UnknownName(kind="placement", name=name, valid=[placement.name for placement in PLACEMENTS])


def quirks_named(names: Iterable[str], *, transport: Transport = "stdio") -> tuple[str, ...]:
    """Check names of quirks that our server can have; an unknown one is told with the nearest."""
    valid = [name for name in QUIRKS if name != OVER_HTTP or transport == "http"]
    for name in names:
        if name not in valid:
            raise UnknownName(kind="quirk", name=name, valid=valid)
    return tuple(dict.fromkeys(names))
