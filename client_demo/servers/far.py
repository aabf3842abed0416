"""The far side as something to reach: which server, told of which model, behind which tap, and how it starts.

Knows processes and addresses; refuses to know what is done over a connection, and our own server's code.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

import anyio
import httpx
from anyio.abc import ByteReceiveStream
from mcp.client.stdio import get_default_environment
from mcp.shared.exceptions import McpError

from client_demo.servers.target import Target, mask
from throughline.errors import ServerUnavailable
from throughline.model.settings import ModelSettings

START_S = 30.0
"""Seconds in which a server that is started must have listed its tools."""
END_S = 5.0
"""Seconds in which our own server over HTTP ends once it is told to."""
NO_SERVER = (
    OSError,
    McpError,
    httpx.HTTPError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)
"""What is raised, alone or in a group, where a server does not start; which of them is a matter of chance."""
Transport = Literal["stdio", "http"]
OWN_SERVER = Target("demo", command=(sys.executable, "-m", "mcp_server"))
_SERVING = re.compile(r"Serving MCP at (\S+)")


@dataclass(frozen=True, slots=True)
class Far:
    """What it takes to reach the server: where it is, and the model that its tools are to use.

    Without a `target` it is our own, which then has the `quirks`, as its tools have here, and is reached by
    `transport`. `tap` puts a tap before it: a command before its command, or another URL in place of its URL.
    """

    settings: ModelSettings
    target: Target | None = None
    quirks: tuple[str, ...] = ()
    transport: Transport = "stdio"
    tap: Callable[[Target], Target] | None = None
    start_s: float = START_S

    @property
    def named(self) -> Target:
        """The server as the user named it."""
        return self.target or OWN_SERVER

    @property
    def title(self) -> str:
        """The server as sentences name it, without what looks like a key."""
        return self.named.title if self.named.url else mask(shlex.join(self.named.command))

    @property
    def told(self) -> Target:
        """The server, told of the model; what a file says of it wins."""
        if self.target is not None:
            return self.target.with_env(self.settings.as_seen_by("tool").to_env())
        quirks = ("--quirk", ",".join(self.quirks)) if self.quirks else ()
        env = {**self.settings.to_env(), "THROUGHLINE_LOG_LEVEL": "error"}
        return replace(OWN_SERVER, command=(*OWN_SERVER.command, *quirks), env=env)

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[Target]:
        """The server as it is spoken to, with the tap before it; our own over HTTP is started here."""
        tap = self.tap or (lambda target: target)
        if self.target is None and self.transport == "http":
            async with _serving(self.told, self.start_s) as url:
                yield tap(Target(OWN_SERVER.name, url=url))
        else:
            yield tap(self.told)


@asynccontextmanager
async def _serving(target: Target, start_s: float) -> AsyncIterator[str]:
    """Start our own server over HTTP on a free port, and give its URL."""
    command = [*target.command, "--transport", "http", "--port", "0"]
    async with await anyio.open_process(
        command,
        env={**get_default_environment(), **target.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.stderr is not None
        try:
            url = await _address(process.stderr, start_s)
            if not url:
                raise ServerUnavailable(server=shlex.join(command), reason="it did not say where it serves")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_unread, process.stderr)
                yield url
                tasks.cancel_scope.cancel()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            with anyio.move_on_after(END_S, shield=True):
                await process.wait()


async def _address(errors: ByteReceiveStream, limit_s: float) -> str:
    """Where a server says that it serves; empty where it ends, or never says so."""
    said = ""
    with anyio.move_on_after(limit_s), suppress(anyio.EndOfStream):
        while (found := _SERVING.search(said)) is None or not said[found.end() :]:
            said += (await errors.receive()).decode("utf-8", "replace")
        return found[1]
    return ""


async def _unread(errors: ByteReceiveStream) -> None:
    """Keep a pipe from filling up."""
    async for _ in errors:
        pass


@dataclass(slots=True)
class Start:
    """Whether a start is over, and whether what was started has been left since, with nothing wrong."""

    over: bool = False
    left: bool = False


@contextmanager
def starting(far: Far) -> Iterator[Start]:
    """Until it is over: say in one sentence that the server does not start, whatever is raised about it."""
    start = Start()
    try:
        yield start
    except (*NO_SERVER, ExceptionGroup) as error:
        found = error.subgroup(NO_SERVER) if isinstance(error, ExceptionGroup) else error
        if start.left and _talked_on(error):
            return
        if found is None or (start.over and not _gone(found)):
            raise
        raise ServerUnavailable(server=far.title, reason=_reason(found, far.start_s)) from None


def _gone(error: BaseException) -> bool:
    """Whether a server went away that was there: mcp's client over HTTP (1.30) ends its session with that."""
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(httpx.HTTPError) is not None
    return isinstance(error, httpx.HTTPError)


def _talked_on(error: Exception) -> bool:
    """Whether all that is wrong is that a server talked while its session was closed.

    mcp's client over stdio (1.30) raises that where nobody can do anything about it; test_probes has it.
    """
    if isinstance(error, ExceptionGroup):
        return error.split(anyio.BrokenResourceError)[1] is None
    return isinstance(error, anyio.BrokenResourceError)


def _reason(error: BaseException, start_s: float) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case McpError() | anyio.BrokenResourceError() | anyio.ClosedResourceError():
            return "it ended before it answered"
        case TimeoutError():
            return f"it did not answer within {start_s:g} s"
        case OSError():
            return error.strerror or str(error)
    return str(error)
