"""What was asked, in two lines at most, so that the verdict is in sight however long the prompt is.

Knows rich's texts, which know how wide a character is; knows nothing of what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

from client_demo.report.header import Header, about

LINES = 2
MORE = " ..."
PLAIN_WIDTH = 100
"""Columns of a line where nothing says how many there are."""


@dataclass(frozen=True, slots=True)
class Brief:
    """The beginning of a prompt: as many lines as are shown, of the width that there is."""

    prompt: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text("\n", "bold").join(_cut(self.prompt, console, options.max_width))


def heading(header: Header, more: Text | None = None) -> RenderableType:
    """The question, who is asked, and which tool answers; `more` stands behind that."""
    return Group(Brief(header.prompt), Text.assemble((about(header), "dim"), more or ""))


def plain_heading(header: Header) -> Iterator[str]:
    """The same as lines of text."""
    yield from (line.plain for line in _cut(header.prompt, Console(width=PLAIN_WIDTH), PLAIN_WIDTH))
    yield about(header)


def _cut(prompt: str, console: Console, width: int) -> list[Text]:
    told = [line.strip() for line in prompt[: 8 * LINES * width].splitlines() if line.strip()]
    lines = list(Text("\n".join(told), "bold").wrap(console, width))
    if len(lines) > LINES:
        lines[LINES:] = []
        lines[-1].rstrip()
        lines[-1].truncate(max(0, width - len(MORE)))
        lines[-1].append(MORE)
    return lines
