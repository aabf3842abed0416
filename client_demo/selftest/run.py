"""Makes the runs of a case on the scripted model, and has the causes found in them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from client_demo.causes import find
from client_demo.collect import collecting
from client_demo.compare import Plan, compare
from client_demo.findings import at_least
from client_demo.selftest.cases import PACE_MS, PROMPT, Case
from client_demo.selftest.judge import Trial
from throughline.model import open_model


async def attempt(case: Case) -> Trial:
    """Bring a fault about, and say what was found."""
    began = time.monotonic()
    plan = Plan(
        PROMPT, case.tool, case.placements, case.paths, repeat=case.repeat, timeout_s=60, quirks=case.quirks
    )
    model_name = f"scripted?pace_ms={PACE_MS}" + (f"&{case.model}" if case.model else "")
    async with open_model(model_name, env={}) as model:
        with _quiet(), collecting() as collector:
            await compare(plan, model, watchers=[collector], tapping=collector.tapped)
            found = at_least(find(collector.evidence(plan, model.settings)), "warning")
    codes = tuple(dict.fromkeys(one.code for one in found))
    return Trial(case, codes, time.monotonic() - began)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep off stderr what is logged about faults that are made on purpose."""
    nobody = logging.NullHandler()
    logging.getLogger().addHandler(nobody)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(nobody)
