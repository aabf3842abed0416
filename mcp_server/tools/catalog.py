"""The tools of this server, in the order in which they are listed."""

from __future__ import annotations

from mcp_server.tools import ask, list_items, summarize, tell_joke
from mcp_server.tools.spec import ToolSpec

TOOLS: tuple[ToolSpec, ...] = (list_items.TOOL, ask.TOOL, tell_joke.TOOL, summarize.TOOL)
