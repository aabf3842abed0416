"""The least that a server on the MCP SDK can be: one trivial tool on the SDK's own stdio transport."""

from __future__ import annotations

from mcp.server.fastmcp import FastMCP

server = FastMCP[None]("bare")


@server.tool()
def nothing() -> str:
    """Do nothing."""
    return ""


if __name__ == "__main__":
    server.run("stdio")
