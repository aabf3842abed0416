"""A server that tells all that it was told: its command line, its variables, and what a request brought."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from typing import Any

from mcp.server.fastmcp import Context, FastMCP

server = FastMCP("telling", log_level="ERROR")
KEPT = ("LOG_LEVEL", "MY_", "DB", "GOOGLE", "HF", "AUTH")


def told(request: Any) -> list[Any]:
    """What a request over HTTP brought, whole and in pieces."""
    if request is None:
        return [*sys.argv, {name: value for name, value in os.environ.items() if name.startswith(KEPT)}]
    authorization = request.headers.get("authorization", " ").split()
    basic = [base64.b64decode(authorization[1]).decode()] if authorization[:1] == ["Basic"] else []
    headers = {name: value for name, value in request.headers.items() if name != "mcp-session-id"}
    return [headers, request.url.query, dict(request.query_params), *authorization, *basic, request.url.path]


@server.tool()
async def tell(context: Context, note: str = "", login: dict[str, str] | None = None) -> str:  # type: ignore[type-arg]
    """Tell everything, in JSON and in Python's words."""
    everything = [*told(context.request_context.request), note, login]
    await context.report_progress(1, 2, f"{everything}")
    return f"{json.dumps(everything)} {everything} {' '.join(map(str, everything))}"


@server.tool()
async def fail(context: Context, note: str = "") -> str:  # type: ignore[type-arg]
    """Tell everything in an error."""
    raise ValueError(f"{told(context.request_context.request)} {note}")


def over_http() -> None:
    """Serve on a free port, and say which."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(server.streamable_http_app(), log_level="critical")
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    over_http() if "--http" in sys.argv else server.run()
