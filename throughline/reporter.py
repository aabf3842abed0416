"""What a tool body may say while it works: a status for people, a partial value for programs.

Knows nothing of where the body runs. In-process the reports go to LangGraph's streams, behind MCP they cross
the wire first; the body cannot tell.
"""

from __future__ import annotations

from typing import Any, Protocol


class Reporter(Protocol):
    """The voice of one tool call."""

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """Say in a few words what is being done; with `progress` out of `total` a host can draw a bar."""

    async def partial(self, value: Any) -> None:
        """Hand out a provisional value (JSON-like); the result alone is authoritative."""
