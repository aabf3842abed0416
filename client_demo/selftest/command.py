"""`throughline selftest`: every fault is brought about, and every diagnosis is held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from client_demo.errors import UnknownName
from client_demo.text.written import check_writable, write
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK

if TYPE_CHECKING:
    from client_demo.selftest.case import Case
    from client_demo.selftest.judge import Trial


@click.command()
@click.option("--only", metavar="CODE,CODE,...", help="Try these codes only (healthy: no fault at all).")
@click.option(
    "--healthy",
    "repeats",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Runs of each path with nothing wrong, in which nothing may be found.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=3,
    show_default=True,
    help="Cases that are tried at a time, each in a process of its own.",
)
@click.option(
    "--json",
    "json_to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write codes, named, missed, false_alarms and the matrix to this file.",
)
@click.pass_context
def selftest(context: click.Context, only: str | None, repeats: int, jobs: int, json_to: Path | None) -> None:
    """Bring about every known fault on the scripted model, and see whether compare names it and no other.

    Ends in the confusion matrix; takes some minutes. Exit codes: 0 all named and no false alarm, 1 otherwise,
    2 usage.
    """
    from client_demo.selftest.judge import good
    from client_demo.selftest.run import attempts
    from client_demo.selftest.told import document, line, matrix, summary

    chosen = _chosen(only, repeats)
    if json_to is not None:
        check_writable("--json", json_to)
    trials: list[Trial] = []
    for trial in attempts(chosen, jobs):
        trials.append(trial)
        click.echo(line(trial), err=True)
    trials.sort(key=lambda one: chosen.index(one.case))
    for words in (*matrix(trials), *summary(trials)):
        click.echo(words)
    if json_to is not None:
        write("--json", json_to, json.dumps(document(trials), indent=2) + "\n")
    context.exit(EXIT_OK if good(trials) else EXIT_DIFFERENCE)


def _chosen(only: str | None, repeats: int) -> list[Case]:
    from client_demo.selftest.cases import CASES, HEALTHY, healthy

    cases = [*healthy(repeats), *CASES]
    if only is None:
        return cases
    names = [name.strip() for name in only.split(",")]
    valid = [HEALTHY, *dict.fromkeys(code for case in CASES for code in case.codes)]
    for name in names:
        if name not in valid:
            raise UnknownName(kind="code to try", name=name, valid=valid)
    return [case for case in cases if set(case.codes or (HEALTHY,)) & set(names)]
