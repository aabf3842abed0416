"""The near ends of what suites spawn: our server, the SDK's, a bare pipe, a provider.

Knows how each is started and left; knows nothing of what is measured on it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from typing import IO, Any

import anyio
import anyio.to_thread
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from throughline.client import RemoteSession, open_session
from throughline.errors import ServerUnavailable
from throughline.model.settings import ModelSettings

LEAVE_S = 5.0


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", f"client_demo.bench.far.{module}", *arguments]


@asynccontextmanager
async def ours(settings: ModelSettings | None = None) -> AsyncIterator[RemoteSession]:
    """Hold a session with our server, over stdio."""
    command, *args = python("ours", *([json.dumps(asdict(settings))] if settings else []))
    async with open_session(StdioServerParameters(command=command, args=args), name="bench") as remote:
        yield remote


@asynccontextmanager
async def ours_over_http(settings: ModelSettings | None = None) -> AsyncIterator[RemoteSession]:
    """Hold a session with our server, over streamable HTTP on loopback."""
    command = python("ours", "--http", *([json.dumps(asdict(settings))] if settings else []))
    with _spawned(command) as process:
        try:
            url = await _first_line(process.stdout, "the benchmark's server over HTTP")
            async with open_session(url, name="bench") as remote:
                yield remote
        finally:
            process.terminate()


Far = Callable[[ModelSettings | None], AbstractAsyncContextManager[RemoteSession]]
TRANSPORTS: dict[str, Far] = {"stdio": ours, "HTTP": ours_over_http}


@asynccontextmanager
async def sdk() -> AsyncIterator[ClientSession]:
    """Hold a stock session with a stock server, over the SDK's own transports."""
    command, *args = python("sdk")
    async with (
        stdio_client(StdioServerParameters(command=command, args=args)) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


class Talk:
    """A plain program at the other end of two pipes, spoken to in lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self.stdin: IO[str] = process.stdin
        self.stdout: IO[str] = process.stdout

    def say(self, line: str) -> None:
        """Send one line."""
        self.stdin.write(line + "\n")
        self.stdin.flush()


@contextmanager
def talk(command: list[str], *, env: Mapping[str, str] | None = None) -> Iterator[Talk]:
    """Run a program for the length of the context; the end of its input ends it."""
    with _spawned(command, env=env) as process:
        spoken = Talk(process)
        try:
            yield spoken
        finally:
            spoken.stdin.close()


@contextmanager
def _spawned(command: list[str], *, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that whoever holds it has told to end when the context is left; killed where it does not."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            try:
                process.wait(LEAVE_S)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(frozen=True, slots=True)
class Noted:
    """What the provider noted of its latest reader. Times are monotonic seconds, as everywhere here."""

    first_byte_s: float
    ended_s: float | None
    tokens: int
    reader_left: bool


class Provider:
    """A scripted model in its own process."""

    def __init__(self, process: Talk, settings: ModelSettings) -> None:
        self._process = process
        self.settings = settings

    async def now(self) -> Noted:
        """The latest request of a tool as it stands."""
        return await self._ask("now")

    async def ended(self) -> Noted:
        """The latest request of a tool, when it is over."""
        return await self._ask("ended")

    async def _ask(self, command: str) -> Noted:
        self._process.say(command)
        return Noted(**json.loads(await anyio.to_thread.run_sync(self._process.stdout.readline)))


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """Open a provider."""
    with talk(python("provider")) as process:
        told: dict[str, Any] = json.loads(await _first_line(process.stdout, "the benchmark's provider"))
        yield Provider(process, ModelSettings(**told))


async def _first_line(stdout: IO[str] | None, name: str) -> str:
    assert stdout is not None
    if line := (await anyio.to_thread.run_sync(stdout.readline)).strip():
        return line
    raise ServerUnavailable(server=name, reason="it ended before it said where it is")
