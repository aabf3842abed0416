"""`throughline selftest`: every fault is brought about, and every diagnosis is held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from client_demo.errors import FileUnwritable, UnknownName
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK

if TYPE_CHECKING:
    from client_demo.selftest.cases import Case
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
    "--json",
    "json_to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write codes, named, missed, false_alarms and the matrix to this file.",
)
@click.pass_context
def selftest(context: click.Context, only: str | None, repeats: int, json_to: Path | None) -> None:
    """Bring about every known fault on the scripted model, and see whether compare names it and no other.

    Takes some minutes. Exit codes: 0 all named and no false alarm, 1 otherwise, 2 usage.
    """
    import anyio

    from client_demo.selftest.judge import document, good, line, summary
    from client_demo.selftest.run import attempt

    chosen = _chosen(only, repeats)
    if json_to is not None and not json_to.parent.is_dir():
        reason = f"there is no directory {json_to.parent}"
        raise FileUnwritable(option="--json", path=str(json_to), reason=reason)
    trials: list[Trial] = []
    for case in chosen:
        trials.append(anyio.run(attempt, case))
        click.echo(line(trials[-1]))
    for words in summary(trials):
        click.echo(words)
    if json_to is not None:
        _write(json_to, json.dumps(document(trials), indent=2) + "\n")
    context.exit(EXIT_OK if good(trials) else EXIT_DIFFERENCE)


def _chosen(only: str | None, repeats: int) -> list[Case]:
    from client_demo.paths import PATHS
    from client_demo.selftest.cases import CASES, HEALTHY, healthy

    cases = [healthy(paths=tuple(path.name for path in PATHS), repeat=repeats), *CASES]
    if only is None:
        return cases
    names = [name.strip() for name in only.split(",")]
    valid = [HEALTHY, *dict.fromkeys(code for case in CASES for code in case.codes)]
    for name in names:
        if name not in valid:
            raise UnknownName(kind="code to try", name=name, valid=valid)
    return [case for case in cases if case.name in names or set(case.codes) & set(names)]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileUnwritable(option="--json", path=str(path), reason=error.strerror or str(error)) from error
