"""The comparison for people: the verdict in plain words, the paths by placement, and every run's numbers.

Knows rich. On a terminal it draws; elsewhere the same words come as plain lines. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from client_demo.experiment.compare import reference_of
from client_demo.report import apart, causes, cells
from client_demo.report.clean import Cleaned, clean
from client_demo.report.heading import heading, plain_heading
from client_demo.report.matrix import Matrix
from client_demo.report.numbers import Numbers
from client_demo.report.story import Story
from client_demo.report.verdict import Finding
from client_demo.text.written import to_stdout

MARKS = {"good": ("=", "bold green"), "bad": ("!", "bold red"), "note": ("-", "dim")}
LEGEND = (
    "Numbers: the tool's tokens that were seen. = equal to {0}, ! different, ~ equal but for the words.\n"
    "asked whole, asked stream: equal events, but the tool asked its provider otherwise than with {0}."
)


def show(console: Console, story: Story) -> None:
    """Print the whole comparison: the verdict first, then what differs, then its causes.

    Raises: FileUnwritable.
    """
    with to_stdout("The report"):
        if not console.is_terminal:
            console.file.writelines(f"{clean(line)}\n" for line in plain(story))
            return
        differ: list[RenderableType] = [apart.drawn(story.differences), ""] if story.differences else []
        found: list[RenderableType] = [causes.drawn(story.findings), ""] if story.findings else []
        console.print(Cleaned(Group(picture(story), "", *differ, *found, _numbers(story), "")))


def picture(story: Story) -> RenderableType:
    """What fits on a screen: the question, the verdict, and the paths by placement."""
    legend = Text(_legend(story), "dim")
    return Group(heading(story.header), "", _findings(story.verdict), "", _matrix(story), "", legend)


def plain(story: Story) -> Iterator[str]:
    """The same as lines of text, for files and pipes."""
    yield from plain_heading(story.header)
    yield ""
    for finding in story.verdict:
        yield f"{MARKS[finding.tone][0]} {finding.subject} {finding.text}".replace("  ", " ")
    yield ""
    yield from _matrix(story).lines()
    yield ""
    yield from (*_legend(story).splitlines(), "")
    for lines in (apart.told(story.differences), causes.told(story.findings)):
        if told := list(lines):
            yield from (*told, "")
    yield from _numbers(story).lines()


def _legend(story: Story) -> str:
    return LEGEND.format(reference_of(story.header.placements))


def _matrix(story: Story) -> Matrix:
    return Matrix(story.header, cells.outcomes(story.runs, reference_of(story.header.placements)))


def _numbers(story: Story) -> Numbers:
    return Numbers([one for one in story.evidence.runs if not one.probe])


def _findings(findings: Sequence[Finding]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(width=max(len(finding.subject) for finding in findings))
    table.add_column(ratio=1)
    for finding in findings:
        mark, style = MARKS[finding.tone]
        strong, quiet = ("bold", "dim") if finding.tone == "note" else (style, "")
        table.add_row(Text(mark, style), Text(finding.subject, strong), Text(finding.text, quiet))
    return table
