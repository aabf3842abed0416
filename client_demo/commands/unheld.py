"""What `--fail-on` comes to, on standard error: which conditions were not held, and which cannot be told."""

from __future__ import annotations

from collections.abc import Sequence

import click

from client_demo.report.clean import clean
from client_demo.report.gate import Breach, Condition, untold
from client_demo.report.story import Story


def say_unheld(story: Story, broken: Sequence[Breach], conditions: Sequence[Condition]) -> None:
    """Say both, a line each."""
    for one in broken:
        click.echo(clean(f"Not held: {one.kind}: {one.sentence}"), err=True)
    for sentence in untold(story, conditions):
        click.echo(f"Not told: {sentence}", err=True)
