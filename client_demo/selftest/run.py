"""Makes the runs of cases on the scripted model, some cases at a time, and has the causes found in them.

A case has a process of its own: which model tools talk to, and what is logged, is a process's. One that
cannot be tried is told as that, and the others go on.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations

import anyio

from client_demo.causes import find
from client_demo.causes.findings import Finding, at_least
from client_demo.evidence.data import Evidence
from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.selftest.case import Case
from client_demo.selftest.cases import PACE_MS, PROMPT
from client_demo.selftest.judge import Named, Trial, named
from client_demo.selftest.probing import probed
from throughline.errors import ThroughlineError
from throughline.model import open_model

LIMIT_S = 60.0
BY_THE_CLOCK = ("REPLAYED_AT_END",)
"""Read from the clock by what most calls show: of one or two calls, a busy machine holds up most soon."""


def attempts(cases: Sequence[Case], jobs: int) -> Iterator[Trial]:
    """Try all of them, `jobs` at a time; each is told when it is done.

    Probes come first: they mostly wait, which goes well beside the healthy repeats, and ill at the very end.
    """
    if jobs == 1 or len(cases) == 1:
        yield from map(attempt, cases)
        return
    context = multiprocessing.get_context("spawn")  # a fork would share sockets and threads
    with ProcessPoolExecutor(min(jobs, len(cases)), mp_context=context) as pool:
        in_turn = sorted(cases, key=lambda case: not case.only_probes)
        under_way = {pool.submit(attempt, case): case for case in in_turn}
        try:
            for one in as_completed(under_way):
                yield _outcome(one, under_way[one])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _outcome(one: Future[Trial], case: Case) -> Trial:
    try:
        return one.result()
    except Exception as error:  # noqa: BLE001 - its process is gone, and nothing else can be said
        return Trial(case, (), 0.0, _sentence(error))


def attempt(case: Case) -> Trial:
    """Bring a fault about, and say what was found, or why that could not be tried."""
    began = time.monotonic()
    try:
        found = anyio.run(_found, case)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other cases say something without it
        return Trial(case, (), time.monotonic() - began, _sentence(error))
    return Trial(case, found, time.monotonic() - began)


def _sentence(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, ThroughlineError) else f"{type(error).__name__}: {error}"


async def _found(case: Case) -> tuple[Named, ...]:
    model_name = f"scripted?pace_ms={PACE_MS}" + (f"&{case.model}" if case.model else "")
    plan = _plan(case)
    async with open_model(model_name, env={}) as model:
        with _quiet(), collecting() as collector:
            if case.only_probes:
                await probed(plan, model, watcher=collector, tapping=collector.tapped)
            else:
                await compare(plan, model, watchers=[collector], tapping=collector.tapped)
            evidence = collector.evidence(plan, model.settings)
    return named([*find(evidence), *(_in_pairs(evidence, case.paths) if case.in_pairs else ())])


def _in_pairs(evidence: Evidence, paths: Sequence[str]) -> Iterator[Finding]:
    """What is more than a note where only two of the paths are looked at."""
    for pair in combinations(paths, 2):
        runs = tuple(one for one in evidence.runs if one.run.cell.path in pair and not one.probe)
        found = at_least(find(replace(evidence, runs=runs)), "warning")
        yield from (one for one in found if one.code not in BY_THE_CLOCK)


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
