"""The suites by name, and how one is run and timed.

Knows that a suite has a size, a run and a sentence; imports each only when it runs, because some are heavy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from client_demo.bench.outcome import Outcome
from client_demo.bench.sizes import Sizes

Tick = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite. Its module has `steps(sizes)`, how often it ticks, and `run(sizes, tick)`."""

    name: str
    words: str

    def steps(self, sizes: Sizes) -> int:
        """How often the suite ticks."""
        count: int = self._module().steps(sizes)
        return count

    async def run(self, sizes: Sizes, tick: Tick) -> Outcome:
        """Run it and say how long it took."""
        began = time.monotonic()
        outcome: Outcome = await self._module().run(sizes, tick)
        return replace(outcome, took_s=time.monotonic() - began)

    def _module(self) -> Any:
        return import_module(f"client_demo.bench.suites.{self.name}")


SUITES: tuple[Suite, ...] = (
    Suite("boundary", "tokens per second through the boundary, and the latency that it adds"),
    Suite("lanes", "from the provider's first chunk to the messages lane, for each token"),
    Suite("calls", "the cost of calling a tool that does nothing"),
    Suite("startup", "from spawn to initialize, and memory at rest"),
    Suite("cancel", "how soon the provider's stream is closed when the caller leaves, in each way"),
    Suite("parallel", "many calls of one tool at once on one session: lost, reordered, misattributed"),
    Suite("soak", "many calls one after the other: memory and file descriptors"),
)
