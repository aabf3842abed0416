"""What a path hands to its caller, one thing at a time, before anybody makes anything of it. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Lane = Literal["result", "state", "messages", "tools", "custom", "events"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a path handed to its caller: when (monotonic seconds), in which lane, and as it came.

    `mode` is the stream mode, `v2` or `v3` for events, `result` for what `invoke` and `ainvoke` return.
    """

    t: float
    lane: Lane
    mode: str
    raw: Any
