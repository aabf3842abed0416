"""The command `report`: every report of a comparison, from its recording alone.

Knows click and files; what a recording tells is `report/story.py`'s, which takes time to import and is
imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from throughline.errors import EXIT_DIFFERENCE, EXIT_OK

if TYPE_CHECKING:
    from client_demo.report.gate import Breach, Condition
    from client_demo.report.story import Story

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("recording", metavar="RUNS.jsonl", type=click.Path(path_type=Path))
@click.option("--html", type=FILE, help="Write one page with everything: verdict, findings and a timeline.")
@click.option("--md", type=FILE, help="Write it in Markdown, for the comment of a pull request.")
@click.option(
    "--json",
    is_flag=False,
    flag_value="-",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="[FILE]",
    help="Write it as JSON: to FILE (.json), or to stdout where none is named.",
)
@click.option("--junit", type=FILE, help="Write it as JUnit XML, for what shows tests in CI.")
@click.option("--svg", type=FILE, help="Draw it into this file, as the terminal shows it.")
@click.option(
    "--fail-on",
    metavar="WHAT,WHAT,...",
    help="End with 1 on any of these: loss, difference, error, overhead=10% (of bridged over local); see: "
    "throughline compare --help",
)
@click.pass_context
def report(context: click.Context, /, recording: Path, fail_on: str | None, **files: Path | None) -> None:
    """Show what a recording tells, or write it down for people and for programs.

    RUNS.jsonl is what compare --record has written (- is standard input). Without any file, the report is
    shown here. The same recording gives the same files, byte for byte: the date in them is when it was made.

    Exit codes: 0 told, 1 something that --fail-on names, 2 usage, or a recording that cannot be read.

    \b
    Examples:
      throughline report runs.jsonl
      throughline report runs.jsonl --html page.html --md comment.md
      throughline report runs.jsonl --fail-on loss,difference,error --junit junit.xml
    """
    from client_demo.commands.unheld import say_unheld
    from client_demo.report.gate import read_conditions
    from client_demo.report.json import gate
    from client_demo.report.write import STDOUT, Files, json_text, write_reports
    from client_demo.text.written import to_stdout

    conditions = None if fail_on is None else read_conditions([fail_on])
    asked = Files(**files)
    asked.check(taken={recording: "that is the recording itself"})
    story, broken = _read(recording, conditions)
    more = {} if conditions is None else {"gate": gate(story, conditions)}
    if asked.json == STDOUT:
        with to_stdout("--json"):
            click.echo(json_text(story, more), nl=False)
    elif not any(files.values()):
        from rich.console import Console

        from client_demo.report.terminal import show

        show(Console(), story)
    write_reports(asked, story, broken, more=more)
    say_unheld(story, broken or (), conditions or ())
    context.exit(EXIT_DIFFERENCE if broken else EXIT_OK)


def _read(recording: Path, conditions: Sequence[Condition] | None) -> tuple[Story, tuple[Breach, ...] | None]:
    from client_demo.errors import RecordingUnreadable
    from client_demo.evidence.reread import BROKEN
    from client_demo.report.gate import breaches
    from client_demo.report.story import read_story

    try:
        story = read_story(recording)
        return story, None if conditions is None else breaches(story, conditions)
    except BROKEN as error:  # JSON of the right shape may still say what nobody ever does
        reason = "what its lines say does not go together"
        raise RecordingUnreadable(path=str(recording), reason=reason) from error
