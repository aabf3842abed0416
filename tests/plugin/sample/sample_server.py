"""Its tool behind MCP, which streams; with `--counting`, what it says depends on how often it was asked."""

import sys
from itertools import count

from mcp.server.fastmcp import FastMCP

from throughline.reporter import Reporter
from throughline.server import streamed

server = FastMCP("sample")
calls = count(1)


async def look(place: str, *, reporter: Reporter) -> str:
    """Look what is in a place."""
    words = ["In", "the", "attic", "are", "a", "trunk", "and", "a", "kite."]
    if "--counting" in sys.argv:
        words += [f"(visit {next(calls)})"]
    for word in words:
        await reporter.partial(f"{word} ")
    return " ".join(words)


server.tool(name="look", description="Look what is in a place.", structured_output=False)(streamed(look))

if __name__ == "__main__":
    server.run()
