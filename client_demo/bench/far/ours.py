"""A server on throughline, over stdio or HTTP, with the tools that are measured.

`burst` and `paced` put their tokens straight into the emitter: no model and no LangChain stand before it, so
that the boundary itself is measured. Knows the core's server half.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any

import anyio
import anyio.lowlevel
from mcp.server.fastmcp import FastMCP
from mcp.server.lowlevel import Server

from client_demo.bench.far.bodies import BODIES, Body, configure
from throughline.model.settings import ModelSettings
from throughline.reporter import Reporter
from throughline.server import streamed
from throughline.server.emitter import Emitter
from throughline.server.stdio import serve_stdio

HTTP = "--http"
HOST = "127.0.0.1"
RUN = 1
"""The number under which tokens travel that belong to no model run."""
TURN = 64
"""Tokens after which a body in a crowd lets the others have their turn."""


async def burst(tokens: int, reporter: Reporter) -> str:
    """Put so many tokens, as fast as it goes."""
    emitter = _emitter(reporter)
    for number in range(tokens):
        emitter.text(RUN, f"t{number} ")
        await emitter.breathe()
    return str(tokens)


async def paced(tokens: int, gap_ms: float, reporter: Reporter) -> str:
    """Put a token every `gap_ms`; each says when it was put."""
    emitter = _emitter(reporter)
    began = time.monotonic()
    for number in range(tokens):
        await anyio.sleep(max(0.0, began + number * gap_ms / 1000 - time.monotonic()))
        emitter.text(RUN, f"{time.monotonic():.6f} ")
        await emitter.breathe()
    return str(tokens)


async def signed(caller: int, tokens: int, reporter: Reporter) -> str:
    """Put so many tokens that say whose they are and which, in turns with other callers."""
    emitter = _emitter(reporter)
    for number in range(tokens):
        emitter.text(RUN, f"{caller}.{number} ")
        await emitter.breathe()
        if number % TURN == 0:
            await anyio.lowlevel.checkpoint()
    return str(tokens)


EMITTING: tuple[Body, ...] = (burst, paced, signed)


def build() -> FastMCP[None]:
    """The server, on no transport yet."""
    server = FastMCP[None]("bench", log_level="ERROR")
    for body in EMITTING + tuple(BODIES.values()):
        server.add_tool(streamed(body), structured_output=False)
    return server


def lowlevel(server: FastMCP[Any]) -> Server[Any, Any]:
    """The SDK's own server inside; FastMCP 1.30 has no public name for it."""
    return server._mcp_server  # noqa: SLF001 - as in mcp_server.app, which guards it with a test


def _emitter(reporter: Reporter) -> Emitter:
    """Where the callbacks of a model would put its tokens: here a plain loop stands in for both."""
    emitter: Emitter = reporter._emitter  # type: ignore[attr-defined]  # noqa: SLF001 - our own core
    return emitter


async def serve(arguments: list[str]) -> int:
    """Serve on stdio; with `--http` on a free port, whose URL is printed. JSON settings say who is asked."""
    for one in arguments:
        if one != HTTP:
            configure(ModelSettings(**json.loads(one)))
    if HTTP not in arguments:
        return await serve_stdio(lowlevel(build()))
    from throughline.server.http import serve_http

    return await serve_http(build(), listening=socket.create_server((HOST, 0)), announce=_announce)


def _announce(url: str) -> None:
    sys.stdout.write(url + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(anyio.run(serve, sys.argv[1:]))
