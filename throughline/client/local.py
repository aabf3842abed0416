"""The same tool body in-process: what a bridged tool is held against.

Builds a LangChain tool from a plain body and a reporter that writes where the bridge writes. Knows no wire.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool

from throughline.client.ambient import Ambient
from throughline.client.publish import publish_partial, publish_status


class LocalReporter:
    """Reports of a tool in this process, into the streams around it."""

    def __init__(self, ambient: Ambient) -> None:
        self._ambient = ambient

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """To `custom` and `astream_events`."""
        await publish_status(self._ambient, message, progress, total)

    async def partial(self, value: Any) -> None:
        """To `custom`, `tools` and `astream_events`."""
        await publish_partial(self._ambient, value)


def local_tool(
    body: Callable[..., Awaitable[Any]], *, name: str, description: str, args_schema: dict[str, Any]
) -> BaseTool:
    """A tool body as a LangChain tool of this process.

    `args_schema` is the JSON schema that an MCP server lists for the same body: a model is shown the same.
    """
    wants_reporter = "reporter" in inspect.signature(body).parameters

    async def call_tool(runtime: Annotated[object | None, InjectedToolArg()] = None, **arguments: Any) -> Any:
        if wants_reporter:
            ambient = Ambient.capture(getattr(runtime, "tool_call_id", None))
            arguments["reporter"] = LocalReporter(ambient)
        return await body(**arguments)

    return StructuredTool(name=name, description=description, args_schema=args_schema, coroutine=call_tool)
