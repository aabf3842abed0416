"""A server as its author writes it: plain FastMCP. Its tools block, wait, or go on whatever they are told.

Over stdio, or with `--http` over HTTP on a free port, whose URL it prints.
"""

from __future__ import annotations

import socket
import sys
import threading

import anyio
import uvicorn
from mcp.server.fastmcp import Context, FastMCP

server = FastMCP("plain", log_level="ERROR")
PIECE_S = 0.1


@server.tool()
def block(seconds: float) -> str:
    """Lets nothing else run, and is done."""
    threading.Event().wait(seconds)
    return "blocked"


@server.tool()
async def wait(seconds: float) -> str:
    """Lets everything else run, and ends when it is cancelled."""
    with anyio.move_on_after(seconds):
        await anyio.sleep_forever()
    return "waited"


@server.tool()
async def go_on(seconds: float, context: Context) -> str:  # type: ignore[type-arg]
    """Lets everything else run, and is not to be stopped."""
    for number in range(round(seconds / PIECE_S)):
        with anyio.move_on_after(PIECE_S, shield=True):
            await anyio.sleep_forever()
        with anyio.CancelScope(shield=True):
            await context.report_progress(number, None, "still at it")
    return "went on"


def main() -> None:
    if "--http" not in sys.argv:
        server.run()
        return
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    config = uvicorn.Config(server.streamable_http_app(), log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
