"""MCP over streamable HTTP: FastMCP's own application on uvicorn, ended as cleanly as the pipe transport is.

Also mends the one thing that HTTP takes away: the session that serves a client does not notice that it is
gone, so whoever runs a tool for it looks now and then. Knows no tool.
"""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from mcp.server.fastmcp import FastMCP

WATCH_S = 0.1
"""Seconds between two looks at whether a client is still there."""
GRACEFUL_S = 3
"""Seconds that open streams have to end when the server is asked to."""


async def serve_http(
    server: FastMCP[Any],
    *,
    listening: socket.socket,
    json_response: bool = False,
    announce: Callable[[str], None],
) -> int:
    """Serve on a listening socket until a signal comes; `announce` is told the URL.

    `json_response` answers each call with one JSON body, in which no progress travels. Returns: the exit
    code, 0 or 128 + the signal's number.
    """
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # ours are below: uvicorn's own would end the process by the signal, after all clean-up

    _mend(listening)
    server.settings.json_response = json_response
    app = server.streamable_http_app()
    config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=GRACEFUL_S)
    running = Server(config)
    code = 0
    async with anyio.create_task_group() as tasks:

        async def stop_on_signal() -> None:
            nonlocal code
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                async for number in signals:
                    code = 128 + number
                    running.should_exit = True
                    return

        tasks.start_soon(stop_on_signal)
        host, port = listening.getsockname()[:2]
        announce(f"http://{host}:{port}{server.settings.streamable_http_path}")
        await running.serve(sockets=[listening])
        tasks.cancel_scope.cancel()
    return code


def _mend(listening: socket.socket) -> None:
    """Do what asyncio and mcp 1.30 leave to be done."""
    # The end of an answer may wait until its beginning is acknowledged, 40 ms and more. asyncio sees to that
    # only where a socket names its protocol, which one from `socket.create_server` does not.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A standalone stream that the server's end cuts off is no error; mcp logs it with a traceback.
    logging.getLogger("mcp.server.streamable_http").setLevel(logging.CRITICAL)


async def watch_for_leaving(request: Any, leave: Callable[[], None]) -> None:
    """Call `leave` once the HTTP client behind `request` is gone; returns then, and never before."""
    while not await request.is_disconnected():  # noqa: ASYNC110 - ASGI can only be asked
        await anyio.sleep(WATCH_S)
    leave()
