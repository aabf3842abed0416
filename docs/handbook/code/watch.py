"""Events of `astream_events` as lines to read. Pages 04 to 06 use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby
from typing import Any


async def told(events: AsyncIterator[Any]) -> str:
    """Every event as `event name`, indented by its depth; equal neighbours are one line with their number."""
    lines = [
        f"{'  ' * len(event['parent_ids'])}{event['event']:<22} {event['name']}" async for event in events
    ]
    groups = ((line, len(list(equal))) for line, equal in groupby(lines))
    return "\n".join(line if count == 1 else f"{line}  x {count}" for line, count in groups)
