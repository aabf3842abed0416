"""`throughline compare`, from the options as they were given to the exit code.

Checks everything that can be wrong before anything is compared. What is shown comes from the recording alone,
which is a temporary one where nobody asked for it. Knows files and consoles; the options are `request.py`'s,
the runs themselves `compare.py`'s, their meaning `report/story.py`'s.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from anyio import to_thread
from rich.console import Console

from client_demo.commands import minimal
from client_demo.commands.minimal import Made
from client_demo.commands.request import Request, plan_of
from client_demo.commands.settle import Settled, pointed, settle
from client_demo.commands.unheld import say_unheld
from client_demo.experiment.compare import REFERENCE, Plan, compare
from client_demo.experiment.foreign import asks_for
from client_demo.experiment.strangers import unblocked
from client_demo.experiment.trial import Watcher
from client_demo.recording.collect import collecting
from client_demo.recording.record import LateRecorder, Recorder, recording
from client_demo.report.aside import set_aside
from client_demo.report.clean import clean
from client_demo.report.gate import Breach, breaches, exit_code, read_conditions
from client_demo.report.json import gate
from client_demo.report.live import Lines, View
from client_demo.report.story import Story, read_story
from client_demo.report.terminal import show
from client_demo.report.write import STDOUT, json_text, write_reports
from client_demo.taps.latency import Crossing, Latency, measure
from client_demo.text.written import check_writable, to_stdout
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK
from throughline.model import ModelSettings, OpenModel, open_model, read_settings
from throughline.model.errors import ModelUnknown

__all__ = ["Request", "plan_of", "run_comparison"]


async def run_comparison(request: Request) -> int:
    """Make the comparison, show it, and return the exit code; a `ThroughlineError` says why it cannot."""
    story, more = await compared(request)
    conditions = None if request.fail_on is None else read_conditions([request.fail_on])
    broken = None if conditions is None else breaches(story, conditions)
    _tell(request, story, broken, more if conditions is None else more | {"gate": gate(story, conditions)})
    say_unheld(story, broken or (), conditions or ())
    if broken is not None:
        return EXIT_DIFFERENCE if broken else EXIT_OK
    return exit_code(story)


async def compared(request: Request) -> tuple[Story, dict[str, Any]]:
    """Make the comparison: its story, and what `--minimal` adds to it."""
    plan = plan_of(request)
    _check(request)
    async with open_model(request.model, env=request.env, dotenv=request.dotenv) as model:
        with _with_stranger(request, model.settings) if request.agent else nullcontext():
            settled = await settle(plan, request, model.settings)
            plan = replace(settled.plan, address=_address(request, model.settings))
            made, story = await _made(request, plan, model)
            simple = await _simplest(request, made, settled, model) if request.minimal else None
    return story, {} if simple is None else {"minimal": minimal.document(made, simple)}


def _check(request: Request) -> None:
    """Say what is wrong with files and conditions before anything runs."""
    if request.fail_on is not None:
        read_conditions([request.fail_on])
    if request.record is not None:
        check_writable("--record", request.record)
    request.files.check(taken={request.record: "--record writes there as well"} if request.record else {})


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
    return (await _made(replace(request, record=None), plan, model))[0]


async def _made(request: Request, plan: Plan, model: OpenModel) -> tuple[Made, Story]:
    """Make the runs, have all that passes in them recorded, and read it back."""
    taps = _crossings(plan, model.settings)
    latency = await to_thread.run_sync(measure, taps) if taps else None
    with _recorded(request.record) as (path, kind):
        with ExitStack() as stack:
            recorder = stack.enter_context(recording(path, plan, model.settings, kind=kind))
            if latency is not None:
                recorder.costs(latency)
            collector = stack.enter_context(collecting(recorder))
            watchers = stack.enter_context(_watchers(plan, model, latency))
            try:
                await compare(plan, model, watchers=[collector, *watchers], tapping=collector.tapped)
            except ModelUnknown as error:
                if plan.agent is None or model.settings.kind == "configured":
                    raise
                raise asks_for(plan.agent.given, error.model) from error
            collector.finish()
        story = await to_thread.run_sync(read_story, path)
    _say_moot(story)
    return Made(plan, story.runs, story.findings), story


def _say_moot(story: Story) -> None:
    """What was asked of probes and could not be told: silence would pass for health."""
    where: dict[tuple[str, str], list[str]] = {}
    for one in story.evidence.runs:
        if reason := one.notes.get("moot"):
            where.setdefault((one.probe, str(reason)), []).append(one.run.cell.placement)
    for (probe, reason), placements in where.items():
        click.echo(f"The probe {probe} says nothing of {', '.join(placements)}: {reason}.", err=True)


@contextmanager
def _recorded(path: Path | None) -> Iterator[tuple[Path, type[Recorder]]]:
    """Where the recording goes: to the user's file at once, or to ours, when there is time."""
    if path is not None:
        yield path, Recorder
        return
    with tempfile.TemporaryDirectory(prefix="throughline-") as folder:
        yield Path(folder) / "runs.jsonl", LateRecorder


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


def _tell(request: Request, story: Story, broken: Sequence[Breach] | None, more: dict[str, Any]) -> None:
    if request.files.json == STDOUT:
        with to_stdout("--json"):
            click.echo(json_text(story, more), nl=False)
    else:
        show(Console(), story)
        if told := more.get("minimal"):
            click.echo(f"\nMINIMAL ({told['prompt']}) {told['sentence']}")
    write_reports(request.files, story, broken, more=more)
    if broken is None:
        failed = next((run for run in story.runs if run.status == "error"), None)
        if failed is not None:
            click.echo(clean(f"Error: {failed.error}"), err=True)
