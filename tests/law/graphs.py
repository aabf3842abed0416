"""Graphs in which a tool is called: an agent, a graph by hand, a chain. They know tools alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

Tools = dict[str, BaseTool]
Graph = Runnable[Any, Any]


def agent(tools: Tools, model: BaseChatModel) -> Graph:
    """A ReAct agent; the user's words say which tools are called."""
    return create_agent(model, list(tools.values()), checkpointer=InMemorySaver())


class State(TypedDict, total=False):
    args: dict[str, Any]
    found: str
    said: str


def by_hand(tools: Tools, model: BaseChatModel, *, tool: str) -> Graph:
    """A plain node calls the tool, the next one asks a model: no ToolNode anywhere."""

    async def find(state: State) -> State:
        return {"found": (await tools[tool].ainvoke(state["args"])).strip()}

    async def say(state: State) -> State:
        return {"said": str((await model.ainvoke(f"{state['found']} [[reply:that is all]]")).text)}

    builder = StateGraph(State)
    builder.add_node("find", find)
    builder.add_node("say", say)
    builder.add_edge(START, "find")
    builder.add_edge("find", "say")
    builder.add_edge("say", END)
    return builder.compile(checkpointer=InMemorySaver())


def chain(tools: Tools, *, tool: str) -> Graph:
    """The tool as a step of a chain, called directly."""

    def strip(text: str) -> str:
        return text.strip()

    return tools[tool] | strip


Build = Callable[[Tools, BaseChatModel, str], Graph]
