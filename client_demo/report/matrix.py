"""Paths by placement, a few words in each cell: side by side where there is room, below each other where not.

Knows rich's tables. Every cell is shown, however narrow it is: none is cut off at the right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from client_demo.report import cells
from client_demo.report.cells import Words
from client_demo.report.header import Header

NOT_APPLICABLE = Words("n/a", cells.DIM)
ROOMY = 14
"""Columns of a placement, where there are so many, so that they do not move while words come in."""
ENDLESS = 10_000


@dataclass(frozen=True, slots=True)
class Matrix:
    """Paths down, placements across; a cell without words is still to come."""

    header: Header
    words: Mapping[tuple[str, str], Words]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        for table in (self._table(least=ROOMY, padding=1), self._table(least=0, padding=0)):
            if console.measure(table, options=options.update(width=ENDLESS)).maximum <= options.max_width:
                yield table
                return
        yield self._listed()

    def lines(self) -> Iterator[str]:
        """The same as lines of text, each of a path."""
        rows = [["path", *self._placements()]]
        rows += [[path, *(one.text for one in row)] for path, row in self._rows()]
        yield from aligned(rows)

    def _placements(self) -> tuple[str, ...]:
        return (*self.header.placements, *self.header.unfit)

    def _rows(self) -> Iterator[tuple[str, list[Words]]]:
        for path in self.header.paths:
            row = [self.words.get((placement, path), Words("", "")) for placement in self.header.placements]
            yield path, row + [NOT_APPLICABLE] * len(self.header.unfit)

    def _table(self, *, least: int, padding: int) -> Table:
        table = Table(
            box=SIMPLE_HEAD, padding=(0, padding), header_style="bold", pad_edge=False, show_edge=False
        )
        for name in ("path", *self._placements()):
            table.add_column(name, no_wrap=True, min_width=None if name == "path" else least)
        for path, row in self._rows():
            table.add_row(path, *(Text(one.text, one.style) for one in row))
        return table

    def _listed(self) -> Text:
        """A line for each path and placement."""
        width = max(map(len, self._placements()), default=0)
        lines = []
        for path, row in self._rows():
            lines.append(Text(path, "bold"))
            for name, one in zip(self._placements(), row, strict=True):
                lines.append(Text.assemble(f"  {name.ljust(width)}  ", (one.text, one.style)))
        return Text("\n").join(lines)


def aligned(rows: list[list[str]]) -> Iterator[str]:
    """Rows of words as lines in which each column has the width that it needs, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
