"""MCP over stdio on asyncio pipes (POSIX): what the SDK's transport does, without its worker threads.

What it adds: the wire is on private duplicates of fd 0 and 1, so that a stray `print`, from Python or from C,
goes to stderr; half surrogate pairs are replaced instead of ending the server; what was meant as a request is
answered; SIGTERM and SIGINT cancel the handlers and let them clean up; end of input ends the process. Knows
mcp's message types and its low-level server; knows no tool. Where pipes cannot be had (Windows, redirected
files) `serve_stdio` falls back to the SDK's transport.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from throughline.server import direct
from throughline.server.lines import InvalidRequest, decode_line, encode_line, is_cancellation
from throughline.server.unread import unread_bytes

MAX_LINE_BYTES = 64 << 20
"""A longer line is not JSON-RPC; it is dropped rather than gathered without end."""
_CHUNK_BYTES = 1 << 18
TURNS = 10
"""Turns of the loop after which a handler has surely begun."""

_Read = MemoryObjectReceiveStream[SessionMessage | Exception]
_Write = MemoryObjectSendStream[SessionMessage]

logger = logging.getLogger(__name__)


async def serve_stdio(server: Server[Any, Any], *, sdk: bool = False) -> int:
    """Serve until the input ends or a signal comes.

    Returns: the exit code, 0 or 128 + the signal's number. `sdk` serves on the SDK's own transport.
    """
    options = server.create_initialization_options()
    if sdk or not _can_pipe():
        async with stdio_server() as (read, write):
            await server.run(read, write, options)
        return 0
    code = 0
    async with anyio.create_task_group() as tasks:

        async def stop_on_signal() -> None:
            nonlocal code
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                async for number in signals:
                    code = 128 + number
                    tasks.cancel_scope.cancel()
                    return

        tasks.start_soon(stop_on_signal)
        async with pipe_stdio() as (read, write):
            await server.run(read, write, options)
        tasks.cancel_scope.cancel()
    return code


@asynccontextmanager
async def pipe_stdio() -> AsyncIterator[tuple[_Read, _Write]]:
    """The process's own stdin and stdout as two streams of messages, for as long as it is open."""
    with _terminals_left_as_they_were():
        async with _piped() as streams:
            yield streams


@asynccontextmanager
async def _piped() -> AsyncIterator[tuple[_Read, _Write]]:
    loop = asyncio.get_running_loop()
    wire_in, wire_out = _take_over()
    reader = asyncio.StreamReader(limit=_CHUNK_BYTES, loop=loop)
    read_transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader, loop=loop), os.fdopen(wire_in, "rb", buffering=0)
    )
    write_transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(wire_out, "wb", buffering=0)
    )
    writer = asyncio.StreamWriter(write_transport, protocol, None, loop)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    lines = _Lines(writer)
    direct.wire.set(lines.send)
    direct.unread.set(partial(unread_bytes, wire_out))
    try:
        async with anyio.create_task_group() as tasks, from_client, to_client:
            tasks.start_soon(_read, reader, to_server, lines)
            tasks.start_soon(_write, writer, from_server)
            yield from_client, to_client
            tasks.cancel_scope.cancel()
    finally:
        for end in (to_server, from_server):
            end.close()
        read_transport.close()
        if not write_transport.is_closing():
            writer.close()
        elif write_transport.get_write_buffer_size():  # else it has ended, and asyncio cannot end it twice
            write_transport.abort()


async def _read(
    reader: asyncio.StreamReader,
    to_server: MemoryObjectSendStream[SessionMessage | Exception],
    to_client: _Lines,
) -> None:
    held = bytearray()
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async with to_server:
            while chunk := await reader.read(_CHUNK_BYTES):
                held += chunk
                if b"\n" not in chunk:
                    if len(held) > MAX_LINE_BYTES:
                        held.clear()
                    continue
                *lines, rest = bytes(held).split(b"\n")
                held = bytearray(rest)
                for line in lines:
                    match decode_line(line) if line.strip() else None:
                        case None:
                            pass
                        case InvalidRequest() as invalid:
                            await to_client.send(encode_line(invalid.answer()))
                        case message:
                            if is_cancellation(message):
                                await _handlers_begun()
                            await to_server.send(message)


async def _handlers_begun() -> None:
    """Let the handlers begin of requests that came just before.

    mcp 1.30 drops the cancellation of a request whose handler has not, which is three turns of the loop away
    (test_a_call_that_is_cancelled_in_the_same_breath_is_cancelled tells when this can go).
    """
    for _ in range(TURNS):
        await anyio.lowlevel.checkpoint()


async def _write(
    writer: asyncio.StreamWriter, from_server: MemoryObjectReceiveStream[SessionMessage]
) -> None:
    with suppress(anyio.ClosedResourceError, BrokenPipeError, ConnectionResetError):
        async with from_server:
            async for message in from_server:
                writer.write(encode_line(message.message))
                await writer.drain()


class _Lines:
    """Lines for the client from more than one task."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, line: bytes) -> None:
        """Write one. Raises: BrokenResourceError where nobody reads any more."""
        try:
            self._writer.write(line)
            await self._writer.drain()
        except ConnectionError as error:
            raise anyio.BrokenResourceError from error


def _can_pipe() -> bool:
    """Whether stdin and stdout are what asyncio can wait for: pipes, sockets or terminals, on POSIX."""
    if sys.platform == "win32":
        return False
    modes = {fd: os.fstat(fd).st_mode for fd in (0, 1)}
    return all(stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd) for fd, mode in modes.items())


@contextmanager
def _terminals_left_as_they_were() -> Iterator[None]:
    """asyncio makes its pipes non-blocking, and a terminal with them for everybody who shares it."""
    spares = [os.dup(fd) for fd in (0, 1) if os.isatty(fd)]
    try:
        yield
    finally:
        for spare in spares:
            os.set_blocking(spare, True)
            os.close(spare)


def _take_over() -> tuple[int, int]:
    """Move the wire to private descriptors; others find the end of input on fd 0, and stderr on fd 1."""
    sys.stdout.flush()
    wire_in, wire_out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return wire_in, wire_out
