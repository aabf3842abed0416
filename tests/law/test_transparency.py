"""Law 1: the same body in-process and bridged gives the same events, on every path, in any graph."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from client_demo.paths import PATHS, Path, Seen, first_difference, normalise, run_path
from tests.law import graphs
from tests.law.conftest import Bed
from tests.law.graphs import Graph, Tools

pytestmark = pytest.mark.anyio

REPEATS = 10
ARGUMENTS: dict[str, dict[str, Any]] = {
    "list_items": {"place": "bedroom"},
    "ask": {"prompt": "How are you?"},
    "tell_joke": {"topic": "cats"},
    "summarize": {"text": "One paragraph.\n\nAnother paragraph."},
}
ORDERED = (
    "list_items",
    "ask",
    "tell_joke",
    "chain_json",
    "chain_streamed",
    "three_calls",
    "tagged",
    "writes",
    "inner_tool",
    "nested_graph",
    "split_pair",
)
WANTS_A_GRAPH = {"writes"}
ASYNC_PATHS = [path for path in PATHS if path.name != "invoke"]


def arguments(tool: str) -> dict[str, Any]:
    return ARGUMENTS.get(tool, {"text": "hello"})


async def seen(path: Path, graph: Graph, inputs: Any) -> list[Seen]:
    with anyio.fail_after(60):
        async with aclosing(run_path(path, graph, inputs)) as pieces:
            return [piece async for piece in pieces]


async def assert_equal(bed: Bed, build: Any, inputs: Any, paths: list[Path], repeats: int) -> None:
    local, bridged = build(bed.local), build(bed.bridged)
    for path in paths:
        expected = normalise(await seen(path, local, inputs))
        for _ in range(repeats):
            difference = first_difference(expected, normalise(await seen(path, bridged, inputs)))
            assert difference is None, f"{path.name}: {difference}"


@pytest.mark.parametrize("tool", ORDERED)
async def test_a_bridged_tool_of_an_agent_streams_as_the_local_one(bed: Bed, tool: str) -> None:
    inputs = {"messages": [("user", f"[[call:{tool} {json.dumps(arguments(tool))}]]")]}
    await assert_equal(
        bed, lambda tools: graphs.agent(tools, bed.agent_model()), inputs, ASYNC_PATHS, REPEATS
    )


@pytest.mark.parametrize("tool", ORDERED)
async def test_a_bridged_tool_in_a_graph_by_hand_streams_as_the_local_one(bed: Bed, tool: str) -> None:
    def build(tools: Tools) -> Graph:
        return graphs.by_hand(tools, bed.agent_model(), tool=tool)

    await assert_equal(bed, build, {"args": arguments(tool)}, ASYNC_PATHS, REPEATS)


@pytest.mark.parametrize("tool", [tool for tool in ORDERED if tool not in WANTS_A_GRAPH])
async def test_a_bridged_tool_in_a_chain_streams_as_the_local_one(bed: Bed, tool: str) -> None:
    paths = [path for path in ASYNC_PATHS if not path.needs_graph]
    await assert_equal(bed, lambda tools: graphs.chain(tools, tool=tool), arguments(tool), paths, REPEATS)
