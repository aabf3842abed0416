"""A comparison with probes, and what is found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anyio

from client_demo.causes import find
from client_demo.evidence.data import Evidence
from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.servers.target import Target
from throughline.model import open_model


async def probed(
    probes: Sequence[str],
    placements: Sequence[str] = ("local", "bridged"),
    *,
    quirks: Sequence[str] = (),
    model: str = "scripted?pace_ms=5",
    tool: str = "list_items",
    args: Mapping[str, Any] | None = None,
    server: Target | None = None,
) -> Evidence:
    """Compare by one path, and probe."""
    plan = Plan(
        "What items are in the bedroom?",
        tool,
        tuple(placements),
        ("ainvoke",),
        timeout_s=60,
        quirks=tuple(quirks),
        probes=tuple(probes),
        args=args,
        server=server,
    )
    with anyio.fail_after(120):
        async with open_model(model, env={}) as opened:
            with collecting() as collector:
                runs = await compare(plan, opened, watchers=[collector], tapping=collector.tapped)
                assert not [run for run in runs if run.cell.probe]
            return collector.evidence(plan, opened.settings)


def blamed(evidence: Evidence, code: str) -> set[str]:
    """Where a cause was found."""
    return {name for one in find(evidence) if one.code == code for name in one.placements}
