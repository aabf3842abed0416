"""The command `bench`: which suites, how large, and where the numbers go.

Results on stdout, the progress bar on stderr. Knows click and rich; knows no suite from inside.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from client_demo.bench.registry import SUITES, Suite
from client_demo.bench.sizes import FULL, QUICK, Sizes

STDOUT = Path("-")


@click.command()
@click.option(
    "--suite",
    "names",
    multiple=True,
    type=click.Choice([suite.name for suite in SUITES]),
    help="Run this suite only; may be given several times.  [default: all of them]",
)
@click.option("--quick", is_flag=True, help="Smaller sizes: everything within a minute on two cores.")
@click.option(
    "--scale",
    type=click.FloatRange(min=0, min_open=True, max=1000),
    default=1.0,
    show_default=True,
    help="Multiply every size by this.",
)
@click.option(
    "--json",
    "path",
    is_flag=False,
    flag_value="-",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="[FILE]",
    callback=lambda context, parameter, path: _writable(path),
    help="Write everything, raw samples included, as JSON: where no FILE is named to stdout, in place of "
    "the table.",
)
@click.option("--fail-on-goals", is_flag=True, help="End with exit code 1 where a goal is not met.")
def bench(
    *, names: tuple[str, ...], quick: bool, scale: float, path: Path | None, fail_on_goals: bool
) -> None:
    """Measure what the boundary costs, as ratios within one run.

    \b
    boundary  tokens per second, and added latency, against report_progress for
              each token and against a bare pipe
    lanes     from the provider to the `messages` lane, against the same tool
              in this process
    calls     a call of a tool that does nothing, against session.call_tool
    startup   spawn to initialize, and memory at rest, against a bare SDK server
    cancel    how soon the provider's stream is closed when the caller leaves
    parallel  32 calls of one tool at once: lost, reordered, misattributed
    soak      a million tokens in two thousand calls: memory, file descriptors

    What is compared is run in turns (A B B A) in the same session. A goal that is not met is reported and is
    no error, unless --fail-on-goals.
    """
    from client_demo.bench.goals import missed

    sizes = QUICK if quick else FULL
    chosen = [suite for suite in SUITES if not names or suite.name in names]
    found, ratios = _measure(chosen, sizes if scale == 1 else sizes.scaled(scale), path)
    if path is not None:
        with click.open_file(str(path), "w", encoding="utf-8") as file:
            json.dump(found, file, separators=(",", ":"), allow_nan=False)
            file.write("\n")
    if fail_on_goals and missed(ratios):
        sys.exit(1)


def _writable(path: Path | None) -> Path | None:
    """Say at once, and not after the last suite, that a file cannot be written."""
    if path not in (None, STDOUT) and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"{str(path.parent)!r} is not a directory: make it first.")
    return path


def _measure(chosen: list[Suite], sizes: Sizes, path: Path | None) -> tuple[dict[str, Any], tuple[Any, ...]]:
    import anyio
    from rich.console import Console

    from client_demo.bench.document import document
    from client_demo.bench.machine import describe_machine, load
    from client_demo.bench.progress import run_all
    from client_demo.bench.table import WIDTH, show

    began, machine = time.monotonic(), describe_machine()
    outcomes = anyio.run(run_all, chosen, sizes)
    machine |= {"load_after": load(), "took_s": time.monotonic() - began}
    if path != STDOUT:
        console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
        show(console, machine, outcomes)
    ratios = tuple(one for outcome in outcomes.values() for one in outcome.ratios)
    return document(machine, sizes, outcomes), ratios
