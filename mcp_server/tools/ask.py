"""ask: a question to the server's model, its answer handed out piece by piece.

Streams by itself whether or not its caller does, and reports each piece of text as a partial value: a program
sees the answer grow even on a path that does not carry tokens.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field

from mcp_server.tools.arguments import NOT_BLANK
from mcp_server.tools.model import llm
from mcp_server.tools.spec import ToolSpec
from throughline.reporter import Reporter

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk

Prompt = Annotated[
    str,
    Field(description="The question or task, in plain words.", min_length=1, max_length=100_000),
    NOT_BLANK,
]
System = Annotated[
    str, Field(description="How to answer (a role, a tone, a format); empty for none.", max_length=20_000)
]
MaxTokens = Annotated[
    int | None,
    Field(description="Stop after this many tokens; null lets the model finish.", ge=1, le=32_768),
]


async def ask(
    prompt: Prompt, system: System = "", max_tokens: MaxTokens = None, *, reporter: Reporter
) -> str:
    """Stream the model's answer into partial values, and return the whole of it."""
    options: dict[str, Any] = {} if max_tokens is None else {"max_tokens": max_tokens}
    messages = [("system", system)] if system else []
    pieces = []
    # astream() says AsyncIterator and returns a generator; closing it lets go of the provider at once.
    stream = cast("AsyncGenerator[AIMessageChunk]", llm(**options).astream([*messages, ("human", prompt)]))
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            if text := str(chunk.text):
                pieces.append(text)
                await reporter.partial(text)
    return "".join(pieces)


TOOL = ToolSpec(
    name="ask",
    title="Ask the model",
    description="Ask another language model a question or give it a small task, and return its answer.",
    body=ask,
)
