"""Makes a probe on every path of a case, where `compare` makes it on the one that is its own.

Knows that a probe names its path to the bench it is given, and that a bench may take another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from client_demo.experiment.compare import WARM_UP_PATH, Plan, Tapping
from client_demo.experiment.probes import probe
from client_demo.experiment.runs import WARM_UP, Cell, Run
from client_demo.experiment.trial import Bench, Watcher
from client_demo.placements import placement_named
from client_demo.servers.far import Far
from throughline.model import OpenModel


@dataclass(frozen=True)
class OnPath(Bench):
    """A bench whose runs are all made by one path, whichever is asked for."""

    path: str = ""

    async def run(self, cell: Cell) -> Run:
        """Make one run, by this bench's path."""
        return await super().run(replace(cell, path=self.path))


async def probed(plan: Plan, model: OpenModel, *, watcher: Watcher, tapping: Tapping) -> None:
    """Make the plan's probes by each of its paths, in each of its placements, once it is warm."""
    for placement in plan.placements:
        tap = partial(tapping, placement)
        far = Far(model.settings, quirks=plan.quirks, transport=plan.transport, tap=tap)
        async with placement_named(placement).open(far) as placed:
            address = model.settings.base_url
            bench = OnPath(plan.prompt, plan.tool, placed, model, address, plan.timeout_s, (watcher,))
            await replace(bench, path=WARM_UP_PATH).run(Cell(placement, WARM_UP_PATH, WARM_UP))
            for path in plan.paths:
                for name in plan.probes:
                    await probe(name, replace(bench, path=path), placement)
