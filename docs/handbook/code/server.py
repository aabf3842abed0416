"""The MCP server of the handbook: a few tools over stdio. Started by `handbook.server()`.

The tools that are `@streamed` stream to a caller that opts in (throughline's bridge); any other caller gets
their results, as of every MCP tool.
"""

from __future__ import annotations

import os

from mcp.server.fastmcp import FastMCP

from throughline.model import chat_model, read_settings
from throughline.reporter import Reporter
from throughline.server import streamed

mcp = FastMCP("handbook", log_level="ERROR")
settings = read_settings(os.environ, dotenv=None)
assert settings is not None, "start it with handbook.server()"
llm = chat_model(settings, who="tool")


@mcp.tool(structured_output=False)
@streamed
async def tell(topic: str) -> str:
    """Tell a short joke about a topic."""
    reply = await llm.ainvoke(f"Tell a joke about {topic}")
    return reply.text


@mcp.tool(structured_output=False)
@streamed
async def items(place: str, reporter: Reporter) -> str:
    """List the items of a place, one by one."""
    found = ["a bed", "a lamp", "a rug"]
    for number, item in enumerate(found, start=1):
        await reporter.status(f"found {item}", progress=number, total=len(found))
        await reporter.partial(item)
    return f"In the {place}: {', '.join(found)}"


@mcp.tool(structured_output=False)
@streamed
async def ask(prompt: str) -> str:
    """Ask the model anything."""
    return (await llm.ainvoke(prompt)).text


@mcp.tool()
async def shout(text: str) -> str:
    """Say it louder. (Asks no model and streams nothing.)"""
    return text.upper()


@mcp.tool(structured_output=False)
@streamed
async def divide(a: int, b: int) -> str:
    """Divide one number by another."""
    return f"{a / b:g}"


if __name__ == "__main__":
    mcp.run()
