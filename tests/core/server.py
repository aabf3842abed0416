"""Tools that do to a server what tools should not, behind the pipe transport: what the tests of it spawn."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from contextlib import suppress

import anyio
from mcp import McpError, types
from mcp.server.fastmcp import FastMCP

from mcp_server.app import lowlevel
from throughline.reporter import Reporter
from throughline.server import stdio, streamed

CLEANED: dict[str, anyio.Event] = {}


async def echo(text: str) -> str:
    """What was said."""
    return text


async def big(chars: int) -> str:
    """So many letters."""
    return "x" * chars


async def prints() -> str:
    """Everything that a library may do to standard output."""
    print("from print", flush=True)  # noqa: T201 - it is the point
    sys.stdout.write("from sys.stdout, without an end of line")
    sys.stdout.flush()
    os.write(1, b"from a file descriptor, without an end of line")
    libc = ctypes.CDLL(None)
    libc.puts(b"from C")
    libc.fflush(None)
    await anyio.run_process(["echo", "from a child"], stdout=None)
    return "printed"


async def reads() -> str:
    """What a library finds on standard input."""
    return repr(sys.stdin.read())


async def loaded() -> list[str]:
    """The modules that this process has imported."""
    return sorted(sys.modules)


async def leaves(code: int) -> str:
    """The end of the process, from within."""
    sys.exit(code)


async def half(reporter: Reporter) -> str:
    """Half a letter in everything that can be said."""
    await reporter.status("status \ud83d")
    await reporter.partial({"partial \ud83d": "\udc00"})
    return "result \ud83d"


async def odd_numbers(reporter: Reporter) -> str:
    """Numbers that JSON does not have."""
    for progress, total in ((float("nan"), 1), (1, float("inf")), (float("-inf"), 2)):
        await reporter.status("odd", progress=progress, total=total)
    await reporter.partial(float("nan"))
    return "odd"


async def waits(path: str, reporter: Reporter) -> str:
    """Waits to be stopped, and takes its time to clean up; `path` is told what became of it."""
    try:
        await reporter.status("waiting")
        await anyio.Event().wait()
    finally:
        with anyio.move_on_after(0.05):
            await anyio.Event().wait()
        await anyio.Path(path).write_text("cleaned up")
        CLEANED.setdefault(path, anyio.Event()).set()
    return "never"


async def cleaned(path: str) -> str:
    """Waits until `waits` has cleaned up, and says what it wrote."""
    await CLEANED.setdefault(path, anyio.Event()).wait()
    return await anyio.Path(path).read_text()


async def stubborn(reporter: Reporter) -> str:
    """Does not hear that it is to stop, and answers."""
    await reporter.status("waiting")
    with suppress(asyncio.CancelledError):
        await anyio.Event().wait()
    return "an answer all the same"


async def floods(pieces: int, reporter: Reporter) -> str:
    """More than a pipe holds."""
    for number in range(pieces):
        await reporter.partial(f"{number:>1000}")
    return "flooded"


async def refuses() -> str:
    """An error of the protocol, from a tool."""
    raise McpError(types.ErrorData(code=-32000, message="not like this"))


TOOLS = (
    echo,
    big,
    prints,
    reads,
    loaded,
    leaves,
    half,
    odd_numbers,
    waits,
    cleaned,
    stubborn,
    floods,
    refuses,
)


def build() -> FastMCP[None]:
    server = FastMCP[None]("pipes", log_level="WARNING")
    for tool in TOOLS:
        server.add_tool(streamed(tool), name=tool.__name__, structured_output=False)
    return server


if __name__ == "__main__":
    if "short-lines" in sys.argv:
        stdio.MAX_LINE_BYTES = 1000
    sys.exit(anyio.run(lambda: stdio.serve_stdio(lowlevel(build()), sdk="sdk" in sys.argv)))
