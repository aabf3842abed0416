"""A server on the MCP SDK alone: `report_progress` for each token, on the SDK's own stdio transport.

It is what everybody does. Knows FastMCP and nothing of ours.
"""

from __future__ import annotations

import time
from typing import Any

import anyio
from mcp.server.fastmcp import Context, FastMCP

server = FastMCP[None]("bench", log_level="ERROR")


@server.tool()
async def burst(tokens: int, ctx: Context[Any, Any, Any]) -> str:
    """Report so many tokens, as fast as it goes."""
    for number in range(tokens):
        await ctx.report_progress(number + 1, None, f"t{number} ")
    return str(tokens)


@server.tool()
async def paced(tokens: int, gap_ms: float, ctx: Context[Any, Any, Any]) -> str:
    """Report a token every `gap_ms`; each says when it was reported."""
    began = time.monotonic()
    for number in range(tokens):
        await anyio.sleep(max(0.0, began + number * gap_ms / 1000 - time.monotonic()))
        await ctx.report_progress(number + 1, None, f"{time.monotonic():.6f} ")
    return str(tokens)


if __name__ == "__main__":
    server.run("stdio")
