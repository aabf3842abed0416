"""The two tables: paths by placement, and every run's numbers.

Pure. The words are those of the terminal's tables; knows which of several repeats to show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from client_demo.evidence.data import Evidence, RunEvidence
from client_demo.experiment.compare import reference_of
from client_demo.experiment.runs import Run
from client_demo.report import cells
from client_demo.report.cells import Words
from client_demo.report.header import Header
from client_demo.report.html.view import CellView, CostRow, MatrixRow, RunRow
from client_demo.report.matrix import NOT_APPLICABLE
from client_demo.report.story import Overhead

STYLES = {cells.GOOD: "good", cells.BAD: "bad", cells.DIM: "dim", "yellow": "warn", "bold": "strong"}
WORST = ("bad", "warn", "good", "strong", "dim", "")
"""Of several repeats, the first of these is what a cell says."""
NUMBERS, COLUMNS = 6, 10
"""The first columns of a run are numbers."""
Where = Mapping[tuple[str, str, int], Run]
"""The runs that are compared, by placement, path and repeat."""


def matrix(evidence: Evidence, header: Header) -> Iterator[MatrixRow]:
    """One row a path: how each placement came out, of several repeats the worst."""
    shown = _compared(evidence)
    there = _by_cell(shown)
    reference = reference_of(header.placements)
    groups: defaultdict[tuple[str, str], list[tuple[int, Words]]] = defaultdict(list)
    for one in shown:
        told = cells.outcome(one.run, _reference(one.run, there, reference))
        groups[one.run.cell.path, one.run.cell.placement].append((one.number, told))
    unfit = [CellView(NOT_APPLICABLE.text, _style(NOT_APPLICABLE))] * len(header.unfit)
    for path in header.paths:
        yield MatrixRow(path, (*(_worst(groups[path, name]) for name in header.placements), *unfit))


def _worst(told: Sequence[tuple[int, Words]]) -> CellView:
    """The gravest of what repeats came to, and how many came to it where they do not agree."""
    if not told:
        return CellView("no run", "dim")
    number, words = min(told, key=lambda one: WORST.index(_style(one[1])))
    alike = sum(one.text == words.text for _, one in told)
    note = "" if alike == len(told) else f"{alike} of {len(told)} runs"
    return CellView(words.text, _style(words), number, note)


def _style(words: Words) -> str:
    return STYLES.get(words.style, "")


def run_rows(evidence: Evidence, shown: Evidence) -> Iterator[RunRow]:
    """Each run that is shown with its numbers, path by path; those made on purpose behind."""
    there = _by_cell(_compared(evidence))
    reference = reference_of(cell[0] for cell in there)
    order = {path: n for n, path in enumerate(dict.fromkeys(one.run.cell.path for one in evidence.runs))}
    for one in sorted(shown.runs, key=lambda one: (bool(one.probe), order[one.run.cell.path], one.number)):
        local = None if one.probe else _reference(one.run, there, reference)
        yield _row(one, local)


def _row(one: RunEvidence, local: Run | None) -> RunRow:
    run = one.run
    label = cells.label(run)
    words = [Words("-", cells.DIM)] * COLUMNS if run.status == "unsupported" else _numbers(run, local)
    verdict = Words(f"probe: {one.probe}", cells.DIM) if one.probe else cells.outcome(run, local)
    return RunRow(
        number=one.number,
        path=run.cell.path,
        placement=label.text.strip(),
        style=_style(label),
        cells=tuple(
            CellView(word.text, f"{_style(word)} {'number' if n < NUMBERS else ''}".strip())
            for n, word in enumerate([*words, verdict])
        ),
        status=run.status,
        error=run.error or "",
    )


def _numbers(run: Run, local: Run | None) -> list[Words]:
    return [
        cells.seconds(run.first_event_s),
        cells.seconds(run.first_tool_token_s),
        cells.seconds(run.first_answer_token_s),
        cells.seconds(run.seconds),
        cells.count(run.tool_tokens.emitted),
        cells.count(run.tool_tokens.frames),
        cells.lanes(run),
        cells.asked(run.provider, "agent"),
        cells.asked(run.provider, "tool"),
        cells.answered(run, local),
    ]


def costs(overhead: Sequence[Overhead]) -> Iterator[CostRow]:
    """How long each path took beside the reference."""
    for one in overhead:
        times = (f"{one.reference_s:.3f}", f"{one.seconds:.3f}", f"{one.percent:+.0f} %", str(one.repeats))
        yield CostRow(one.path, one.placement, times)


def _compared(evidence: Evidence) -> list[RunEvidence]:
    return [one for one in evidence.runs if not one.probe]


def _by_cell(shown: Sequence[RunEvidence]) -> dict[tuple[str, str, int], Run]:
    return {(one.run.cell.placement, one.run.cell.path, one.run.cell.repeat): one.run for one in shown}


def _reference(run: Run, there: Where, reference: str) -> Run | None:
    return there.get((reference, run.cell.path, run.cell.repeat))
