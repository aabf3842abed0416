"""`throughline compare`, from the options as they were given to the exit code.

Checks everything that can be wrong before anything is compared. Knows files and consoles; the options are
`request.py`'s, the runs themselves `compare.py`'s, their meaning `verdict.py`'s.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from anyio import to_thread
from rich.console import Console

from client_demo import minimal
from client_demo.causes import find
from client_demo.collect import collecting
from client_demo.compare import REFERENCE, Plan, compare
from client_demo.errors import FileUnwritable
from client_demo.foreign import asks_for
from client_demo.minimal import Made
from client_demo.record import recording
from client_demo.report.aside import set_aside
from client_demo.report.json import document
from client_demo.report.live import Lines, View
from client_demo.report.svg import svg
from client_demo.report.terminal import show
from client_demo.request import Request, plan_of
from client_demo.settle import Settled, pointed, settle
from client_demo.strangers import unblocked
from client_demo.taps.latency import Crossing, Latency, measure
from client_demo.trial import Watcher
from client_demo.verdict import exit_code
from client_demo.written import check_writable, write
from throughline.model import ModelSettings, OpenModel, open_model, read_settings
from throughline.model.errors import ModelUnknown

__all__ = ["Request", "plan_of", "run_comparison"]

STDOUT = Path("-")
UNASKED = "The agent asked no model at OPENAI_BASE_URL: what it asks elsewhere is not seen."


async def run_comparison(request: Request) -> int:
    """Make the comparison, show it, and return the exit code; a `ThroughlineError` says why it cannot."""
    plan = plan_of(request)
    if request.json_to not in (None, STDOUT) and request.json_to.suffix != ".json":
        raise FileUnwritable(
            option="--json", path=str(request.json_to), reason="its name does not end in .json"
        )
    for option, path in (("--record", request.record), ("--json", request.json_to), ("--svg", request.svg)):
        if path is not None and path != STDOUT:
            check_writable(option, path)
    async with open_model(request.model, env=request.env, dotenv=request.dotenv) as model:
        with _with_stranger(request, model.settings) if request.agent else nullcontext():
            settled = await settle(plan, request, model.settings)
            plan = replace(settled.plan, address=_address(request, model.settings))
            made = await _made(request, plan, model)
            simple = await _simplest(request, made, settled, model) if request.minimal else None
    _tell(request, made, simple, model.settings)
    return exit_code(made.runs, forced=made.plan.subject is None)


@contextmanager
def _with_stranger(request: Request, settings: ModelSettings) -> Iterator[None]:
    """An agent of somebody's runs in this process: it is told of the model, and kept from blocking us.

    What it prints goes to stderr: results alone go to stdout.
    """
    with pointed(request.live_env, settings), unblocked(request.timeout), redirect_stdout(sys.stderr):
        yield


async def _simplest(request: Request, made: Made, settled: Settled, model: OpenModel) -> Made:
    """The same once more on the simplest input; it is not what is recorded."""
    click.echo("Once more, on the simplest input:", err=True)
    plan = minimal.minimal_plan(made.plan, settled.tools)
    return await _made(replace(request, record=None), plan, model)


async def _made(request: Request, plan: Plan, model: OpenModel) -> Made:
    """Make the runs, and have all that passes in them noted."""
    taps = _crossings(plan, model.settings)
    latency = await to_thread.run_sync(measure, taps) if taps else None
    with ExitStack() as stack:
        listeners = []
        if request.record is not None:
            recorder = stack.enter_context(recording(request.record, plan, model.settings))
            listeners.append(recorder)
            if latency is not None:
                recorder.costs(latency)
        collector = stack.enter_context(collecting(*listeners))
        watchers = stack.enter_context(_watchers(plan, model, latency))
        try:
            runs = await compare(plan, model, watchers=[collector, *watchers], tapping=collector.tapped)
        except ModelUnknown as error:
            if plan.agent is None or model.settings.kind == "configured":
                raise
            raise asks_for(plan.agent.given, error.model) from error
        evidence = collector.evidence(plan, model.settings)
    if plan.agent is not None and not any(one.who == "agent" for run in runs for one in run.provider):
        plan = replace(plan, notes=(*plan.notes, UNASKED))
    return Made(plan, runs, find(evidence))


def _crossings(plan: Plan, model: ModelSettings) -> tuple[Crossing, ...]:
    """Where there are taps, which cost time; a model of our own has none before it."""
    over_http = plan.server.url if plan.server is not None else plan.transport == "http"
    server: Crossing = "http" if over_http else "stdio"
    return (
        *((server,) if set(plan.placements) - {REFERENCE} else ()),
        *(("provider",) if model.kind == "configured" else ()),
    )


def _address(request: Request, settings: ModelSettings) -> str:
    """Where the model is, as the user knows it: our own endpoint stands before a configured one."""
    if request.model not in ("auto", "configured"):
        return settings.base_url
    configured = read_settings(request.env, dotenv=request.dotenv)
    return configured.base_url if configured else settings.base_url


@contextmanager
def _watchers(plan: Plan, model: OpenModel, latency: Latency | None) -> Iterator[Sequence[Watcher]]:
    console = Console(stderr=True)
    for line in (model.notice, latency and latency.sentence()):
        if line:
            console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
    if console.is_terminal:
        with set_aside() as stderr, View(Console(file=stderr), plan, model) as view:
            yield (view,)
    else:
        yield (Lines(console, plan),)


def _tell(request: Request, made: Made, simple: Made | None, model: ModelSettings) -> None:
    plan, runs = made.plan, made.runs
    told: dict[str, Any] = document(plan, model, runs, made.found)
    if simple is not None:
        told["minimal"] = minimal.document(made, simple)
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    if request.json_to == STDOUT:
        click.echo(text, nl=False)
    else:
        show(Console(), plan, model, runs, made.found)
        if simple is not None:
            click.echo(f"\nMINIMAL ({simple.plan.prompt}) {minimal.sentence(made, simple)}")
        if request.json_to is not None:
            write("--json", request.json_to, text)
    if request.svg is not None:
        write("--svg", request.svg, svg(plan, model, runs))
    for run in runs:
        if run.status == "error":
            click.echo(f"Error: {run.error}", err=True)
            break
