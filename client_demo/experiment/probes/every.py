"""The probes by name, and how one is made on a bench.

Knows which probe applies where; what each does stands in a file of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from client_demo.errors import UnknownName
from client_demo.experiment.probes.callback import callback
from client_demo.experiment.probes.cancel import cancel
from client_demo.experiment.probes.parallel import parallel
from client_demo.experiment.probes.ping import ping
from client_demo.experiment.probes.reading import slow_reader
from client_demo.experiment.runs import Run
from client_demo.experiment.trial import Bench

Probe = Callable[[Bench, str], Awaitable[Run | None]]

EVERY: dict[str, Probe] = {
    "cancel": cancel,
    "slow reader": slow_reader,
    "ping": ping,
    "parallel": parallel,
    "callback": callback,
}
PROBES: tuple[str, ...] = tuple(EVERY)
ALL = "all"


async def probe(name: str, bench: Bench, placement: str) -> Run | None:
    """Make a probe's run, of which the bench's watchers are told; None where it does not apply."""
    return await EVERY[name](bench, placement)


def probes_named(names: Iterable[str]) -> tuple[str, ...]:
    """Check names of probes (`all` stands for every one); an unknown one is told with the nearest."""
    found: list[str] = []
    for name in names:
        if name not in (*PROBES, ALL):
            raise UnknownName(kind="probe", name=name, valid=[*PROBES, ALL])
        found += PROBES if name == ALL else [name]
    return tuple(one for one in PROBES if one in found)
