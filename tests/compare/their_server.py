"""A server that is not ours: plain FastMCP, which knows nothing of throughline."""

from __future__ import annotations

import os
import sys

from mcp.server.fastmcp import Context, FastMCP

server = FastMCP("theirs", log_level="ERROR")


@server.tool()
async def lookup(word: str, times: int = 1) -> str:
    """Look a word up."""
    return " ".join([word] * times)


@server.tool()
async def slow_steps(steps: int, context: Context) -> str:  # type: ignore[type-arg]
    """Takes its time, and reports progress."""
    for number in range(steps):
        await context.report_progress(number, steps, f"step {number}")
    return f"{steps} steps"


@server.tool()
async def think(prompt: str) -> str:
    """Asks a model, with a client of its own."""
    from openai import AsyncOpenAI

    async with AsyncOpenAI() as client:
        told = await client.chat.completions.create(
            model=os.environ["OPENAI_MODEL"], messages=[{"role": "user", "content": prompt}]
        )
    return told.choices[0].message.content or ""


@server.tool()
async def by_the_clock(word: str) -> str:
    """Answers otherwise each time."""
    return f"{word} {os.urandom(8).hex()}"


@server.tool()
async def delete_everything() -> str:
    """Not to be called unasked."""
    return "gone"


if __name__ == "__main__":
    if "--http" in sys.argv:
        server.settings.port = int(sys.argv[-1])
        server.run(transport="streamable-http")
    server.run()
