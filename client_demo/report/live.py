"""The comparison while it runs: which path has seen what so far, and the words as they come.

Two watchers: one draws on a terminal, one writes a line for each run that is over. Both talk to stderr: what
they show is not the result.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from client_demo.experiment.compare import Plan, reference_of, schedule
from client_demo.experiment.runs import Cell, Run, Tap
from client_demo.paths import Seen
from client_demo.report import cells
from client_demo.report.cells import Words
from client_demo.report.clean import Cleaned
from client_demo.report.header import header_of
from client_demo.report.heading import heading
from client_demo.report.matrix import Matrix
from throughline.model import OpenModel
from throughline.model.records import RequestRecord

FRAMES_A_SECOND = 10
LINE_CHARS = 86


class Lines:
    """A line for each run that is over, for logs and pipes."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console = console
        self._runs: dict[Cell, Run] = {}
        self._total = len(schedule(plan))
        self._reference = reference_of(plan.placements)

    def begins(self, cell: Cell, tap: Tap) -> None:
        """Nothing to say yet."""

    def saw(self, cell: Cell, seen: Seen) -> None:
        """Nothing to say yet."""

    def ended(self, run: Run, requests: Sequence[RequestRecord]) -> None:
        """Say how the run came out."""
        cell = run.cell
        if cell.warms_up:
            return
        if cell.probe:
            words, number = cells.Words(f"{cell.probe}: {len(run.notes)} notes"), "probe"
        else:
            self._runs[cell] = run
            words = cells.outcome(run, self._runs.get(Cell(self._reference, cell.path, cell.repeat)))
            number = f"{len(self._runs)}/{self._total}"
        line = f"{number:>7}  {cell.path:<30}  {cell.placement:<9} {run.seconds:7.2f} s  {words.text}"
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)


class View:
    """Draws the paths by placement, filling in while runs go on; a context manager."""

    def __init__(self, console: Console, plan: Plan, model: OpenModel) -> None:
        self._model = model
        self._header = header_of(plan, model.settings)
        self._total = len(schedule(plan))
        self._reference = reference_of(plan.placements)
        self._started = time.monotonic()
        self._words: dict[tuple[str, str], Words] = {}
        self._runs: dict[Cell, Run] = {}
        self._now: tuple[Cell, Tap] | None = None
        self._probe = ""
        self._live = Live(
            console=console,
            get_renderable=self._draw,
            refresh_per_second=FRAMES_A_SECOND,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> View:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def refresh(self) -> None:
        """Draw now; it draws by itself ten times a second."""
        self._live.refresh()

    def begins(self, cell: Cell, tap: Tap) -> None:
        """Show a run as under way."""
        self._probe = cell.probe
        if not cell.warms_up and not cell.probe:
            self._now = (cell, tap)

    def saw(self, cell: Cell, seen: Seen) -> None:
        """Nothing to do: the tap has counted it, and the next drawing reads the tap."""

    def ended(self, run: Run, requests: Sequence[RequestRecord]) -> None:
        """Show how a run came out."""
        if run.cell.warms_up or run.cell.probe:
            return
        self._now = None
        cell = run.cell
        self._runs[cell] = run
        local = self._runs.get(Cell(self._reference, cell.path, cell.repeat))
        self._words[(cell.placement, cell.path)] = cells.outcome(run, local)

    def _draw(self) -> RenderableType:
        words = dict(self._words)
        told = Table.grid(padding=(0, 1))
        told.add_row(Text("written", "dim"), self._written())
        if self._now is not None:
            cell, tap = self._now
            words[(cell.placement, cell.path)] = cells.progress(tap)
            told.add_row(Text("seen", "dim"), _line(f"{cell.placement}, {cell.path}", tap.latest))
        number = min(len(self._runs) + 1, self._total)
        done = f"run {number} of {self._total}" if self._now or self._runs else "starting, warming up"
        done = f"probe {self._probe}" if self._probe else done
        clock = f"{time.monotonic() - self._started:.0f} s"
        head = heading(self._header, Text(f"   {done}, {clock}", "cyan"))
        return Cleaned(Group(head, "", Matrix(self._header, words), "", told))

    def _written(self) -> Text:
        """What the model is writing now, whoever gets to see it."""
        requests = self._model.endpoint.requests
        if not requests or requests[-1].ended_s is not None:
            return Text()
        now = requests[-1]
        return _line(f"for the {now.who}, {'streamed' if now.streamed else 'whole'}", now.text)


def _line(source: str, words: str) -> Text:
    """Where words come from, and the end of them, on one line."""
    words = " ".join(words.split())
    return Text.assemble((source, "cyan"), "  ", (words[-(LINE_CHARS - len(source)) :], ""))
