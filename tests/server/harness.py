"""Two ways to talk to the real server process: as mcp's own client does, and line by line.

Knows how a host starts the server; knows no tool.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, InitializeResult, ProgressNotification, ServerNotification, TextContent

CLIENT = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "harness", "version": "1"},
}
TOKEN = "harness-1"
LONGEST_LINE = 1 << 20


@dataclass(slots=True)
class Client:
    """mcp's own client session, with the progress notifications that reached it."""

    session: ClientSession
    greeting: InitializeResult
    progress: list[ProgressNotification]

    async def call(self, tool: str, meta: dict[str, Any] | None = None, **arguments: Any) -> CallToolResult:
        with anyio.fail_after(30):
            return await self.session.call_tool(tool, arguments, meta=meta)

    async def text(self, tool: str, meta: dict[str, Any] | None = None, **arguments: Any) -> str:
        result = await self.call(tool, meta, **arguments)
        assert not result.isError, result.content
        return text_of(result)

    async def refusal(self, tool: str, **arguments: Any) -> str:
        result = await self.call(tool, **arguments)
        assert result.isError, result.content
        return text_of(result)


@asynccontextmanager
async def connected(env: Mapping[str, str], *args: str, cwd: Path | None = None) -> AsyncIterator[Client]:
    """Start the server as a host does and initialize it."""
    progress: list[ProgressNotification] = []

    async def seen(message: object) -> None:
        if isinstance(message, ServerNotification) and isinstance(message.root, ProgressNotification):
            progress.append(message.root)

    server = StdioServerParameters(
        command=sys.executable, args=["-m", "mcp_server", *args], env=dict(env), cwd=cwd
    )
    async with (
        stdio_client(server) as (read, write),
        ClientSession(read, write, message_handler=seen) as session,
    ):
        with anyio.fail_after(30):
            greeting = await session.initialize()
        yield Client(session, greeting, progress)


@dataclass(slots=True)
class RawServer:
    """The server's process and the lines it wrote, as they came."""

    process: Process
    lines: list[bytes] = field(default_factory=list)
    _out: BufferedByteReceiveStream = field(init=False)

    def __post_init__(self) -> None:
        assert self.process.stdout is not None
        self._out = BufferedByteReceiveStream(self.process.stdout)

    async def send(self, method: str, params: dict[str, Any] | None = None, **extra: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params or {}, **extra}
        await self.write(json.dumps(message).encode() + b"\n")

    async def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(data)

    async def receive(self) -> dict[str, Any]:
        with anyio.fail_after(30):
            self.lines.append(await self._out.receive_until(b"\n", LONGEST_LINE))
        message: dict[str, Any] = json.loads(self.lines[-1])
        return message

    async def answer(self, number: int) -> dict[str, Any]:
        while (message := await self.receive()).get("id") != number:
            pass
        return message

    async def initialize(self) -> dict[str, Any]:
        await self.send("initialize", CLIENT, id=0)
        return await self.answer(0)

    async def call(
        self, number: int, tool: str, meta: dict[str, Any] | None = None, **arguments: Any
    ) -> None:
        params = {"name": tool, "arguments": arguments, **({"_meta": meta} if meta else {})}
        await self.send("tools/call", params, id=number)

    async def leave(self) -> int:
        """End the server's input, read what is left, and return its exit code."""
        assert self.process.stdin is not None
        await self.process.stdin.aclose()
        with anyio.fail_after(10):
            while True:
                try:
                    await self.receive()
                except (anyio.IncompleteRead, anyio.EndOfStream):
                    return await self.process.wait()


@asynccontextmanager
async def raw_server(
    env: Mapping[str, str],
    *args: str,
    cwd: Path | None = None,
    python: tuple[str, ...] = (),
    stdin: int = PIPE,
    stderr: int = DEVNULL,
) -> AsyncIterator[RawServer]:
    """Start the server in exactly this environment, plus what measures its coverage."""
    measured = {name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ}
    command = [sys.executable, *python, "-m", "mcp_server", *args]
    process = await anyio.open_process(command, env={**measured, **env}, cwd=cwd, stdin=stdin, stderr=stderr)
    try:
        yield RawServer(process)
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()


def text_of(result: CallToolResult) -> str:
    """The one text of a result."""
    [block] = result.content
    assert isinstance(block, TextContent)
    return block.text
