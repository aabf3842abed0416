"""A client that holds a session and a call that has no end, until somebody ends it: what the tests kill."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
from mcp import StdioServerParameters

from throughline.client import open_session
from throughline.wire import StreamRequest

ROOT = Path(__file__).parents[2]


async def main(path: str) -> None:
    """Call the tool that waits to be stopped; once it has begun, say so on standard output."""
    server = StdioServerParameters(command=sys.executable, args=["-m", "tests.core.server"], cwd=ROOT)
    async with (
        open_session(server) as remote,
        remote.call("waits", {"path": path}, StreamRequest(streaming=True)) as call,
    ):
        async for _ in call.events():
            sys.stdout.write("begun\n")
            sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
