"""MCP over the pipes of a process that we start (POSIX): what the SDK's transport does, in fewer hops.

Bytes become messages where they arrive, and are offered to `take` there; what it does not want goes to the
SDK's session. A frame is thus with its call one callback after it was read. Ends the process as the SDK does:
its input is closed, then its group is told to end, then it is killed. Knows mcp's messages; knows no call.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import types
from mcp.client.stdio import StdioServerParameters, get_default_environment
from mcp.shared.message import SessionMessage

END_S = 2.0
"""Seconds that a server has to end by itself once its input is closed, and again once it is told to."""
LINE_CHARS = 80
MAX_LINE_BYTES = 256 << 20
"""A longer line is dropped rather than gathered without end."""

Take = Callable[[dict[str, Any]], bool]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pipes:
    """A running server: the two streams of an MCP session, and `send` for messages that pass it by."""

    read: MemoryObjectReceiveStream[SessionMessage | Exception]
    write: MemoryObjectSendStream[SessionMessage]
    send: Callable[[dict[str, Any]], None]


@asynccontextmanager
async def open_pipes(server: StdioServerParameters, take: Take) -> AsyncIterator[Pipes]:
    """Start a server and hold its pipes. Raises: OSError where it cannot be started."""
    received, read = anyio.create_memory_object_stream[SessionMessage | Exception](float("inf"))
    write, to_send = anyio.create_memory_object_stream[SessionMessage](0)
    with ExitStack() as ends:
        for end in (received, read, write, to_send):
            ends.callback(end.close)
        transport, protocol = await _start(server, lambda: _Wire(take, received))
        protocol.input = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_forward, to_send, protocol)
                yield Pipes(read, write, protocol.send)
                tasks.cancel_scope.cancel()
        finally:
            ends.close()
            with anyio.CancelScope(shield=True):
                await _end(transport, protocol)


async def _start(
    server: StdioServerParameters, wire: Callable[[], _Wire]
) -> tuple[asyncio.SubprocessTransport, _Wire]:
    return await asyncio.get_running_loop().subprocess_exec(
        wire,
        server.command,
        *server.args,
        env={**get_default_environment(), **(server.env or {})},
        cwd=server.cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None,
        start_new_session=True,
    )


class _Wire(asyncio.SubprocessProtocol):
    """The two pipes of one process."""

    def __init__(self, take: Take, received: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        self.input: asyncio.WriteTransport
        self.exited = asyncio.Event()
        self._take = take
        self._received = received
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._open = True

    def send(self, message: dict[str, Any]) -> None:
        """Write a message, after those before it. Raises: BrokenResourceError where the process is gone.

        What a server that stops reading has not taken yet is kept: a caller's limits count from here.
        """
        self.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def write(self, line: str) -> None:
        """Write a message that is JSON already."""
        if not self._open or self.input.is_closing():
            raise anyio.BrokenResourceError
        self.input.write(line.encode("utf-8", "replace") + b"\n")

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        head, *rest = data.split(b"\n")
        self._held.append(head)
        self._held_bytes += len(head)
        if self._held_bytes > MAX_LINE_BYTES:
            self._held = []  # not JSON-RPC; what is left of it will not be either
        if not rest:
            return
        self._held_bytes = len(rest[-1])
        lines, self._held = [b"".join(self._held), *rest[:-1]], [rest[-1]]
        for line in lines:
            self._line(line)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open = False
        if fd == 1:  # what it had written before has been read
            self._received.close()

    def process_exited(self) -> None:
        self.exited.set()

    def _line(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            message = json.loads(line.decode("utf-8", "replace"))
            if isinstance(message, dict) and self._take(message):
                return
            item: SessionMessage | Exception = SessionMessage(types.JSONRPCMessage.model_validate(message))
        except (ValueError, RecursionError) as error:
            logger.warning("The server wrote a line that is not MCP: %r", line[:LINE_CHARS])
            item = error
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._received.send_nowait(item)


async def _forward(to_send: MemoryObjectReceiveStream[SessionMessage], wire: _Wire) -> None:
    with suppress(anyio.BrokenResourceError):
        async for message in to_send:
            wire.write(message.message.model_dump_json(by_alias=True, exclude_none=True))
    to_send.close()


async def _end(transport: asyncio.SubprocessTransport, wire: _Wire) -> None:
    wire.input.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(transport.get_pid(), number)
        with anyio.move_on_after(END_S):
            await wire.exited.wait()
            break
    transport.close()
