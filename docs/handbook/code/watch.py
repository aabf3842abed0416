"""Events of `astream_events` as lines to read. Pages 05 and 06 use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any


async def told(events: AsyncIterator[Any]) -> str:
    """Every kind of event with its name and number, where it came first, indented by its depth."""
    lines = Counter(
        [f"{'  ' * len(event['parent_ids'])}{event['event']:<20} {event['name']}" async for event in events]
    )
    return "\n".join(line if count == 1 else f"{line}  x {count}" for line, count in lines.items())
