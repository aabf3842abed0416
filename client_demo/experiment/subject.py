"""What is run: our agent, a tool called without any agent, or somebody's own graph, and what it is given.

Knows how a graph is had for each run, and how its outcome is read; refuses to know paths and reports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from client_demo.agent import RECURSION_LIMIT, build_agent
from client_demo.errors import UsageError
from client_demo.experiment.foreign import ForeignAgent, Graph
from client_demo.experiment.runs import answer
from client_demo.placements import Placed
from client_demo.text.jsonable import jsonable
from throughline.model.chat import chat_model
from throughline.model.settings import ModelSettings

MESSAGES = "messages"
CALL_ID = "call_1"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")
"""Where in memory an object was, which says nothing of what it is."""


class InputMissing(UsageError):
    """A graph takes something else than messages, and was not given it."""

    def __init__(self, *, given: str, fields: Sequence[str]) -> None:
        self.given = given
        self.fields = tuple(fields)
        takes = f"takes {', '.join(fields)}" if fields else "does not say what it takes"
        example = json.dumps(dict.fromkeys(fields[:1] or ["question"], "..."))
        super().__init__(
            f"--agent {given} has no `messages` to put a prompt in (it {takes})",
            remedy=f"give its input as JSON: --input '{example}'.",
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run left behind: its messages, and its last word."""

    messages: tuple[BaseMessage, ...] = ()
    answer: str | None = None


class Subject(Protocol):
    """What is run. `steps` limits its graph; None leaves the graph its own limit."""

    @property
    def steps(self) -> int | None: ...  # noqa: D102 - said above

    async def build(self, placed: Placed, settings: ModelSettings) -> Graph:
        """A graph for one run, with the tools of one placement."""

    def inputs(self, graph: Graph) -> Any:
        """What the graph is called with."""

    def ending(self, state: Any) -> Ending:
        """Read the graph's last state."""


@dataclass(frozen=True, slots=True)
class OurAgent:
    """LangChain's `create_agent` with one tool, whose first call is forced."""

    tool: str
    prompt: str
    made: Callable[[ModelSettings, BaseTool], Graph] = build_agent
    steps: int | None = RECURSION_LIMIT

    async def build(self, placed: Placed, settings: ModelSettings) -> Graph:
        """Build it afresh."""
        return self.made(settings, placed.tool(self.tool))

    def inputs(self, graph: Graph) -> Any:
        """The prompt."""
        return {MESSAGES: [("user", self.prompt)]}

    def ending(self, state: Any) -> Ending:
        """The conversation, and the agent's answer."""
        messages = _messages(state)
        return Ending(messages, answer(messages))


@dataclass(frozen=True, slots=True)
class DirectCall:
    """One tool, called as an agent would call it, by nobody: a node that asks for the call, and tools."""

    tool: str
    args: Mapping[str, Any]
    steps: int | None = RECURSION_LIMIT

    async def build(self, placed: Placed, settings: ModelSettings) -> Graph:
        """Build it afresh."""
        call = {"name": self.tool, "args": dict(self.args), "id": CALL_ID, "type": "tool_call"}

        def ask(state: MessagesState) -> dict[str, Any]:
            return {MESSAGES: [AIMessage("", tool_calls=[call])]}

        builder = StateGraph(MessagesState)
        builder.add_node("call", ask)
        builder.add_node("tools", ToolNode([placed.tool(self.tool)]))
        builder.add_edge(START, "call")
        builder.add_edge("call", "tools")
        builder.add_edge("tools", END)
        return builder.compile(checkpointer=InMemorySaver())

    def inputs(self, graph: Graph) -> Any:
        """Nothing is asked."""
        return {MESSAGES: []}

    def ending(self, state: Any) -> Ending:
        """The call and its result, which is the last word."""
        messages = _messages(state)
        results = [str(one.text) for one in messages if isinstance(one, ToolMessage)]
        return Ending(messages, results[-1] if results else None)


@dataclass(frozen=True, slots=True)
class TheirAgent:
    """Somebody's own graph. `tool` is the one that it gets (empty: all), `given` its input, if any."""

    agent: ForeignAgent
    prompt: str
    tool: str = ""
    given: Any = None
    limit_s: float = 120.0
    steps: int | None = None

    async def build(self, placed: Placed, settings: ModelSettings) -> Graph:
        """Have it made, where it is a factory's."""
        mine = [placed.tool(self.tool)] if self.tool else placed.tools
        return await self.agent.build(
            model=chat_model(settings, who="agent"), tools=mine, limit_s=self.limit_s
        )

    def inputs(self, graph: Graph) -> Any:
        """Its own input, or the prompt where it takes messages. Raises: InputMissing."""
        if self.given is not None:
            return self.given
        fields = input_fields(graph)
        if MESSAGES not in fields:
            raise InputMissing(given=self.agent.given, fields=fields)
        return {MESSAGES: [("user", self.prompt)]}

    def ending(self, state: Any) -> Ending:
        """The conversation and its last word; a graph without messages has its whole state for one."""
        messages = _messages(state)
        if messages or state is None:
            return Ending(messages, answer(messages))
        told = json.dumps(jsonable(state), ensure_ascii=False, sort_keys=True, default=str)
        return Ending((), _ADDRESS.sub("", told) if state else None)


class LastOutput(BaseCallbackHandler):
    """Keeps what a run ended with, for graphs that keep no state."""

    run_inline = True

    def __init__(self) -> None:
        self.value: Any = None

    def on_chain_end(
        self, outputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Keep what the outermost run came to."""
        if parent_run_id is None:
            self.value = outputs


def keeps_state(graph: Graph) -> bool:
    """Whether a graph can be asked for its state after a run."""
    return getattr(graph, "checkpointer", None) not in (None, False)


async def last_state(graph: Graph, config: RunnableConfig, last: LastOutput) -> Any:
    """What a run left behind, which every path has, also those that show none."""
    if not keeps_state(graph):
        return last.value
    try:
        state = await graph.aget_state(config)
    except Exception:  # noqa: BLE001 - what a stranger's checkpointer may raise is no part of the run
        return None
    return state.values


def input_fields(graph: Graph) -> tuple[str, ...]:
    """What a graph takes, by name, as far as it says so."""
    try:
        schema = graph.get_input_jsonschema()
    except Exception:  # noqa: BLE001 - a state of types that have no JSON schema, or a remote graph
        channels = getattr(graph, "channels", None) or ()
        return tuple(one for one in channels if not one.startswith("__") and ":" not in one)
    return tuple(schema.get("properties", ()))


def _messages(state: Any) -> tuple[BaseMessage, ...]:
    found = state.get(MESSAGES) if isinstance(state, Mapping) else getattr(state, MESSAGES, None)
    listed = found if isinstance(found, list | tuple) else ()
    return tuple(one for one in listed if isinstance(one, BaseMessage))
