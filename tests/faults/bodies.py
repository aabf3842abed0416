"""Tool bodies for faults: long ones, large ones, and those that wait for what a test does next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from mcp_server.tools import llm
from throughline.reporter import Reporter

PACE_MS = 20
ENDLESS = 20_000
"""Tokens of an answer that nobody hears to the end: more than six minutes of it."""


async def pid() -> str:
    """Where this runs."""
    return str(os.getpid())


async def echo(text: str) -> str:
    """What was said."""
    return text


async def big(chars: int) -> str:
    """So many letters."""
    return "x" * chars


async def flood(answers: int, tokens: int, chars: int) -> int:
    """So many answers one after the other, each of so many tokens at once; how many tokens they were."""
    prompt = f"[[reply:{('x' * (chars - 1) + ' ') * tokens}]]"
    count = 0
    for _ in range(answers):
        async for chunk in llm(model="scripted?pace_ms=0").astream(prompt):
            count += bool(chunk.text)
    return count


async def endless(text: str) -> str:
    """An answer that only leaving ends."""
    model = llm(model=f"scripted?pace_ms={PACE_MS}")
    return str((await model.ainvoke(f"{text} [[tokens:{ENDLESS}]]")).text)


async def short(text: str) -> str:
    """An answer of three tokens."""
    return str((await llm().ainvoke(f"[[reply:{text} once more]]")).text)


async def steps(count: int, reporter: Reporter) -> str:
    """So many messages at once."""
    for step in range(1, count + 1):
        await reporter.status(f"step {step} of {count}", progress=step, total=count)
    return "done"


async def chatters(seconds: float, reporter: Reporter) -> float:
    """Messages without a pause for about so long; how long it was."""
    began_s = asyncio.get_running_loop().time()
    while (passed_s := asyncio.get_running_loop().time() - began_s) < seconds:
        await reporter.status(f"after {passed_s:.3f} s")
    return passed_s


_released = asyncio.Event()


async def holds(reporter: Reporter) -> str:
    """Two partial values, and then nothing until it is released."""
    await reporter.partial("the first half ")
    await reporter.partial("and some more")
    await _released.wait()
    return "released"


async def holds_values(reporter: Reporter) -> str:
    """The same with values of which the last counts."""
    await reporter.partial({"done": 1})
    await reporter.partial({"done": 2})
    await _released.wait()
    return "released"


async def holds_silently() -> str:
    """Nothing at all until it is released."""
    await _released.wait()
    return "released"


async def release() -> str:
    """Let those go that hold, and hold again."""
    global _released  # noqa: PLW0603 - one process, one test
    _released.set()
    _released = asyncio.Event()
    return "done"


Body = Callable[..., Awaitable[Any]]

BODIES: tuple[Body, ...] = (
    pid,
    echo,
    big,
    flood,
    endless,
    short,
    steps,
    chatters,
    holds,
    holds_values,
    holds_silently,
    release,
)
