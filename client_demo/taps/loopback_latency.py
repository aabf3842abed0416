"""What the taps on loopback addresses add: the one before a server's URL, and the one before a provider.

Knows just enough of HTTP to be both ends of a conversation, with a tap between them or without: one event
loop for the ends, the tap in its own thread, as it is.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from statistics import median
from urllib.parse import urlsplit

from client_demo.taps.http import HttpTap
from throughline.model.endpoint import serve
from throughline.model.settings import NO_KEY, ModelSettings
from throughline.model.upstream import forwarding

HOST = "127.0.0.1"
CALLS = 30
STREAMS = 8
CHUNKS = 8
PACE_S = 0.001
BODY = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"word "}}],"t":%.9f}\n\n'
JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
MARK = b'"t":'

Answering = Callable[[StreamReader, StreamWriter], Awaitable[None]]


async def answers() -> float:
    """Seconds that the tap on a URL adds to a message and its answer."""
    async with _far(_echo) as address:
        tap = HttpTap(f"http://{address}/mcp")
        try:
            plain, through = await _calls(address), await _calls(urlsplit(tap.url).netloc)
        finally:
            tap.stop()
    return max(0.0, through - plain)


async def tokens() -> tuple[float, float]:
    """Seconds that our endpoint adds to the first token of a forwarded answer, and to each chunk of it."""
    async with _far(_tell) as address:
        settings = ModelSettings(f"http://{address}/v1", NO_KEY, "any")
        async with serve(lambda: forwarding(settings)) as endpoint:
            ends = ((address, NO_KEY), (urlsplit(endpoint.base_url).netloc, endpoint.api_key))
            streams = [[await _stream(*end) for end in ends] for _ in range(STREAMS)]
    firsts = [median(first for first, _ in one) for one in zip(*streams, strict=True)]
    chunks = [median(delay for _, delays in one for delay in delays) for one in zip(*streams, strict=True)]
    return max(0.0, firsts[1] - firsts[0]), max(0.0, chunks[1] - chunks[0])


@asynccontextmanager
async def _far(answering: Answering) -> AsyncIterator[str]:
    """The far end, and its host and port."""
    ends: list[asyncio.Event] = []

    async def to_the_end(reader: StreamReader, writer: StreamWriter) -> None:
        ends.append(end := asyncio.Event())
        try:
            with closing(writer):
                await answering(reader, writer)
        finally:
            end.set()

    async with await asyncio.start_server(to_the_end, HOST, 0) as server:
        yield f"{HOST}:{server.sockets[0].getsockname()[1]}"
        for end in ends:
            await end.wait()


async def _echo(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer each message in one piece."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(JSON_HEAD + await reader.readexactly(len(BODY)))


async def _tell(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer with a stream whose chunks say when they were sent."""
    await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(2)
    writer.write(STREAM_HEAD)
    for _ in range(CHUNKS):
        writer.write((CHUNK % time.monotonic()).encode())
        await asyncio.sleep(PACE_S)


async def _calls(address: str) -> float:
    """Seconds of a typical call on one connection."""
    async with _near(address) as (reader, writer):
        head = f"POST /mcp HTTP/1.1\r\nhost: {address}\r\ncontent-length: {len(BODY)}\r\n\r\n".encode()
        taken = []
        for _ in range(CALLS):
            sent = time.monotonic()
            writer.write(head + BODY)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(BODY))
            taken.append(time.monotonic() - sent)
        return median(taken)


async def _stream(address: str, key: str) -> tuple[float, list[float]]:
    """Seconds to the first chunk of an answer, and those that each further chunk took to come."""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n"
    sent, came = time.monotonic(), []
    async with _near(address) as (reader, writer):
        writer.write(f"{head}content-length: 2\r\n\r\n{{}}".encode())
        while line := await reader.readline():
            if MARK in line:
                said = float(line.rpartition(MARK)[2].rstrip(b"}\r\n"))
                came.append((time.monotonic(), said))
    return came[0][0] - sent, [t - said for t, said in came[1:]]


@asynccontextmanager
async def _near(address: str) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with closing(writer):
        yield reader, writer
