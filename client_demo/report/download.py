"""A download as a bar on stderr, and as two lines where nobody draws.

Knows rich; knows nothing of what is fetched and from where.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from throughline.model.catalog import Progress as Step

WORDS = {"download": "downloading", "unpack": "unpacking and checking"}


class Download:
    """Draws the stages of one download; a context manager. `tell` is called from the fetching thread."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Download:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tell(self, step: Step) -> None:
        """Show how far a stage is."""
        if step.stage not in self._stages:
            self._stages[step.stage] = self._bar.add_task(WORDS[step.stage], total=step.total)
        self._bar.update(self._stages[step.stage], completed=step.done)
