"""Where the tool runs: in this process, or behind MCP in one of three ways.

The only file of the near side that knows the far side: it starts the server and, for `local`, runs the tool
bodies. Knows nothing of paths, agents and reports.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import anyio
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.callbacks import CallbackContext, Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langgraph.config import get_stream_writer
from mcp import ClientSession
from mcp.shared.exceptions import McpError

from client_demo.errors import UnknownName
from client_demo.targets import Target
from mcp_server.quirks import OVER_HTTP, QUIRKS, quirky
from mcp_server.tools import TOOLS, configure, schema
from throughline.client import local_tool, open_session
from throughline.errors import ServerUnavailable
from throughline.model.settings import ModelSettings

START_S = 30.0
"""Seconds in which a server that is started must have listed its tools."""
NO_SERVER = (OSError, McpError, anyio.BrokenResourceError, anyio.ClosedResourceError)
"""What is raised, alone or in a group, where a server does not start; which of them is a matter of chance."""
Transport = Literal["stdio", "http"]
OWN_SERVER = Target("demo", command=(sys.executable, "-m", "mcp_server"))
TOOL_NAMES = tuple(spec.name for spec in TOOLS)


@dataclass(frozen=True, slots=True)
class Far:
    """What it takes to reach the server: where it is, and the model that its tools are to use.

    Without a `target` it is our own, which then has the `quirks`, as its tools have here. `tap` puts a tap
    before it: a command before its command, or another URL in place of its URL.
    """

    settings: ModelSettings
    target: Target | None = None
    quirks: tuple[str, ...] = ()
    transport: Transport = "stdio"
    tap: Callable[[Target], Target] | None = None

    @property
    def named(self) -> Target:
        """The server as the user named it."""
        return self.target or OWN_SERVER

    @property
    def reached(self) -> Target:
        """The server as it is reached: told of the model, and with the tap before it."""
        target = self.named
        if self.target is None and self.quirks:
            target = replace(target, command=(*target.command, "--quirk", ",".join(self.quirks)))
        target = target.with_env({**self.settings.to_env(), "THROUGHLINE_LOG_LEVEL": "error"})
        return self.tap(target) if self.tap else target


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
    client = MultiServerMCPClient({"demo": far.reached.connection()})
    with _starting(far), anyio.fail_after(START_S):
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
    client = MultiServerMCPClient({"demo": far.reached.connection()}, callbacks=callbacks)
    with _starting(far) as start:
        async with client.session("demo", auto_initialize=False) as session:
            with anyio.fail_after(START_S):
                await session.initialize()
                tools = await load_mcp_tools(session, callbacks=callbacks)
            start.over = True
            yield Placed(tuple(tools), wire=lambda: Wire(dropped=len(dropped)), session=lambda: session)


@asynccontextmanager
async def bridged(far: Far) -> AsyncIterator[Placed]:
    """Use throughline: one held session, and tools that stream as local ones do."""
    async with AsyncExitStack() as stack:
        try:
            remote = await stack.enter_async_context(open_session(far.reached.server()))
        except ServerUnavailable as error:  # which names the command that was started, tap and all
            raise ServerUnavailable(server=_title(far.named), reason=error.reason) from None
        tools = await remote.load_tools()
        yield Placed(
            tuple(tools),
            wire=lambda: Wire(frames=sum(one.received.frames for one in remote.ledgers)),
            server=_title(far.named),
            session=lambda: remote.session,
        )


PLACEMENTS: tuple[Placement, ...] = (
    Placement("local", "in this process: the reference", local),
    Placement("adapters", "behind MCP, plain langchain-mcp-adapters, a session for each call", adapters),
    Placement("held", "behind MCP, plain adapters, one held session, progress written to the stream", held),
    Placement("bridged", "behind MCP, one held session, throughline's bridge", bridged),
)


def placement_named(name: str) -> Placement:
    """Find a placement by its name; the error of an unknown one gives the nearest."""
    for placement in PLACEMENTS:
        if placement.name == name:
            return placement
    raise UnknownName(kind="placement", name=name, valid=[placement.name for placement in PLACEMENTS])


def quirks_named(names: Iterable[str]) -> tuple[str, ...]:
    """Check names of quirks that a server over stdio can have; an unknown one is told with the nearest."""
    valid = [name for name in QUIRKS if name != OVER_HTTP]
    for name in names:
        if name not in valid:
            raise UnknownName(kind="quirk", name=name, valid=valid)
    return tuple(dict.fromkeys(names))


def _title(target: Target) -> str:
    return target.title if target.url else shlex.join(target.command)


@dataclass(slots=True)
class _Start:
    over: bool = False


@contextmanager
def _starting(far: Far) -> Iterator[_Start]:
    """Until it is over: say in one sentence that the server does not start, whatever is raised about it."""
    start = _Start()
    try:
        yield start
    except (*NO_SERVER, ExceptionGroup) as error:
        found = error.subgroup(NO_SERVER) if isinstance(error, ExceptionGroup) else error
        if start.over or found is None:
            raise
        raise ServerUnavailable(server=_title(far.named), reason=_reason(found)) from None


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case McpError() | anyio.BrokenResourceError() | anyio.ClosedResourceError():
            return "it ended before it answered"
        case TimeoutError():
            return f"it did not answer within {START_S:g} s"
        case OSError():
            return error.strerror or str(error)
    return str(error)
