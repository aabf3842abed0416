"""The probe `parallel`: two calls of the tool at once. Does what one says reach the caller as its own?

The calls are made by a graph without a model: that they are at once is not left to one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from client_demo.agent import Agent
from client_demo.doctor.choice import WORDS, is_harmless, made_up
from client_demo.experiment.runs import Cell, Run
from client_demo.experiment.subject import DirectCall
from client_demo.experiment.trial import Bench
from throughline.model.settings import ModelSettings

NAME = "parallel"
PATH = "astream:messages+tools+updates"
OTHER_WORDS = "What items are in the kitchen?"


async def parallel(bench: Bench, placement: str) -> Run | None:
    """Make a run that calls the tool twice at once, unless made-up arguments might do harm."""
    tool = next((tool for tool in bench.placed.tools if tool.name == bench.tool), None)
    if tool is None or (one := _arguments(bench, tool)) is None:
        return None
    other = {name: OTHER_WORDS if value == WORDS else value for name, value in one.items()}

    def build(settings: ModelSettings, tool: BaseTool) -> Agent:
        return calling(tool, [one, other])

    return await replace(bench, build=build, subject=None).run(Cell(placement, PATH, probe=NAME))


def _arguments(bench: Bench, tool: BaseTool) -> dict[str, Any] | None:
    """What the user gave; else made-up ones, where these can do no harm."""
    if isinstance(bench.subject, DirectCall):
        return dict(bench.subject.args)
    told = {"name": tool.name, "annotations": tool.metadata or {}}
    return made_up(schema(tool)) if is_harmless(told) else None


def schema(tool: BaseTool) -> dict[str, Any]:
    """The JSON schema of a tool's arguments."""
    given = tool.args_schema
    return given if isinstance(given, dict) else tool.get_input_jsonschema()


def calling(tool: BaseTool, arguments: Sequence[Mapping[str, Any]]) -> Agent:
    """A graph that calls a tool with each of these arguments, all at once, and ends."""
    calls = [
        {"name": tool.name, "args": dict(one), "id": f"call_{number}", "type": "tool_call"}
        for number, one in enumerate(arguments, start=1)
    ]

    async def call(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("", tool_calls=calls)]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", call)
    graph.add_node("tools", ToolNode([tool]))
    graph.add_edge(START, "model")
    graph.add_edge("model", "tools")
    graph.add_edge("tools", END)
    return graph.compile(checkpointer=InMemorySaver())
