"""A server over HTTP that answers only to those who send its key in a header; prints its URL."""

from __future__ import annotations

import socket
import sys

import uvicorn
from mcp.server.fastmcp import FastMCP
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

mcp = FastMCP("guarded", log_level="ERROR")


@mcp.tool()
async def guarded() -> str:
    """Say that one is in."""
    return "in"


def keyed(app: ASGIApp) -> ASGIApp:
    """The app behind a key."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-key", b"open") not in scope["headers"]:
            await PlainTextResponse("No key.", status_code=401)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return ask


def main() -> None:
    """Serve on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    config = uvicorn.Config(keyed(mcp.streamable_http_app()), log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
