"""summarize: a long text in a few sentences, by map and reduce.

Cuts the text into sections at paragraphs, summarizes a few of them at a time, shows how far it is and hands
out each summary as it is done, then makes one of them all. A short text is one section and one call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import anyio
from pydantic import Field

from mcp_server.tools.arguments import NOT_BLANK
from mcp_server.tools.model import llm
from mcp_server.tools.sections import cut
from mcp_server.tools.spec import ToolSpec
from throughline.reporter import Reporter

SECTION_CHARS = 4_000
"""Some thousand tokens: fits the window of a small model with room for the answer."""
AT_ONCE = 4
"""Sections that are with the provider at the same time."""

Text = Annotated[
    str, Field(description="The text to summarize.", min_length=1, max_length=400_000), NOT_BLANK
]
Focus = Annotated[
    str, Field(description="What matters most to the reader; empty for everything.", max_length=2_000)
]
Sentences = Annotated[int, Field(description="How many sentences the summary should have.", ge=1, le=20)]


async def summarize(text: Text, focus: Focus = "", sentences: Sentences = 3, *, reporter: Reporter) -> str:
    """Summarize each section, then the summaries."""
    wish = f" Pay attention to {focus}." if focus else ""
    sections = cut(text, limit_chars=SECTION_CHARS)
    if len(sections) == 1:
        return await _reply(f"Summarize this text in {_counted(sentences)}.{wish}\n\n{text}")
    parts = await _each(
        sections, f"Summarize this part of a longer text in two sentences.{wish}\n\n", reporter
    )
    await reporter.status(f"Joining {len(parts)} summaries", progress=len(parts), total=len(parts) + 1)
    joined = "\n\n".join(parts)
    return await _reply(
        f"These are summaries of the parts of one text, in order. "
        f"Make of them one summary of the whole in {_counted(sentences)}.{wish}\n\n{joined}"
    )


async def _each(sections: list[str], instruction: str, reporter: Reporter) -> list[str]:
    parts = [""] * len(sections)
    steps = len(sections) + 1  # the last one joins them
    done = 0

    async def part(index: int) -> None:
        nonlocal done
        parts[index] = await _reply(instruction + sections[index])
        done += 1
        await reporter.status(f"Summarized {done} of {len(sections)} sections", progress=done, total=steps)
        await reporter.partial({"section": index + 1, "sections": len(sections), "summary": parts[index]})

    await _few_at_a_time(len(sections), part)
    return parts


async def _few_at_a_time(count: int, work: Callable[[int], Awaitable[None]]) -> None:
    room = anyio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with room:
            await work(index)

    try:
        async with anyio.create_task_group() as group:
            for index in range(count):
                group.start_soon(one, index)
    except ExceptionGroup as failures:
        # The first section that failed speaks for all: a caller reads one sentence, not a group of them.
        raise failures.exceptions[0] from None


def _counted(sentences: int) -> str:
    return "one sentence" if sentences == 1 else f"{sentences} sentences"


async def _reply(prompt: str) -> str:
    reply = await llm().ainvoke(prompt)
    return str(reply.text)


TOOL = ToolSpec(
    name="summarize",
    title="Summarize a text",
    description="Summarize a text of any length in a few sentences, long ones section by section.",
    body=summarize,
)
