"""`throughline compare`, from the options as they were given to the exit code.

Checks everything that can be wrong before anything is started. Knows files and consoles; the runs themselves
are `compare.py`'s, their meaning `verdict.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
from anyio import to_thread
from rich.console import Console

from client_demo.causes import find
from client_demo.collect import collecting
from client_demo.compare import REFERENCE, Plan, compare
from client_demo.errors import EmptyPrompt, FileUnwritable, UnknownName, UsageError
from client_demo.evidence import Evidence
from client_demo.findings import Finding
from client_demo.paths import PATHS, path_named
from client_demo.placements import PLACEMENTS, TOOL_NAMES, placement_named, quirks_named
from client_demo.record import recording
from client_demo.report.json import document
from client_demo.report.live import Lines, View
from client_demo.report.svg import svg
from client_demo.report.terminal import show
from client_demo.runs import Run
from client_demo.taps.latency import Latency, measure
from client_demo.targets import read_target
from client_demo.trial import Watcher
from client_demo.verdict import exit_code
from throughline.codec import scrub
from throughline.model import ModelSettings, OpenModel, open_model, read_settings

ALL = ("all",)
STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command, and the environment that they are to be read in."""

    prompt: str
    placements: tuple[str, ...]
    paths: tuple[str, ...]
    tool: str
    model: str
    repeat: int
    timeout: float
    server: str | None
    record: Path | None
    json_to: Path | None
    svg: Path | None
    env: Mapping[str, str]
    dotenv: Path
    quirk: tuple[str, ...] = ()


async def run_comparison(request: Request) -> int:
    """Make the comparison, show it, and return the exit code; a `ThroughlineError` says why it cannot."""
    plan = plan_of(request)
    if request.json_to not in (None, STDOUT) and request.json_to.suffix != ".json":
        raise FileUnwritable(
            option="--json", path=str(request.json_to), reason="its name does not end in .json"
        )
    for option, path in (("--record", request.record), ("--json", request.json_to), ("--svg", request.svg)):
        if path is not None and path != STDOUT:
            _check_writable(option, path)
    async with open_model(request.model, env=request.env, dotenv=request.dotenv) as model:
        plan = replace(plan, address=_address(request, model.settings))
        runs, evidence = await _observed(request, plan, model)
    _tell(request, plan, model.settings, runs, find(evidence))
    return exit_code(runs)


async def _observed(request: Request, plan: Plan, model: OpenModel) -> tuple[Sequence[Run], Evidence]:
    """Make the runs, and have all that passes in them noted."""
    latency = await to_thread.run_sync(measure) if set(plan.placements) - {REFERENCE} else None
    with ExitStack() as stack:
        listeners = []
        if request.record is not None:
            recorder = stack.enter_context(recording(request.record, plan, model.settings))
            listeners.append(recorder)
            if latency is not None:
                recorder.costs(latency)
        collector = stack.enter_context(collecting(*listeners))
        watchers = stack.enter_context(_watchers(plan, model, latency))
        runs = await compare(plan, model, watchers=[collector, *watchers], tapping=collector.tapped)
        return runs, collector.evidence(plan, model.settings)


def plan_of(request: Request) -> Plan:
    """Check the options; an unknown name is told with the nearest valid one."""
    if not request.prompt.strip():
        raise EmptyPrompt
    if request.tool not in TOOL_NAMES:
        raise UnknownName(kind="tool", name=request.tool, valid=TOOL_NAMES)
    placements = [p.name for p in PLACEMENTS] if request.placements == ALL else request.placements or ("",)
    paths = [p.name for p in PATHS] if request.paths == ALL else request.paths or ("",)
    return Plan(
        prompt=scrub(request.prompt),
        tool=request.tool,
        placements=tuple(dict.fromkeys(placement_named(name).name for name in placements)),
        paths=tuple(dict.fromkeys(path_named(name).name for name in paths)),
        repeat=request.repeat,
        timeout_s=request.timeout,
        server=read_target(request.server, env=request.env) if request.server is not None else None,
        quirks=_quirks(request),
    )


def _quirks(request: Request) -> tuple[str, ...]:
    if request.quirk and request.server is not None:
        raise UsageError("--quirk is for throughline's own server", remedy="leave --server out.")
    return quirks_named(request.quirk)


def _check_writable(option: str, path: Path) -> None:
    if not path.parent.is_dir():
        raise FileUnwritable(option=option, path=str(path), reason=f"there is no directory {path.parent}")


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
        with View(console, plan, model) as view:
            yield (view,)
    else:
        yield (Lines(console, plan),)


def _tell(
    request: Request, plan: Plan, model: ModelSettings, runs: Sequence[Run], found: Sequence[Finding]
) -> None:
    told = json.dumps(document(plan, model, runs, found), ensure_ascii=False, indent=2) + "\n"
    if request.json_to == STDOUT:
        click.echo(told, nl=False)
    else:
        show(Console(), plan, model, runs, found)
        if request.json_to is not None:
            _write("--json", request.json_to, told)
    if request.svg is not None:
        _write("--svg", request.svg, svg(plan, model, runs))
    for run in runs:
        if run.status == "error":
            click.echo(f"Error: {run.error}", err=True)
            break


def _write(option: str, path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileUnwritable(option=option, path=str(path), reason=error.strerror or str(error)) from error
