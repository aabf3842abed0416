"""A host on the raw pipes of a server: it writes bytes, keeps what comes back, and reads only while it likes.

Knows JSON-RPC lines and processes; knows no SDK.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any

import anyio
from anyio.abc import Process
from mcp.client.stdio import get_default_environment

ROOT = Path(__file__).parents[2]
MUST_END_S = 60
GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "host", "version": "1"},
}
OPT_IN = {"version": 1, "streaming": True}


class Host:
    """One server's process, and every message that it wrote, in order."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.messages: list[dict[str, Any]] = []
        self.answers: dict[object, list[dict[str, Any]]] = defaultdict(list)
        self._numbers = (f"host-{number}" for number in count(1))
        self._news = anyio.Event()
        self._listens = anyio.Event()
        self._listens.set()
        self._ended = False

    async def write(self, data: bytes) -> None:
        """Bytes as they are."""
        assert self.process.stdin is not None
        await self.process.stdin.send(data)

    async def say(self, method: str, params: dict[str, Any] | None = None, **extra: Any) -> None:
        """A notification; with an `id`, a request."""
        message = {"jsonrpc": "2.0", "method": method, **extra}
        await self.write(
            json.dumps(message | ({} if params is None else {"params": params})).encode() + b"\n"
        )

    async def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request, and the message that answers it."""
        number = next(self._numbers)
        await self.say(method, params, id=number)
        return await self.answer(number)

    async def call(self, tool: str, meta: dict[str, Any] | None = None, /, **arguments: Any) -> str:
        """Ask for a tool; returns the number of the request."""
        number = next(self._numbers)
        params: dict[str, Any] = {"name": tool, "arguments": arguments}
        await self.say("tools/call", params | ({"_meta": meta} if meta else {}), id=number)
        return number

    async def answer(self, number: object) -> dict[str, Any]:
        """The message that answers a request."""
        await self.until(lambda: number in self.answers)
        return self.answers[number][0]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was read fulfils a condition, which is asked at each piece of news."""
        with anyio.fail_after(MUST_END_S):
            while not condition():
                assert not self._ended, "the server ended its output"
                await self._news.wait()

    async def initialize(self) -> None:
        """What a host begins with."""
        assert "result" in await self.ask("initialize", GREETING)
        await self.say("notifications/initialized")

    def progress(self, token: object) -> list[dict[str, Any]]:
        """The params of the progress notifications of one token, so far."""
        told = (
            message["params"]
            for message in self.messages
            if message.get("method") == "notifications/progress"
        )
        return [params for params in told if params["progressToken"] == token]

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Read nothing more, but for what is being read now, while the context is open."""
        self._listens = anyio.Event()
        try:
            yield
        finally:
            self._listens.set()

    async def read(self) -> None:
        """Read until the output ends."""
        assert self.process.stdout is not None
        held = bytearray()
        async for data in self.process.stdout:
            held += data
            *lines, rest = held.split(b"\n")
            held = bytearray(rest)
            for line in lines:
                self._keep(json.loads(line))
            if lines:
                self._tell()
            await self._listens.wait()
        self._ended = True
        self._tell()

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        if "id" in message and "method" not in message:
            self.answers[message["id"]].append(message)

    def _tell(self) -> None:
        news, self._news = self._news, anyio.Event()
        news.set()

    async def leave(self) -> int:
        """End the server's input; returns its exit code."""
        assert self.process.stdin is not None
        await self.process.stdin.aclose()
        with anyio.fail_after(MUST_END_S):
            return await self.process.wait()


@asynccontextmanager
async def hosted(
    *command: str, env: Mapping[str, str], stderr: IO[bytes] | None = None
) -> AsyncIterator[Host]:
    """Start `python COMMAND` as a host does, and read what it writes for as long as the context is open."""
    environment = {**get_default_environment(), **env}
    process = await anyio.open_process(
        [sys.executable, *command], env=environment, cwd=ROOT, stderr=stderr or sys.stderr
    )
    try:
        host = Host(process)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.read)
            with anyio.fail_after(MUST_END_S):
                await host.initialize()
            yield host
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()


def rss_kib(pid: int, key: str = "VmRSS") -> int:
    """What a process holds of memory now, or with `VmHWM` held at most (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(key))


async def gone(pid: int) -> None:
    """Wait for the end of a process that need not be our child (Linux)."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await anyio.wait_readable(handle)
    finally:
        os.close(handle)
