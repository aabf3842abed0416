"""list_items: what one might find in a place.

The lesson of this tool is its plainness: one awaited call of a model, nothing about streaming, and yet it
streams exactly when its caller does.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mcp_server.tools.arguments import NOT_BLANK
from mcp_server.tools.model import llm
from mcp_server.tools.spec import ToolSpec
from throughline.reporter import Reporter

Place = Annotated[
    str,
    Field(
        description="The place to look in, in a word or two, for example bedroom.",
        min_length=1,
        max_length=2_000,
    ),
    NOT_BLANK,
]

PROMPT = (
    "What items might one find in the following place: {place}? "
    "List at least three of them, separated by commas, each with a brief description."
)


async def list_items(place: Place, *, reporter: Reporter) -> str:
    """Ask the model for the items of a place, in one plain call."""
    reply = await llm().ainvoke(PROMPT.format(place=place))
    return str(reply.text)


TOOL = ToolSpec(
    name="list_items",
    title="List the items in a place",
    description="List items that one might find in a place (a bedroom, a garage), each briefly described.",
    body=list_items,
)
