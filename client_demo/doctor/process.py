"""A server on the pipes of its own process: every line that it writes, and the way in which it ends.

Not `throughline.client.pipes`: that one gets calls through whatever a server does, this one wants to see it.
Leaves no process of the server's group behind. Knows pipes and signals; knows of MCP that it is JSON lines.
"""

from __future__ import annotations

import json
import os
import signal
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

import anyio
from anyio.abc import ByteReceiveStream, Process
from mcp.client.stdio import get_default_environment

from client_demo.doctor.wire import END_S, Ears, Ending, Message
from client_demo.servers.target import Target

KEPT_LINES = 20
LINE_CHARS = 200
LOOK_S = 0.05
ORPHANS_S = 0.5
"""Seconds in which what a server started may end after it."""
_CLOSED = (anyio.ClosedResourceError, anyio.BrokenResourceError, OSError)


@asynccontextmanager
async def open_process(target: Target, ears: Ears) -> AsyncIterator[ProcessWire]:
    """Start a server and read all that it writes. Raises: OSError where it cannot be started."""
    process = await anyio.open_process(
        target.command,
        env={**get_default_environment(), **target.env},
        cwd=target.cwd,
        start_new_session=True,
    )
    wire = ProcessWire(process, ears)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wire.read_output)
            tasks.start_soon(wire.read_errors)
            yield wire
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            wire.signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            await process.aclose()


class ProcessWire:
    """One process. See `wire.Wire`."""

    transport = "stdio"
    key_refused = False

    def __init__(self, process: Process, ears: Ears) -> None:
        self._process = process
        self._ears = ears
        self._said: deque[str] = deque(maxlen=KEPT_LINES)

    @property
    def aside(self) -> tuple[str, ...]:
        """The last lines of its standard error."""
        return tuple(self._said)

    async def send(self, message: Message) -> None:
        """Write a message."""
        await self.send_text(json.dumps(message, ensure_ascii=False))

    async def send_text(self, text: str) -> None:
        """Write a line."""
        assert self._process.stdin is not None
        with suppress(*_CLOSED):  # where it is gone, the end of its output tells
            await self._process.stdin.send(text.encode("utf-8", "replace") + b"\n")

    async def end(self) -> Ending:
        """Close its input; where that does not end it in twice its time, tell it to end, and then kill it."""
        assert self._process.stdin is not None
        began = anyio.current_time()
        with suppress(*_CLOSED):
            await self._process.stdin.aclose()
        how: Literal["itself", "term", "kill"] = "itself"
        if not await self._ended(2 * END_S):
            how = "term"
            self.signal(signal.SIGTERM)
            if not await self._ended(END_S):
                how = "kill"
        seconds = anyio.current_time() - began
        return Ending(how, self._process.returncode, seconds, how == "itself" and await self._orphans())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and to all that it started in its group."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    async def read_output(self) -> None:
        """Hear every line of its standard output."""
        async for line in _lines(self._process.stdout):
            self._line(line)
        with anyio.move_on_after(END_S):
            await self._process.wait()
        code = self._process.returncode
        self._ears.lose("it closed its output" if code is None else f"it ended with {_exit(code)}")

    async def read_errors(self) -> None:
        """Keep the end of its standard error."""
        async for line in _lines(self._process.stderr):
            if text := line.decode("utf-8", "replace").strip():
                self._said.append(text[:LINE_CHARS])

    def _line(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            message = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict) and message.get("jsonrpc") == "2.0":
            self._ears.hear(message)
        else:
            self._ears.noise(line[:LINE_CHARS].decode("utf-8", "replace"))

    async def _ended(self, limit_s: float) -> bool:
        with anyio.move_on_after(limit_s):
            await self._process.wait()
        return self._process.returncode is not None

    async def _orphans(self) -> bool:
        """Whether processes of its group outlive it."""
        if not hasattr(os, "killpg"):
            return False
        with anyio.move_on_after(ORPHANS_S), suppress(ProcessLookupError, PermissionError):
            while True:
                os.killpg(self._process.pid, 0)
                await anyio.sleep(LOOK_S)  # a group that is not our child's tells nobody when it ends
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 0)
            return True
        return False


async def _lines(stream: ByteReceiveStream | None) -> AsyncIterator[bytes]:
    assert stream is not None
    held: list[bytes] = []
    with suppress(*_CLOSED):
        async for data in stream:
            head, *rest = data.split(b"\n")
            held.append(head)
            if rest:
                yield b"".join(held)
                for line in rest[:-1]:
                    yield line
                held = [rest[-1]]
    if any(held):
        yield b"".join(held)


def _exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
