"""The bridge: langchain-mcp-adapters' tools, indistinguishable from local ones.

The only file that names the adapters. It stands between a loaded tool and its session: opts in, replays what
the server's body did, and gives results the shape that a local tool's have. Knows no transport.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool, ToolException
from langchain_mcp_adapters.interceptors import MCPToolCallRequest, MCPToolCallResult, ToolCallInterceptor
from langchain_mcp_adapters.tools import _convert_call_tool_result, load_mcp_tools
from mcp.types import CallToolResult, TextContent

from throughline.client.ambient import Ambient
from throughline.client.replay import Replay
from throughline.client.session import RemoteSession

Handler = Callable[[MCPToolCallRequest], Awaitable[MCPToolCallResult]]
Interceptor = ToolCallInterceptor


class Bridge:
    """The way of the tools of one session."""

    def __init__(self, remote: RemoteSession) -> None:
        self._remote = remote

    async def intercept(self, request: MCPToolCallRequest, handler: Handler) -> MCPToolCallResult:
        """Make the call on the held session and replay it here; the adapters' own `handler` is not used."""
        result = await self.call(request.name, request.args, request.runtime)
        tool_call_id = getattr(request.runtime, "tool_call_id", None)
        match result:
            case CallToolResult(isError=False, content=[TextContent(text=text)]) if tool_call_id is not None:
                return ToolMessage(content=text, tool_call_id=tool_call_id, name=request.name)
        return result

    async def call(self, tool: str, arguments: dict[str, Any], runtime: object | None) -> CallToolResult:
        """Call a tool of the server and tell whoever listens here what its body does, as it does it.

        Raises: ConnectionLost, ServerUnavailable, DeadlineExceeded, McpError.
        """
        ambient = Ambient.capture(getattr(runtime, "tool_call_id", None))
        replay = Replay(ambient)
        async with self._remote.call(tool, arguments, ambient.request()) as call:
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
    """`load_mcp_tools`, bridged, and with results as local tools give them: one text is a `str`."""
    bridge = Bridge(remote)
    return [_bridged(tool, bridge) for tool in await load_mcp_tools(remote.session, server_name=remote.name)]


class BridgedTool(StructuredTool):
    """A remote tool with the coroutine of its bridge.

    `StructuredTool` evaluates the annotations and the signatures of `_arun` and of the coroutine at each
    call, to find out what they want injected. Here they are one function, which wants nothing and has its
    signature ready: that is a third of what a call costs.
    """

    @property
    def _arun(self) -> Any:
        return self.coroutine


def _bridged(tool: BaseTool, bridge: Bridge) -> BaseTool:
    assert isinstance(tool, StructuredTool)
    on_error = tool.handle_tool_error
    assert callable(on_error)

    async def call_tool(runtime: object | None = None, **arguments: Any) -> Any:
        result = await bridge.call(tool.name, arguments, runtime)
        match result:
            case CallToolResult(isError=False, structuredContent=None, content=[TextContent(text=text)]):
                return text, None
        content, artifact = _convert_call_tool_result(result)
        return _text_of_blocks(content), artifact

    def describe_error(error: ToolException) -> Any:
        return _text_of_blocks(on_error(error))

    call_tool.__annotations__ = {"runtime": Annotated[object | None, InjectedToolArg()]}
    call_tool.__signature__ = inspect.signature(call_tool)  # type: ignore[attr-defined]
    fields = {name: getattr(tool, name) for name in tool.model_fields_set}
    return BridgedTool(**{**fields, "coroutine": call_tool, "handle_tool_error": describe_error})


def _text_of_blocks(content: Any) -> Any:
    match content:
        case [{"type": "text", "text": text}]:
            return text
        case _:
            return content
