"""The bodies behind MCP, over stdio or HTTP (whose URL it prints): what the tests of faults spawn.

Options: `--http`, `--json`, `--body-bytes N` (what HTTP takes at most), `--deadline SECONDS`.
"""

from __future__ import annotations

import os
import socket
import sys
from argparse import ArgumentParser, Namespace

import anyio
from mcp.server.fastmcp import FastMCP

from mcp_server.app import lowlevel
from mcp_server.tools import configure
from tests.faults.bodies import BODIES
from throughline.model.settings import read_settings
from throughline.server import streamed
from throughline.server.http import serve_http
from throughline.server.stdio import serve_stdio


def options(arguments: list[str]) -> Namespace:
    parser = ArgumentParser()
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--body-bytes", type=int, default=4 << 20)
    parser.add_argument("--deadline", type=float, default=None)
    return parser.parse_args(arguments)


def build(given: Namespace) -> FastMCP[None]:
    server = FastMCP[None]("faults", log_level="ERROR", max_request_body_size=given.body_bytes)
    for body in BODIES:
        tool = streamed(body, deadline_s=given.deadline)
        server.add_tool(tool, name=body.__name__, structured_output=False)

    @server.tool()
    async def forget() -> str:
        """Know no session any more, as after a restart."""
        server.session_manager._server_instances.clear()
        return "who?"

    return server


async def main(given: Namespace) -> int:
    server = build(given)
    if not given.http:
        return await serve_stdio(lowlevel(server))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return await serve_http(server, listening=listening, json_response=given.json, announce=tell)


def tell(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    settings = read_settings(os.environ, dotenv=None)
    assert settings is not None
    configure(settings)
    sys.exit(anyio.run(main, options(sys.argv[1:])))
