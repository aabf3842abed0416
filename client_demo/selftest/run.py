"""Makes the runs of cases on the scripted model, some cases at a time, and has the causes found in them.

A case has a process of its own: which model tools talk to, and what is logged, is a process's.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager

import anyio

from client_demo.causes import find
from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.selftest.cases import PACE_MS, PROMPT, Case
from client_demo.selftest.judge import Trial, named
from throughline.model import open_model

LIMIT_S = 60.0


def attempts(cases: Sequence[Case], jobs: int) -> Iterator[Trial]:
    """Try all of them, `jobs` at a time; each is told when it is done."""
    if jobs == 1 or len(cases) == 1:
        yield from map(attempt, cases)
        return
    context = multiprocessing.get_context("spawn")  # a fork would share sockets and threads
    with ProcessPoolExecutor(min(jobs, len(cases)), mp_context=context) as pool:
        under_way = [pool.submit(attempt, case) for case in cases]
        try:
            for one in as_completed(under_way):
                yield one.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def attempt(case: Case) -> Trial:
    """Bring a fault about, and say what was found."""
    return anyio.run(_attempt, case)


async def _attempt(case: Case) -> Trial:
    began = time.monotonic()
    model_name = f"scripted?pace_ms={PACE_MS}" + (f"&{case.model}" if case.model else "")
    async with open_model(model_name, env={}) as model:
        with _quiet(), collecting() as collector:
            await compare(_plan(case), model, watchers=[collector], tapping=collector.tapped)
            found = find(collector.evidence(_plan(case), model.settings))
    return Trial(case, named(found), time.monotonic() - began)


def _plan(case: Case) -> Plan:
    return Plan(
        PROMPT,
        case.tool,
        case.placements,
        case.paths,
        repeat=case.repeat,
        timeout_s=LIMIT_S,
        quirks=case.quirks,
        probes=case.probes,
        transport=case.transport,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep off stderr what is logged about faults that are made on purpose."""
    nobody = logging.NullHandler()
    logging.getLogger().addHandler(nobody)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(nobody)
