"""All chosen suites, one after the other, with a progress bar on stderr.

The bar draws when a step ends and never by itself: it must not be part of what is measured. Knows suites and
rich.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from client_demo.bench.outcome import Outcome
from client_demo.bench.registry import Suite
from client_demo.bench.sizes import Sizes


async def run_all(suites: Sequence[Suite], sizes: Sizes) -> dict[str, Outcome]:
    """Run the suites; a ThroughlineError of one ends all."""
    outcomes: dict[str, Outcome] = {}
    columns = (
        TextColumn("{task.description:9}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as progress:
        for suite in suites:
            task = progress.add_task(suite.name, total=suite.steps(sizes), words=suite.words)

            def tick() -> None:
                progress.update(task, advance=1, refresh=True)  # noqa: B023 - called before the loop goes on

            progress.refresh()
            outcomes[suite.name] = await suite.run(sizes, tick)
            progress.update(task, completed=suite.steps(sizes), refresh=True)
    return outcomes
