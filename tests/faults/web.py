"""A server over HTTP, and a client on plain requests that reads only while it likes.

Knows streamable HTTP; knows no SDK.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import IO, Any

import anyio
import httpx
from httpx_sse import EventSource
from mcp.client.stdio import get_default_environment

from tests.faults.host import GREETING, MUST_END_S, ROOT
from throughline.model import OpenModel

HEADERS = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}


@dataclass(frozen=True, slots=True)
class Served:
    """Where a server is, and its process."""

    url: str
    pid: int


@asynccontextmanager
async def served(model: OpenModel, *options: str, log: IO[bytes]) -> AsyncIterator[Served]:
    """The server of faults over HTTP; at the end it is told to end, must, and has said nothing on stderr."""
    command = [sys.executable, "-m", "tests.faults.server", "--http", *options]
    env = {**get_default_environment(), **model.settings.to_env()}
    async with await anyio.open_process(command, env=env, cwd=ROOT, stderr=log) as process:
        assert process.stdout is not None
        with anyio.fail_after(MUST_END_S):
            url = (await process.stdout.receive()).decode().strip()
        try:
            yield Served(url, process.pid)
        finally:
            process.terminate()
            with anyio.fail_after(MUST_END_S, shield=True):
                assert await process.wait() == 128 + signal.SIGTERM
    log.seek(0)
    assert log.read() == b""


class WebClient:
    """One session."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url
        self._numbers = count(1)

    async def initialize(self) -> None:
        """What a session begins with."""
        async with self.asking("initialize", GREETING) as response:
            self._http.headers["mcp-session-id"] = response.headers["mcp-session-id"]
            await response.aread()
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await self._http.post(self._url, json=note)).status_code == 202

    @asynccontextmanager
    async def asking(self, method: str, params: dict[str, Any]) -> AsyncIterator[httpx.Response]:
        """A request whose answer is a stream; left early, its connection is closed."""
        body = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}
        async with self._http.stream("POST", self._url, json=body) as response:
            yield response

    @asynccontextmanager
    async def calling(
        self, tool: str, meta: dict[str, Any], /, **arguments: Any
    ) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """A call of a tool: the messages of its stream, up to its answer."""
        params = {"name": tool, "arguments": arguments, "_meta": meta}
        async with self.asking("tools/call", params) as response:
            assert response.status_code == 200
            yield _messages(response)


async def _messages(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for event in EventSource(response).aiter_sse():
        if event.data:
            yield json.loads(event.data)


@asynccontextmanager
async def web_client(url: str) -> AsyncIterator[WebClient]:
    """A client with a session of its own."""
    async with httpx.AsyncClient(headers=HEADERS, timeout=MUST_END_S) as http:
        client = WebClient(http, url)
        await client.initialize()
        yield client
