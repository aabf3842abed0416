"""The bridge: langchain-mcp-adapters' tools, indistinguishable from local ones.

The only file that names the adapters. It stands between a loaded tool and its session: opts in, replays what
the server's body did, and gives results the shape that a local tool's have. Knows no transport.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_mcp_adapters.interceptors import MCPToolCallRequest, MCPToolCallResult, ToolCallInterceptor
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp.types import CallToolResult, TextContent

from throughline.client.ambient import Ambient
from throughline.client.replay import Replay
from throughline.client.session import RemoteSession

Handler = Callable[[MCPToolCallRequest], Awaitable[MCPToolCallResult]]
Interceptor = ToolCallInterceptor


class Bridge:
    """The interceptor of one session."""

    def __init__(self, remote: RemoteSession) -> None:
        self._remote = remote

    async def intercept(self, request: MCPToolCallRequest, handler: Handler) -> MCPToolCallResult:
        """Make the call on the held session and replay it here; the adapters' own `handler` is not used."""
        tool_call_id = getattr(request.runtime, "tool_call_id", None)
        ambient = Ambient.capture(tool_call_id)
        result = await self._replayed(request, ambient)
        text = _only_text(result)
        if text is None or tool_call_id is None or result.isError:
            return result
        return ToolMessage(content=text, tool_call_id=tool_call_id, name=request.name)

    async def _replayed(self, request: MCPToolCallRequest, ambient: Ambient) -> CallToolResult:
        replay = Replay(ambient)
        async with self._remote.call(request.name, request.args, ambient.request()) as call:
            try:
                async for event in call.events():
                    await replay.play(event)
            except BaseException as error:
                await replay.abandon(error)
                raise
            self._remote.keep(call.ledger())
        result: CallToolResult = call.result()
        return result


async def load_tools(remote: RemoteSession) -> list[BaseTool]:
    """`load_mcp_tools` with the bridge, and with results as local tools give them: one text is a `str`."""
    tools = await load_mcp_tools(remote.session, tool_interceptors=[remote.bridge], server_name=remote.name)
    return [_local_shape(tool) for tool in tools]


def _local_shape(tool: BaseTool) -> BaseTool:
    assert isinstance(tool, StructuredTool)
    assert tool.coroutine is not None
    inner, on_error = tool.coroutine, tool.handle_tool_error

    @wraps(inner)  # LangChain reads from the signature which arguments are injected
    async def call_tool(*args: Any, **kwargs: Any) -> Any:
        content, artifact = await inner(*args, **kwargs)
        return _text_of_blocks(content), artifact

    def describe_error(error: ToolException) -> Any:
        assert callable(on_error)
        return _text_of_blocks(on_error(error))

    handled = describe_error if callable(on_error) else on_error
    return tool.model_copy(update={"coroutine": call_tool, "handle_tool_error": handled})


def _only_text(result: CallToolResult) -> str | None:
    match result.content:
        case [TextContent(text=text)]:
            return text
        case _:
            return None


def _text_of_blocks(content: Any) -> Any:
    match content:
        case [{"type": "text", "text": text}]:
            return text
        case _:
            return content
