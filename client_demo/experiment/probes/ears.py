"""Hears when a run's tools start and end, on every path and in any graph, without changing the run.

A handler of plain callbacks: unlike a streaming one, it makes no model stream. Knows LangChain's callbacks.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import anyio
from langchain_core.callbacks import AsyncCallbackHandler


class Ears(AsyncCallbackHandler):
    """When the first tool of a run started and the last one ended, in monotonic seconds."""

    def __init__(self) -> None:
        self.started_s: float | None = None
        self.ended_s: float | None = None
        self.started = anyio.Event()

    async def on_tool_start(
        self, serialized: dict[str, Any], input_str: str, *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A tool starts."""
        if self.started_s is None:
            self.started_s = time.monotonic()
            self.started.set()

    async def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has ended."""
        self.ended_s = time.monotonic()

    async def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has failed."""
        self.ended_s = time.monotonic()
