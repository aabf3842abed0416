"""`calls`: what it costs to call a tool that does nothing.

The loaded LangChain tool, called directly, against a raw `session.call_tool` on the same session: both give
the text. Beside it the tool as an agent's ToolNode calls it, for which LangChain makes a message of the text,
and the same tool in this process, which shows LangChain's own share.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from langchain_core.tools import BaseTool

from client_demo.bench import near
from client_demo.bench.errors import expect
from client_demo.bench.far.bodies import nothing
from client_demo.bench.interleave import Tick, interleaved
from client_demo.bench.outcome import Outcome, ratio
from client_demo.bench.sizes import Sizes
from throughline.client import local_tool

Call = Callable[[], Awaitable[str]]
BRIDGED, RAW = "bridged tool", "session.call_tool"
IN_AGENT, LOCAL = "bridged tool, by an agent", "local tool"


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return sizes.call_rounds + 1


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Measure calls in turns."""
    async with near.ours() as remote:
        tools = {tool.name: tool for tool in await remote.load_tools()}
        bridged = tools["nothing"]
        local = local_tool(
            nothing, name=bridged.name, description=bridged.description, args_schema=_schema(bridged)
        )
        session = remote.session

        async def raw() -> str:
            result = await session.call_tool("nothing", {})
            return "".join(getattr(block, "text", "?") for block in result.content)

        calls: dict[str, Call] = {
            BRIDGED: partial(_call, bridged),
            RAW: raw,
            IN_AGENT: partial(_call_of_agent, bridged),
            LOCAL: partial(_call, local),
        }
        variants = {name: partial(_timed, call, sizes.calls_a_round) for name, call in calls.items()}
        series = await interleaved(variants, unit="us", rounds=sizes.call_rounds, tick=tick)
    ratios = (
        ratio("call_vs_raw", series[BRIDGED], series[RAW]),
        ratio("call_by_agent_vs_raw", series[IN_AGENT], series[RAW]),
    )
    return Outcome(tuple(series.values()), ratios)


async def _call(tool: BaseTool) -> str:
    return str(await tool.ainvoke({}))


async def _call_of_agent(tool: BaseTool) -> str:
    message = await tool.ainvoke({"type": "tool_call", "id": "call_1", "name": tool.name, "args": {}})
    return str(message.content)


async def _timed(call: Call, times: int) -> tuple[float, ...]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        text = await call()
        taken.append((time.perf_counter() - began) * 1e6)
        expect("a call that does nothing", "", text)
    return tuple(taken)


def _schema(tool: BaseTool) -> dict[str, Any]:
    assert isinstance(tool.args_schema, dict)
    return tool.args_schema
