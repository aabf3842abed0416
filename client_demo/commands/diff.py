"""`throughline diff`: two text files, two recordings, or two runs of recordings, to the character.

Knows files and the ways to name a run; how texts differ is `textdiff.py`'s, how recordings are read
`record.py`'s. What is heavy is imported when there is a recording to read.

UsageError
├── FileUnreadable             a file cannot be read, or is neither text nor a recording
└── RunUnclear                 a recording has no such run, or several where one is meant
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from client_demo.errors import UsageError
from client_demo.text.gzipped import lines_of
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK, ThroughlineError

if TYPE_CHECKING:
    from client_demo.evidence.data import Evidence, RunEvidence

RECORDING = "throughline.recording/"
Texts = Mapping[str, str]
"""What is compared, by name."""


class FileUnreadable(UsageError):
    """A file cannot be read, or is neither text nor a recording."""

    def __init__(self, *, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"{path} cannot be compared ({reason})", remedy="name a text file in UTF-8, or a recording."
        )


class RunUnclear(UsageError):
    """A recording has no such run, or several where one is meant."""

    def __init__(self, *, path: str, runs: Sequence[int], asked: str | None) -> None:
        self.path = path
        self.runs = tuple(runs)
        self.asked = asked
        what = (
            f"has no run {asked!r}" if asked is not None else f"has {len(runs)} runs, and one is meant here"
        )
        known = f"one of {runs[0]} to {runs[-1]}" if runs else "another recording"
        super().__init__(f"{path} {what}", remedy=f"name {known}, as in {path}#{runs[0] if runs else 1}.")


@dataclass(frozen=True, slots=True)
class Source:
    """One side of the comparison: a text, or a recording's runs, of which one may be named."""

    name: str
    path: str
    text: str | None = None
    runs: tuple[RunEvidence, ...] = field(default=())
    asked: str | None = None

    @property
    def many(self) -> bool:
        """Whether this is a whole recording."""
        return self.text is None and self.asked is None

    def one(self) -> Texts:
        """The texts of the one run that is meant, or the file's."""
        if self.text is not None:
            return {"text": self.text}
        meant = [run for run in self.runs if self.asked in (None, str(run.number))]
        if len(meant) != 1:
            numbers = [run.number for run in self.runs]
            raise RunUnclear(path=self.path, runs=numbers, asked=self.asked)
        return texts_of(meant[0])


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.pass_context
def diff(context: click.Context, a: str, b: str) -> None:
    """Show how A and B differ, to the character: white space, newlines and Unicode made visible.

    Each is a text file, a recording (compare --record FILE), or one run of a recording, named FILE#RUN. Two
    recordings are compared run by run; a run is compared with a text file by its answer.

    Exit codes: 0 equal, 1 different, 2 usage.

    \b
    Examples:
      throughline diff before.txt after.txt
      throughline diff runs.jsonl#1 runs.jsonl#2
      throughline diff yesterday.jsonl today.jsonl
    """
    left, right = read_source(a), read_source(b)
    pairs = list(_pairs(left, right))
    different = [show(name, mine, theirs, (left.name, right.name)) for name, mine, theirs in pairs]
    if not any(different):
        click.echo(f"{left.name} and {right.name} are equal.")
    context.exit(EXIT_DIFFERENCE if any(different) else EXIT_OK)


def read_source(given: str) -> Source:
    """Read what an argument names. Raises: FileUnreadable."""
    path, _, asked = given.rpartition("#")
    if not path or Path(given).exists():
        path, asked = given, ""
    data = _bytes(path)
    if data.startswith(b"{") and _is_recording(data):
        evidence = _evidence(path)
        return Source(given, path, runs=evidence.runs, asked=asked or None)
    if asked:
        raise FileUnreadable(path=path, reason="it is not a recording, so it has no runs")
    try:
        return Source(given, path, text=data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FileUnreadable(path=path, reason="it is not text in UTF-8") from error


def _bytes(path: str) -> bytes:
    try:
        data = b"".join(lines_of(Path(path)))
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or str(error)) from error
    if b"\0" in data:
        raise FileUnreadable(path=path, reason="it is not text")
    return data


def _is_recording(data: bytes) -> bool:
    try:
        header = json.loads(data.split(b"\n", 1)[0])
    except ValueError:
        return False
    return str(header.get("schema", "")).startswith(RECORDING)


def _evidence(path: str) -> Evidence:
    try:
        evidence: Evidence = import_module("client_demo.recording.record").read_evidence(Path(path))
    except (ValueError, KeyError, TypeError) as error:
        raise FileUnreadable(path=path, reason=f"its recording is broken: {error}") from error
    except ThroughlineError as error:
        raise FileUnreadable(path=path, reason=str(error)) from error
    return evidence


def _pairs(left: Source, right: Source) -> Iterator[tuple[str, str | None, str | None]]:
    """What is compared with what, by name; None where a side does not have it."""
    if left.many and right.many:
        sides = [{_cell(run): texts_of(run) for run in side.runs} for side in (left, right)]
        for cell in dict.fromkeys([*sides[0], *sides[1]]):
            for name, mine, theirs in _each(sides[0].get(cell, {}), sides[1].get(cell, {})):
                yield f"{cell}: {name}", mine, theirs
        return
    mine_, theirs_ = left.one(), right.one()
    if (left.text is None) != (right.text is None):  # a run speaks to a text with its answer
        mine_, theirs_ = ({"answer": one.get("answer", one.get("text", ""))} for one in (mine_, theirs_))
    yield from _each(mine_, theirs_)


def _each(mine: Texts, theirs: Texts) -> Iterator[tuple[str, str | None, str | None]]:
    for name in dict.fromkeys([*mine, *theirs]):
        yield name, mine.get(name), theirs.get(name)


def _cell(run: RunEvidence) -> str:
    cell = run.run.cell
    return f"{cell.placement} {cell.path} {run.probe or cell.repeat}"


def texts_of(run: RunEvidence) -> Texts:
    """What a run came to, as texts: its tool calls, their results, and its answer."""
    calls = "\n".join(
        f"{call.name} {json.dumps(dict(call.args), ensure_ascii=False, sort_keys=True, default=str)}"
        for call in run.run.tool_calls
    )
    results = {f"tool result {n}": one.text for n, one in enumerate(run.results, start=1)}
    return {"tool calls": calls, **results, "answer": run.run.answer or ""}


def show(name: str, mine: str | None, theirs: str | None, names: tuple[str, str]) -> bool:
    """Print how two texts differ, and say whether they do."""
    if mine == theirs:
        return False
    if mine is None or theirs is None:
        click.echo(f"{name}: only in {names[0] if theirs is None else names[1]}\n")
        return True
    from rich.console import Console

    from client_demo.text.diff import lines, table, text_diff

    told, console = text_diff(mine, theirs), Console(soft_wrap=False)
    if name != "text":
        click.echo(click.style(name, bold=True))
    if console.is_terminal:
        console.print(table(told, names=names))
        for remark in told.remarks:
            console.print(remark, markup=False, highlight=False)
    else:
        click.echo("\n".join(lines(told, names=names)))
    click.echo()
    return True
