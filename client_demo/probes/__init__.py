"""Runs that are made to find something out: what no comparison meets by itself.

A probe is asked for by its name and notes what it measured (`causes/__init__.py`); causes are read from that.
"""

from __future__ import annotations

from client_demo.runs import Run
from client_demo.trial import Bench

PROBES: tuple[str, ...] = ("cancel", "slow reader", "ping", "parallel", "callback")


async def probe(name: str, bench: Bench, placement: str) -> Run | None:
    """Make a probe's run, of which the bench's watchers are told; None where it does not apply."""
    return None
