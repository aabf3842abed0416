"""Who cancels a comparison ends it, whatever error the cancellation is turned into on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import anyio
import pytest
from langgraph.graph import MessagesState

from client_demo.experiment.compare import Plan, compare
from client_demo.experiment.foreign import as_agent
from client_demo.experiment.runs import Cell
from client_demo.experiment.subject import TheirAgent
from client_demo.experiment.trial import Bench
from client_demo.placements import Placed
from client_demo.servers.target import Target
from tests.compare.their_agents import graph_of
from throughline.errors import ServerUnavailable
from throughline.model import OpenModel
from throughline.model.chat import chat_model

pytestmark = pytest.mark.anyio

PATHS = ("ainvoke", "astream:values", "events:v2", "events:v3")


class Closing:
    """A node that, when it is cancelled, fails as a session does that is left while it is opened."""

    def __init__(self) -> None:
        self.started = anyio.Event()

    async def __call__(self, state: MessagesState) -> dict[str, Any]:
        self.started.set()
        try:
            await anyio.Event().wait()
        except asyncio.CancelledError:
            raise anyio.ClosedResourceError from None
        return {}


def bench_of(node: Any, model: OpenModel, *, timeout_s: float = 60) -> Bench:
    agent = as_agent("theirs:graph", graph_of(node))
    return Bench("", "", Placed(()), model, "here", timeout_s, subject=TheirAgent(agent, "hello"))


async def cancelled(work: Awaitable[Any], when: anyio.Event | None = None) -> bool:
    """Whether work whose task is cancelled once, as by Ctrl-C, ends as one that was.

    Without `when` it cancels its task by itself.
    """
    tasks: list[asyncio.Task[Any] | None] = []
    ended: list[BaseException | None] = []

    async def run() -> None:
        tasks.append(asyncio.current_task())
        try:
            await work
        except BaseException as error:
            ended.append(error)
            raise

    with anyio.fail_after(30):
        async with anyio.create_task_group() as beside:
            beside.start_soon(run)
            if when is not None:
                await when.wait()
                assert tasks[0] is not None
                tasks[0].cancel()
    return [type(one) for one in ended] == [asyncio.CancelledError]


@pytest.mark.parametrize("path", PATHS)
async def test_a_run_that_is_interrupted_is_no_run_that_failed(path: str, scripted: OpenModel) -> None:
    node = Closing()
    run = bench_of(node, scripted).run(Cell("local", path))
    assert await cancelled(run, node.started)


@pytest.mark.parametrize("path", PATHS)
async def test_a_run_whose_time_is_over_is_told_so_whatever_its_clean_up_says(
    path: str, scripted: OpenModel
) -> None:
    with anyio.fail_after(30):
        run = await bench_of(Closing(), scripted, timeout_s=0.05).run(Cell("local", path))
    assert run.error is not None
    assert "was not done within 0.05 s" in run.error


async def test_an_interruption_is_heeded_while_somebodys_factory_opens_what_it_needs(
    scripted: OpenModel,
) -> None:
    node = Closing()

    async def make() -> Any:
        return await node({"messages": []})

    build = as_agent("theirs:make", make).build(model=chat_model(scripted.settings, who="agent"), tools=[])
    assert await cancelled(build, node.started)


async def test_an_interruption_is_heeded_while_servers_are_started(scripted: OpenModel) -> None:
    def tapping(placement: str, target: Target) -> Target:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        raise ServerUnavailable(server="theirs", reason="it ended before it answered")

    theirs = Target("theirs", command=("never-started",))
    plan = Plan("", "lookup", ("held",), ("ainvoke",), args={}, server=theirs)
    assert await cancelled(compare(plan, scripted, tapping=tapping))
