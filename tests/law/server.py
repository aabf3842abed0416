"""The bodies behind MCP, over stdio or HTTP (whose URL it prints): what the tests spawn."""

from __future__ import annotations

import os
import socket
import sys

import anyio
from mcp.server.fastmcp import FastMCP

from mcp_server.app import lowlevel
from mcp_server.tools import configure
from tests.law.bodies import BODIES, SHIPPED
from throughline.model.settings import read_settings
from throughline.server import streamed
from throughline.server.http import serve_http
from throughline.server.stdio import serve_stdio


def build() -> FastMCP[None]:
    server = FastMCP[None]("law", log_level="ERROR")
    for name, body in (BODIES | SHIPPED).items():
        server.add_tool(streamed(body), name=name, description=name, structured_output=False)
    return server


async def main(arguments: list[str]) -> int:
    server = build()
    if "--http" not in arguments:
        return await serve_stdio(lowlevel(server), sdk="--sdk" in arguments)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return await serve_http(
            server, listening=listening, json_response="--json" in arguments, announce=tell
        )


def tell(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    settings = read_settings(os.environ, dotenv=None)
    assert settings is not None
    configure(settings)
    sys.exit(anyio.run(main, sys.argv[1:]))
