"""The server of these tests at the other end of plain pipes, line by line. Knows JSON-RPC and no SDK."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any, NoReturn

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

ROOT = Path(__file__).parents[2]
MUST_END_S = 30
LONGEST_LINE = 1 << 26
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
OPT_IN = {"progressToken": "t", "throughline/stream": {"version": 1, "streaming": True}}


def no_constant(name: str) -> NoReturn:
    """JSON has no NaN and no Infinity; Python's parser does."""
    raise AssertionError(f"{name} is not JSON")


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "tests.core.server", *args]


@dataclass(slots=True)
class Raw:
    """A running server: what it wrote, and what it is told."""

    process: Process
    log: Path
    lines: list[bytes] = field(default_factory=list)
    _out: BufferedByteReceiveStream = field(init=False)

    def __post_init__(self) -> None:
        assert self.process.stdout is not None
        self._out = BufferedByteReceiveStream(self.process.stdout)

    async def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(data)

    async def send(self, method: str, params: dict[str, Any] | None = None, **extra: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params or {}, **extra}
        await self.write(json.dumps(message).encode() + b"\n")

    async def call(
        self, number: int, tool: str, *, meta: dict[str, Any] | None = None, **arguments: Any
    ) -> None:
        params = {"name": tool, "arguments": arguments, **({"_meta": meta} if meta else {})}
        await self.send("tools/call", params, id=number)

    async def receive(self) -> dict[str, Any]:
        """The next message; whatever else is on the wire fails the test here."""
        with anyio.fail_after(MUST_END_S):
            self.lines.append(await self._out.receive_until(b"\n", LONGEST_LINE))
        message: dict[str, Any] = json.loads(self.lines[-1].decode(), parse_constant=no_constant)
        assert message["jsonrpc"] == "2.0"
        return message

    async def answer(self, number: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What comes until a request is answered, and the answer."""
        before = []
        while (message := await self.receive()).get("id") != number:
            before.append(message)
        return before, message

    async def text(self, number: int) -> str:
        """The text of the answer to a call."""
        _, message = await self.answer(number)
        text: str = message["result"]["content"][0]["text"]
        return text

    async def initialize(self) -> dict[str, Any]:
        await self.send("initialize", CLIENT, id=0)
        _, greeting = await self.answer(0)
        await self.send("notifications/initialized")
        return greeting

    async def alive(self, number: int = 9000) -> None:
        """The server does what it is there for."""
        await self.call(number, "echo", text="still here")
        assert await self.text(number) == "still here"

    async def end(self) -> int:
        """Read what is left, and the exit code of a server that is about to end."""
        while True:
            try:
                await self.receive()
            except (anyio.EndOfStream, anyio.IncompleteRead):
                return await self.exit_code()

    async def exit_code(self) -> int:
        with anyio.fail_after(MUST_END_S):
            return await self.process.wait()

    async def leave(self) -> int:
        """End the server's input, and wait for its end."""
        assert self.process.stdin is not None
        await self.process.stdin.aclose()
        return await self.end()

    def stderr(self) -> str:
        return self.log.read_text(errors="replace")


@asynccontextmanager
async def started(log: Path, *args: str, stdin: int = PIPE) -> AsyncIterator[Raw]:
    """Start the server; its stderr goes into a file."""
    with log.open("wb") as errors:
        process = await anyio.open_process(
            command(*args), cwd=ROOT, stdin=stdin, stderr=errors, env=dict(os.environ)
        )
        try:
            yield Raw(process, log)
        finally:
            with anyio.CancelScope(shield=True):
                if process.returncode is None:
                    process.kill()
                await process.aclose()


@asynccontextmanager
async def serving(log: Path, *args: str) -> AsyncIterator[Raw]:
    """Start the server and greet it."""
    async with started(log, *args) as raw:
        with anyio.fail_after(MUST_END_S):
            await raw.initialize()
        yield raw
