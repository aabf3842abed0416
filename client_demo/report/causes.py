"""The causes that were found, for people: what is wrong, what proves it, what to do. Notes are one line.

Pure, but for rich's shapes. Decides nothing: order and words are the findings' own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from client_demo.causes.findings import Exhibit, Finding, at_least, by_weight

SHOWN = 3
"""As many exhibits as stand below a finding; the JSON has all."""
STYLES = {"harm": "bold red", "warning": "yellow", "note": "dim"}
WIDTH = 140


def told(found: Sequence[Finding]) -> Iterator[str]:
    """The findings as lines of text."""
    for finding in at_least(by_weight(found), "warning"):
        yield f"{finding.code} ({_weight(finding)}) {finding.sentence}"
        yield f"    where: {_where(finding)}"
        yield from (f"    {line}" for line in _exhibits(finding))
        yield f"    remedy: {finding.remedy}"
    if notes := _notes(found):
        yield notes


def drawn(found: Sequence[Finding]) -> Table:
    """The findings for a terminal."""
    table = Table.grid(padding=(0, 1))
    table.add_column(ratio=1)
    for finding in at_least(by_weight(found), "warning"):
        style = STYLES[finding.severity]
        head = Text.assemble((finding.code, style), (f"  {_weight(finding)}  {_where(finding)}", "dim"))
        table.add_row(head)
        table.add_row(Padding(Text(finding.sentence), (0, 0, 0, 2)))
        for line in _exhibits(finding):
            table.add_row(Padding(Text(line, "dim"), (0, 0, 0, 4)))
        table.add_row(Padding(Text.assemble(("remedy ", "green"), finding.remedy), (0, 0, 0, 2)))
    if notes := _notes(found):
        table.add_row(Text(notes, "dim"))
    return table


def _weight(finding: Finding) -> str:
    return f"{finding.severity}, {finding.sure}"


def _where(finding: Finding) -> str:
    paths = ", ".join(finding.paths)
    if (more := len(finding.paths) - 2) > 1:
        paths = f"{', '.join(finding.paths[:2])} and {more} more paths"
    return f"{', '.join(finding.placements)} on {paths}"


def _exhibits(finding: Finding) -> Iterator[str]:
    yield from (_exhibit(one) for one in finding.evidence[:SHOWN])
    if (more := len(finding.evidence) - SHOWN) > 0:
        yield f"and {more} more: --json has them all"


def _exhibit(exhibit: Exhibit) -> str:
    line = f"run {exhibit.run}, {exhibit.what}: {' '.join(exhibit.says.split())}"
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _notes(found: Sequence[Finding]) -> str:
    """What is by design, in one line."""
    codes = list(dict.fromkeys(one.code for one in found if one.severity == "note"))
    return f"By design, no harm done: {', '.join(codes)}." if codes else ""
