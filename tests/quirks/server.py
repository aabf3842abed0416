"""Each quirk alone, as a tool of its own, in one process behind stdio: what the tests spawn."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
from mcp.server.fastmcp import FastMCP

from mcp_server.app import lowlevel
from mcp_server.quirks import QUIRKS, Wire, quirky
from mcp_server.tools import TOOLS, configure
from throughline.model.settings import read_settings
from throughline.server import streamed
from throughline.server.stdio import serve_stdio


def build() -> FastMCP[None]:
    wires = {name: Wire({name}) for name in QUIRKS}

    @asynccontextmanager
    async def running(_: FastMCP[None]) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for wire in wires.values():
                await stack.enter_async_context(wire.running())
            yield

    server = FastMCP[None]("quirks", log_level="ERROR", lifespan=running)
    for name, wire in wires.items():
        tool = wire.disturbed(streamed(quirky(TOOLS[0], {name}).body))
        server.add_tool(tool, name=name, description=name, structured_output=False)
    return server


if __name__ == "__main__":
    settings = read_settings(os.environ, dotenv=None)
    assert settings is not None
    configure(settings)
    sys.exit(anyio.run(serve_stdio, lowlevel(build())))
