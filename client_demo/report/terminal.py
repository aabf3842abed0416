"""The comparison for people: the verdict in plain words, the paths by placement, and every run's numbers.

Knows rich. On a terminal it draws; elsewhere the same words come as plain lines. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from client_demo.experiment.compare import reference_of
from client_demo.experiment.runs import Run
from client_demo.report import apart, causes, cells
from client_demo.report.cells import Words
from client_demo.report.clean import Cleaned, clean
from client_demo.report.header import Header, about
from client_demo.report.story import Story
from client_demo.report.verdict import Finding
from client_demo.text.written import to_stdout

MARKS = {"good": ("=", "bold green"), "bad": ("!", "bold red"), "note": ("-", "dim")}
LEGEND = (
    "Numbers: the tool's tokens that were seen. = equal to {0}, ! different, ~ equal but for the words.\n"
    "asked whole, asked stream: equal events, but the tool asked its provider otherwise than with {0}."
)
NOT_APPLICABLE = Words("n/a", cells.DIM)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the run tables: its head, its width (so that all tables line up), how a run fills it."""

    name: str
    width: int
    fill: Callable[[Run, Run | None], Words]
    justify: JustifyMethod = "left"


FIRST = Column("first\nevent", 6, lambda run, _: cells.seconds(run.first_event_s), "right")
FRAMES = Column("\nframes", 6, lambda run, _: cells.count(run.tool_tokens.frames), "right")
LANES = Column("\nseen, by lane", 20, lambda run, _: cells.lanes(run))
COLUMNS = (
    Column("\n  seconds to", 12, lambda run, _: cells.label(run)),
    FIRST,
    Column("tool\ntoken", 6, lambda run, _: cells.seconds(run.first_tool_token_s), "right"),
    Column("answer\ntoken", 6, lambda run, _: cells.seconds(run.first_answer_token_s), "right"),
    Column("\ndone", 6, lambda run, _: cells.seconds(run.seconds), "right"),
    Column("tokens\nmade", 6, lambda run, _: cells.count(run.tool_tokens.emitted), "right"),
    FRAMES,
    LANES,
    Column("agent\nasked", 6, lambda run, _: cells.asked(run.provider, "agent")),
    Column("tool\nasked", 6, lambda run, _: cells.asked(run.provider, "tool")),
    Column("\nanswer", 7, cells.answered),
)
FULL_WIDTH = sum(column.width + 1 for column in COLUMNS)
NARROW = tuple(
    replace(one, width=13) if one is LANES else one for one in COLUMNS if one not in (FIRST, FRAMES)
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
        runs = details(story.runs, width=console.width)
        console.print(Cleaned(Group(picture(story), "", *differ, *found, runs, "")))


def picture(story: Story) -> RenderableType:
    """What fits on a screen: the question, the verdict, and the paths by placement."""
    header, reference = story.header, reference_of(story.header.placements)
    words = cells.outcomes(story.runs, reference)
    legend = Text(LEGEND.format(reference), "dim")
    return Group(heading(header), "", _findings(story.verdict), "", matrix(header, words), "", legend)


def heading(header: Header) -> Text:
    """The question, who is asked, and which tool answers."""
    return Text.assemble((header.prompt, "bold"), "\n", (about(header), "dim"))


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


def matrix(header: Header, words: dict[tuple[str, str], Words]) -> Table:
    """Paths down, placements across, a few words in each cell; a cell without words is still to come."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), header_style="bold", pad_edge=False, show_edge=False)
    table.add_column("path", no_wrap=True, min_width=max(map(len, header.paths)))
    for placement in (*header.placements, *header.unfit):
        table.add_column(placement, no_wrap=True, min_width=14)
    for path in header.paths:
        row = [words.get((placement, path), Words("", "")) for placement in header.placements]
        row += [NOT_APPLICABLE] * len(header.unfit)
        table.add_row(path, *(Text(one.text, one.style) for one in row))
    return table


def details(runs: Sequence[Run], *, width: int) -> RenderableType:
    """Every run with its times (seconds), tokens, provider and answer, path by path."""
    columns = COLUMNS if width >= FULL_WIDTH else NARROW
    groups: list[RenderableType] = [_table(columns, show_header=True)]
    for path in dict.fromkeys(run.cell.path for run in runs):
        table = _table(columns, show_header=False)
        for run in runs:
            if run.cell.path == path:
                table.add_row(*(Text(one.text, one.style) for one in _row(run, _local(run, runs), columns)))
        groups += [Text(path, "bold cyan"), table]
    return Group(*groups)


def plain(story: Story) -> Iterator[str]:
    """The same as lines of text, for files and pipes."""
    runs = story.runs
    yield from heading(story.header).plain.splitlines()
    yield ""
    for finding in story.verdict:
        yield f"{MARKS[finding.tone][0]} {finding.subject} {finding.text}".replace("  ", " ")
    yield ""
    for lines in (apart.told(story.differences), causes.told(story.findings)):
        if told := list(lines):
            yield from (*told, "")
    names = ["path", *(" ".join(column.name.split()) for column in COLUMNS), "verdict"]
    names[1] = "placement"
    rows = [names]
    for run in runs:
        texts = [one.text.strip() for one in _row(run, _local(run, runs), COLUMNS)]
        rows.append([run.cell.path, *texts, cells.outcome(run, _local(run, runs)).text])
    widths = [max(len(row[n]) for row in rows) for n in range(len(names))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _table(columns: Sequence[Column], *, show_header: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=show_header, header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column.name, justify=column.justify, width=column.width)
    return table


def _local(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run of the reference: `local`, or what stands for it."""
    cell = replace(run.cell, placement=reference_of(one.cell.placement for one in runs))
    return next((one for one in runs if one.cell == cell), None)


def _row(run: Run, local: Run | None, columns: Sequence[Column]) -> list[Words]:
    if run.status == "unsupported":
        return [cells.label(run), *([Words("-", cells.DIM)] * (len(columns) - 2)), Words("n/a", cells.DIM)]
    return [column.fill(run, local) for column in columns]
