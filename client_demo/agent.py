"""The agent of the comparison: LangChain's `create_agent` with one tool, whose first call is forced.

A small model picks tools badly, and where one run calls the tool and another does not, nothing is compared.
So the first turn must call the tool, by name; after its result the model is free. The same on every
path, synchronous or not. Knows LangChain; knows nothing of where the tool runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from throughline.model.chat import chat_model
from throughline.model.settings import ModelSettings

Agent = CompiledStateGraph[Any, Any, Any, Any]

RECURSION_LIMIT = 12
SYSTEM_PROMPT = (
    "You are a helpful assistant. Answer the user's question from the result of the tool, briefly."
)


class ForcedFirstCall(AgentMiddleware[Any, Any, Any]):
    """Names the tool in `tool_choice` until the question has a tool's result."""

    def __init__(self, tool_name: str) -> None:
        super().__init__()
        self._tool_name = tool_name

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Ask the model, for `invoke`."""
        return handler(self._forced(request))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Ask the model, for every other path."""
        return await handler(self._forced(request))

    def _forced(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        for message in reversed(request.messages):
            if isinstance(message, ToolMessage):
                return request
            if isinstance(message, HumanMessage):
                break
        return request.override(tool_choice=self._tool_name)


def build_agent(settings: ModelSettings, tool: BaseTool) -> Agent:
    """Build the agent afresh: each run has its own memory, so that none can see another's."""
    return create_agent(
        chat_model(settings, who="agent"),
        [tool],
        system_prompt=SYSTEM_PROMPT,
        middleware=[ForcedFirstCall(tool.name)],
        checkpointer=InMemorySaver(),
    )
