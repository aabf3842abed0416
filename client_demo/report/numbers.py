"""Every run's numbers: its times (seconds), tokens, provider and answer, path by path.

Knows rich's tables. How much of a run is shown depends on the width that there is; a run's number is always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from client_demo.evidence.data import RunEvidence
from client_demo.experiment.compare import reference_of
from client_demo.experiment.runs import Run
from client_demo.report import cells
from client_demo.report.cells import Words
from client_demo.report.matrix import aligned


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the run tables: its head, its width (so that all tables line up), how a run fills it."""

    name: str
    width: int
    fill: Callable[[Run, Run | None], Words]
    justify: JustifyMethod = "left"


LABEL = Column("\n  seconds to", 12, lambda run, _: cells.label(run))
FIRST = Column("first\nevent", 6, lambda run, _: cells.seconds(run.first_event_s), "right")
DONE = Column("\ndone", 6, lambda run, _: cells.seconds(run.seconds), "right")
FRAMES = Column("\nframes", 6, lambda run, _: cells.count(run.tool_tokens.frames), "right")
SEEN = Column("\nseen, by lane", 17, lambda run, _: cells.lanes(run))
ANSWER = Column("\nanswer", 7, cells.answered)
COLUMNS = (
    LABEL,
    FIRST,
    Column("tool\ntoken", 6, lambda run, _: cells.seconds(run.first_tool_token_s), "right"),
    Column("answer\ntoken", 6, lambda run, _: cells.seconds(run.first_answer_token_s), "right"),
    DONE,
    Column("tokens\nmade", 6, lambda run, _: cells.count(run.tool_tokens.emitted), "right"),
    FRAMES,
    SEEN,
    Column("agent\nasked", 6, lambda run, _: cells.asked(run.provider, "agent")),
    Column("tool\nasked", 6, lambda run, _: cells.asked(run.provider, "tool")),
    ANSWER,
)
SEEN_CLOSE = replace(SEEN, name="seen,\nby lane", width=12)
NARROW = tuple(SEEN_CLOSE if one is SEEN else one for one in COLUMNS if one not in (FIRST, FRAMES))
SLIM = (
    LABEL,
    DONE,
    Column("tokens\nseen", 6, lambda run, _: cells.count(run.tool_tokens.seen), "right"),
    ANSWER,
)
NUMBER_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Numbers:
    """The runs that are compared, each with the number that findings name it by."""

    runs: Sequence[RunEvidence]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        fits = (columns for columns in (COLUMNS, NARROW) if _width(columns) <= options.max_width)
        columns = next(fits, SLIM)
        yield _table(columns, show_header=True)
        for path in dict.fromkeys(one.run.cell.path for one in self.runs):
            table = _table(columns, show_header=False)
            for one in self.runs:
                if one.run.cell.path == path:
                    first, *rest = (Text(word.text, word.style) for word in self._row(one, columns))
                    table.add_row(first, Text(str(one.number), cells.DIM), *rest)
            yield Text(path, "bold cyan")
            yield table

    def lines(self) -> Iterator[str]:
        """The same as lines of text, each with its path in front and what the run came to at its end."""
        names = [column.name.partition("\n") for column in COLUMNS[1:]]
        rows = [
            ["", "", "", *(above for above, _, _ in names), ""],
            ["path", "placement", "run", *(below for _, _, below in names), "verdict"],
        ]
        for one in self.runs:
            label, *rest = (word.text.strip() for word in self._row(one, COLUMNS))
            verdict = cells.outcome(one.run, self._local(one.run)).text
            rows.append([one.run.cell.path, label, str(one.number), *rest, verdict])
        yield from aligned(rows)

    def _local(self, run: Run) -> Run | None:
        """The run of the reference: `local`, or what stands for it."""
        cell = replace(run.cell, placement=reference_of(one.run.cell.placement for one in self.runs))
        return next((one.run for one in self.runs if one.run.cell == cell), None)

    def _row(self, one: RunEvidence, columns: Sequence[Column]) -> list[Words]:
        if one.run.status == "unsupported":
            dashes = [Words("-", cells.DIM)] * (len(columns) - 2)
            return [cells.label(one.run), *dashes, Words("n/a", cells.DIM)]
        local = self._local(one.run)
        return [column.fill(one.run, local) for column in columns]


def _width(columns: Sequence[Column]) -> int:
    return NUMBER_WIDTH + sum(column.width + 1 for column in columns)


def _table(columns: Sequence[Column], *, show_header: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=show_header, header_style="dim", pad_edge=False)
    first, *rest = columns
    table.add_column(first.name, width=first.width)
    table.add_column("\nrun", justify="right", width=NUMBER_WIDTH)
    for column in rest:
        table.add_column(column.name, justify=column.justify, width=column.width)
    return table
