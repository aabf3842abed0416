"""Agents that are not ours: graphs and factories, those that work and those that do not."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

import anyio
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from typing_extensions import TypedDict


class Text(TypedDict):
    text: str


def graph_of(node: Any, state: Any = MessagesState) -> Any:
    builder = StateGraph(state)
    builder.add_node("node", node)
    builder.add_edge(START, "node")
    return builder.compile()


async def respond(state: MessagesState) -> dict[str, Any]:
    model = ChatOpenAI(model=os.environ["OPENAI_MODEL"])
    return {"messages": [await model.ainvoke(state["messages"])]}


async def insist(state: MessagesState) -> dict[str, Any]:
    return {"messages": [await ChatOpenAI(model="gpt-0").ainvoke(state["messages"])]}


def shout(state: Text) -> dict[str, Any]:
    sys.stdout.write("shouting\n")
    return {"text": state["text"].upper()}


def raise_something(state: MessagesState) -> dict[str, Any]:
    raise ValueError("the database is away")


def exit_at_once(state: MessagesState) -> dict[str, Any]:
    raise SystemExit("there is no configuration")


def press_ctrl_c(state: MessagesState) -> dict[str, Any]:
    signal.raise_signal(signal.SIGINT)
    return {}


async def wait_for_ever(state: MessagesState) -> dict[str, Any]:
    await anyio.Event().wait()
    return {}


def hold_a_thread(state: MessagesState) -> dict[str, Any]:
    threading.Event().wait()
    return {}


async def hold_the_loop(state: MessagesState) -> dict[str, Any]:
    threading.Event().wait()
    return {}


responding = graph_of(respond)
insisting = graph_of(insist)
shouting = graph_of(shout, Text)
raising = graph_of(raise_something)
exiting = graph_of(exit_at_once)
interrupting = graph_of(press_ctrl_c)
endless = graph_of(wait_for_ever)
stuck = graph_of(hold_a_thread)
blocking = graph_of(hold_the_loop)


def make(model: BaseChatModel, tools: list[BaseTool]) -> Any:
    return create_agent(model, tools)


def make_error(model: BaseChatModel) -> Any:
    raise RuntimeError("there is no configuration")


def make_exit(model: BaseChatModel) -> Any:
    raise SystemExit(3)


async def make_never(model: BaseChatModel) -> Any:
    await anyio.Event().wait()


def make_nonsense(model: BaseChatModel) -> Any:
    return 42
