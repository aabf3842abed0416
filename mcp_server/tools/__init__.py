"""The tools: each an async function of its arguments and a Reporter, one file a tool."""

from mcp_server.tools.catalog import TOOLS
from mcp_server.tools.model import configure, llm
from mcp_server.tools.spec import ToolSpec, check, schema

__all__ = ["TOOLS", "ToolSpec", "check", "configure", "llm", "schema"]
