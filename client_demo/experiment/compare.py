"""Compares: the same agent and prompt, with the tool in several places, called by several paths.

The product of placements, paths and repeats is data (`schedule`). Knows in which order things are opened and
run; refuses to know how one run is made (`trial.py`) and what it means (`verdict.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, assert_never

from client_demo.experiment.foreign import ForeignAgent
from client_demo.experiment.probes import probe
from client_demo.experiment.runs import WARM_UP, Cell, Run
from client_demo.experiment.strangers import heed_cancellation
from client_demo.experiment.subject import DirectCall, Subject, TheirAgent
from client_demo.experiment.trial import Bench, Watcher
from client_demo.placements import Placed, placement_named
from client_demo.servers.far import START_S, Far, Transport
from client_demo.servers.target import Target
from throughline.errors import ThroughlineError
from throughline.model import OpenModel
from throughline.model.settings import Kind

REFERENCE = "local"
WARM_UP_PATH = "ainvoke"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare, within which limits. `address` is the model's endpoint as the user knows it.

    Without a `server` it is our own, which is reached by `transport`; without an `agent` it is our own, or
    none at all where `args` are what the tool is called with. `given` is an agent's input, where it takes
    no prompt. `probes` are the runs made on purpose. `unfit` are the placements that do not apply, each with
    the reason, and `notes` what else a reader of the result has to know.
    """

    prompt: str
    tool: str
    placements: tuple[str, ...]
    paths: tuple[str, ...]
    repeat: int = 1
    timeout_s: float = 120.0
    server: Target | None = None
    address: str = ""
    quirks: tuple[str, ...] = ()
    agent: ForeignAgent | None = None
    args: Mapping[str, Any] | None = None
    probes: tuple[str, ...] = ()
    transport: Transport = "stdio"
    given: Any = None
    unfit: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> Subject | None:
        """What is run, where it is not our own agent."""
        if self.agent is not None:
            return TheirAgent(self.agent, self.prompt, self.tool, given=self.given, limit_s=self.timeout_s)
        return DirectCall(self.tool, self.args) if self.args is not None else None


Tapping = Callable[[str, Target], Target]
"""What makes of a placement's name and its server the server that is reached for it, with a tap before it."""


def schedule(plan: Plan) -> tuple[Cell, ...]:
    """Order the runs: there and back (A B B A), so that the order of runs cannot pose as a cause."""
    cells: list[Cell] = []
    for repeat in range(1, plan.repeat + 1):
        there = [Cell(placement, path, repeat) for path in plan.paths for placement in plan.placements]
        cells += there if repeat % 2 else reversed(there)
    return tuple(cells)


async def compare(
    plan: Plan, model: OpenModel, *, watchers: Sequence[Watcher] = (), tapping: Tapping | None = None
) -> tuple[Run, ...]:
    """Make every run of the plan, one after the other; `watchers` are told of those that warm up as well.

    Raises what makes the rest pointless: a server that does not start, an endpoint that cannot be reached or
    that refuses the key or the model. Everything else that goes wrong is told by the run that it befell.
    """
    try:
        return await _runs(plan, model, watchers, tapping)
    except (Exception, BaseExceptionGroup) as error:
        heed_cancellation(error)
        if isinstance(error, BaseExceptionGroup):  # sessions are task groups, and wrap what is raised inside
            raise _told(error) from error
        raise


async def _runs(
    plan: Plan, model: OpenModel, watchers: Sequence[Watcher], tapping: Tapping | None
) -> tuple[Run, ...]:
    address = plan.address or model.settings.base_url
    async with _everywhere(plan, model, tapping) as placed:
        bench = partial(Bench, plan.prompt, plan.tool, subject=plan.subject)
        benches = {name: bench(one, model, address, plan.timeout_s, watchers) for name, one in placed.items()}
        for name in _cold(plan, model.settings.kind):
            await benches[name].run(Cell(name, WARM_UP_PATH, WARM_UP))
        runs = tuple([await benches[cell.placement].run(cell) for cell in schedule(plan)])
        for name in plan.probes:
            for placement, one in benches.items():
                await probe(name, one, placement)
        return runs


def _cold(plan: Plan, kind: Kind) -> tuple[str, ...]:
    """Where to make a run that is not compared, before any is timed: starting up is no path's own time.

    Everywhere, where runs are repeated, so that a first time cannot pose as a path. For a single look, an
    embedded model takes so long over one run that held servers have started meanwhile; a configured one costs
    money. The sessions of `adapters` are always new: that is their nature.
    """
    if plan.repeat > 1:
        return plan.placements
    match kind:
        case "configured":
            return ()
        case "embedded":
            return plan.placements[:1]
        case "scripted":
            return tuple(name for name in plan.placements if name != "adapters")
    assert_never(kind)


def _told(error: BaseException) -> BaseException:
    """The one error that a group is about."""
    while isinstance(error, BaseExceptionGroup):
        ours = error.subgroup(ThroughlineError)
        error = (ours or error).exceptions[0]
    return error


@asynccontextmanager
async def _everywhere(
    plan: Plan, model: OpenModel, tapping: Tapping | None
) -> AsyncIterator[dict[str, Placed]]:
    async with AsyncExitStack() as stack:
        placed = {}
        for name in plan.placements:
            tap = partial(tapping, name) if tapping else None
            far = Far(
                model.settings,
                plan.server,
                quirks=plan.quirks,
                transport=plan.transport,
                tap=tap,
                start_s=start_s(plan),
            )
            placed[name] = await stack.enter_async_context(placement_named(name).open(far))
        yield placed


def start_s(plan: Plan) -> float:
    """How long a server may take to start: somebody's own not longer than a run."""
    return START_S if plan.server is None else min(START_S, plan.timeout_s)


def reference_of(placements: Iterable[str]) -> str:
    """The placement that others are held against: `local`, or for want of it the first."""
    placements = list(placements)
    return REFERENCE if REFERENCE in placements else next(iter(placements), REFERENCE)


def equal_to(reference: str, runs: Iterable[Run]) -> dict[str, dict[str, bool]]:
    """For each placement and path: whether every repeat saw what the reference saw.

    A path that did not run, here or there, says nothing and is left out.
    """
    runs = list(runs)
    there = {(run.cell.path, run.cell.repeat): run for run in runs if run.cell.placement == reference}
    equal: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for run in runs:
        other = there.get((run.cell.path, run.cell.repeat))
        if other is None or run is other or "unsupported" in (run.status, other.status):
            continue
        verdicts = equal[run.cell.placement]
        same = run.status == other.status and run.events == other.events
        verdicts[run.cell.path] = verdicts.get(run.cell.path, True) and same
    return dict(equal)


def equal_to_local(runs: Iterable[Run]) -> dict[str, dict[str, bool]]:
    """The law of transparency, for each placement and path: whether every repeat saw what `local` saw."""
    return equal_to(REFERENCE, runs)
