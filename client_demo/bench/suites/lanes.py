"""`lanes`: from a provider's first chunk to the last token in LangGraph's `messages` lane, for each token.

The same agent and the same tool body (`await llm.ainvoke(...)`), once in this process and once bridged. The
provider is a process of its own for both, as providers are. A second pair has no provider: its model is made
of LangChain alone, so that nothing but the boundary is left to differ.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk
from langchain_core.tools import BaseTool

from client_demo.agent import Agent
from client_demo.bench import near
from client_demo.bench.errors import expect
from client_demo.bench.far import bodies
from client_demo.bench.interleave import Tick, interleaved
from client_demo.bench.outcome import Outcome, ratio
from client_demo.bench.sizes import Sizes
from throughline.client import local_tool
from throughline.model.chat import chat_model
from throughline.model.settings import ModelSettings

Tools = Mapping[str, BaseTool]
Clock = Callable[[str], Awaitable[float]]
"""Of a run's first token: when its provider made its first chunk (monotonic seconds)."""
LOCAL, BRIDGED = "in-process", "bridged"
LOCAL_MODEL, BRIDGED_MODEL = "in-process, no HTTP", "bridged, no HTTP"


@dataclass(frozen=True, slots=True)
class Bed:
    """The same tools in both places, and the provider that they ask."""

    provider: near.Provider
    local: Tools
    bridged: Tools


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return 2 * (sizes.lane_rounds + 1)


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Measure with a provider, then without."""
    async with opened() as bed:

        async def noted(first_token: str) -> float:
            return (await bed.provider.ended()).first_byte_s

        async def told(first_token: str) -> float:
            return float(first_token)

        one = partial(_tokens, bed, tokens=sizes.lane_tokens)
        asked = {
            LOCAL: partial(one, bed.local, "narrate", since=noted),
            BRIDGED: partial(one, bed.bridged, "narrate", since=noted),
        }
        alone = {
            LOCAL_MODEL: partial(one, bed.local, "recite", since=told),
            BRIDGED_MODEL: partial(one, bed.bridged, "recite", since=told),
        }
        series = await interleaved(asked, unit="us/token", rounds=sizes.lane_rounds, tick=tick)
        series |= await interleaved(alone, unit="us/token", rounds=sizes.lane_rounds, tick=tick)
    ratios = (
        ratio("messages_cost_vs_in_process", series[BRIDGED], series[LOCAL]),
        ratio("messages_cost_without_http", series[BRIDGED_MODEL], series[LOCAL_MODEL]),
    )
    return Outcome(tuple(series.values()), ratios)


@asynccontextmanager
async def opened() -> AsyncIterator[Bed]:
    """Open a provider, and the bodies in this process and behind MCP."""
    async with near.provider() as provider, near.ours(provider.settings) as remote:
        bodies.configure(provider.settings)
        bridged = {tool.name: tool for tool in await remote.load_tools()}
        local = {name: _local(body, bridged[name]) for name, body in bodies.BODIES.items()}
        yield Bed(provider, local, bridged)


def tool_agent(settings: ModelSettings, tool: BaseTool) -> Agent:
    """An agent with one tool, whose model is the provider too."""
    return create_agent(chat_model(settings, who="agent"), [tool])


def ask(tool: str, **arguments: object) -> dict[str, object]:
    """Words that make the scripted model call the tool with just these arguments."""
    return {"messages": [("user", f"[[call:{tool} {json.dumps(arguments)}]]")]}


def _local(body: bodies.Body, like: BaseTool) -> BaseTool:
    assert isinstance(like.args_schema, dict)
    return local_tool(body, name=like.name, description=like.description, args_schema=like.args_schema)


async def _tokens(bed: Bed, tools: Tools, tool: str, *, tokens: int, since: Clock) -> tuple[float, ...]:
    """Microseconds for each token of one run."""
    seen, first, last = 0, "", 0.0
    graph: Any = tool_agent(bed.provider.settings, tools[tool])
    async with aclosing(graph.astream(ask(tool, tokens=tokens), stream_mode="messages")) as pieces:
        async for message, metadata in pieces:
            if (
                metadata["langgraph_node"] == "tools"
                and isinstance(message, AIMessageChunk)
                and message.content
            ):
                last = time.monotonic()
                first = first or str(message.content)
                seen += 1
    expect("tokens in the messages lane", tokens, seen)
    return ((last - await since(first)) / tokens * 1e6,)
