"""What a case of the self-test is: a fault, how it is brought about, and what must be found where.

Pure data. Knows no fault of its own: they stand in `cases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from client_demo.paths import PATHS
from client_demo.placements import PLACEMENTS
from client_demo.servers.far import Transport

EVERY_PATH = tuple(path.name for path in PATHS)
NO_PATH = "invoke"
"""Cannot run tools that are async only: no run comes of it, and so no finding."""
EVERYWHERE = tuple(placement.name for placement in PLACEMENTS)


@dataclass(frozen=True, slots=True)
class Where:
    """The placements and paths on each of which a code must be named, and on no other.

    Empty stands for all of the case's. `why` says what keeps it from the others.
    """

    placements: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    why: str = ""


Codes = Mapping[str, Where]
THROUGHOUT = Where()


@dataclass(frozen=True, slots=True)
class Case:
    """One fault: `model` are options of the scripted model, `quirks` those of tools and server.

    `codes` must be found where they say; `follows` may be, because it follows from the fault or lies in the
    nature of a placement. `probes` are made beside the comparison, each on the path that is its own, or, with
    `only_probes`, in its stead and on each of the paths. `in_pairs`: what is found must not hang on which
    paths are compared. `why` says why placements or paths are left out.
    """

    name: str
    codes: Codes = field(default_factory=dict)
    model: str = ""
    quirks: tuple[str, ...] = ()
    placements: tuple[str, ...] = EVERYWHERE
    paths: tuple[str, ...] = EVERY_PATH
    tool: str = "list_items"
    follows: Codes = field(default_factory=dict)
    repeat: int = 1
    probes: tuple[str, ...] = ()
    only_probes: bool = False
    in_pairs: bool = False
    transport: Transport = "stdio"
    why: str = ""

    def placements_of(self, where: Where) -> tuple[str, ...]:
        """The placements that are meant, in the case's order."""
        return tuple(name for name in self.placements if name in (where.placements or self.placements))

    def paths_of(self, where: Where) -> tuple[str, ...]:
        """The paths that are meant, in the case's order."""
        meant = where.paths or self.paths
        return tuple(name for name in self.paths if name in meant and name != NO_PATH)
