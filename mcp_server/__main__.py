"""The command `throughline-server`: reads the settings once, serves MCP, ends with an exit code.

Nothing but MCP goes to stdout while it serves; words for people go to stderr.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from mcp_server.config import DEADLINE_S, LOOPBACK, PORT, ServerConfig, known_model, read_config
from mcp_server.errors import AddressTaken
from mcp_server.quirks.catalog import listed
from throughline import __version__
from throughline.errors import EXIT_INTERRUPTED, ThroughlineError

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True, context_settings=SETTINGS)
@click.option(
    "--model",
    default="auto",
    show_default=True,
    envvar="THROUGHLINE_MODEL",
    show_envvar=True,
    help="Where the tools' answers come from: configured (OPENAI_* in the environment), embedded (a small "
    "real model on this machine), scripted (canned, not a model), or auto: the first that can be had.",
)
@click.option(
    "--env-file",
    type=FILE,
    envvar="THROUGHLINE_ENV_FILE",
    show_envvar=True,
    help="Read OPENAI_* from this file as well. No .env is read unless it is named here.",
)
@click.option(
    "--transport",
    type=click.Choice(["stdio", "http"]),
    default="stdio",
    show_default=True,
    help="stdio for a host that starts this command; http (streamable HTTP) for hosts that know its URL.",
)
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on, for http.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="The port to listen on, for http; 0 takes a free one.",
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0),
    default=DEADLINE_S,
    show_default=True,
    metavar="SECONDS",
    help="When to answer a host with what there is so far, marked as partial; desktop hosts give up at 60. "
    "0 never does. Clients with throughline's bridge have limits of their own.",
)
@click.option("--sdk-stdio", is_flag=True, help="Use the MCP SDK's own stdio transport in place of ours.")
@click.option(
    "--send-prompts",
    is_flag=True,
    envvar="THROUGHLINE_SEND_PROMPTS",
    show_envvar=True,
    help="Let the prompts inside the tools travel to clients that watch. They stay here otherwise.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    envvar="THROUGHLINE_LOG_LEVEL",
    show_envvar=True,
    help="How much to say on stderr.",
)
@click.option(
    "--quirk",
    multiple=True,
    envvar="THROUGHLINE_QUIRKS",
    show_envvar=True,
    metavar="NAME[,NAME]",
    help="Misbehave on purpose, to see who notices. (The scripted model has quirks of its own, in its name.)"
    f"\n\n\b\n{listed()}\n\n",
)
@click.version_option(__version__, prog_name="throughline-server")
@click.pass_context
def cli(context: click.Context, /, **options: Any) -> None:
    """Serve throughline's tools over MCP, on standard input and output or over HTTP.

    An MCP host starts this command and talks to it; by hand it only waits. The tools call a language model
    and stream while they do: every host shows their progress, and a client with throughline's bridge sees
    each token.

    \b
    See it work:        throughline compare
    Claude Desktop:     throughline-server install -e OPENAI_API_KEY
    Any other host:     throughline-server install --print
    Over HTTP:          throughline-server --transport http --port 8000
    By hand:            npx @modelcontextprotocol/inspector throughline-server
    """
    if context.invoked_subcommand is None:
        sys.exit(serve(read_config(os.environ, **options)))


@cli.command()
@click.option("--name", default="throughline", show_default=True, help="The name that the host will show.")
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The host's configuration file.  [default: Claude Desktop's]",
)
@click.option(
    "-e",
    "--env",
    "variables",
    multiple=True,
    metavar="KEY[=VALUE]",
    help="Hand this variable to the server; without a value, it is taken from here. "
    "Hosts pass on next to nothing else.",
)
@click.option("--model", help="The --model that the host should start the server with.")
@click.option("--dry-run", is_flag=True, help="Show what would be written and write nothing.")
@click.option("--print", "show", is_flag=True, help="Print the mcpServers JSON, for a host of another kind.")
def install(
    *, name: str, path: Path | None, variables: tuple[str, ...], model: str | None, dry_run: bool, show: bool
) -> None:
    """Add this server to Claude Desktop, or print what any other host needs.

    Running it again changes nothing, and a file that is changed is kept as a backup beside it.
    """
    from mcp_server.install import entry, host_file, masked, rendered, write

    server = entry(os.environ, variables=variables, model=known_model(model) if model else None)
    target = path or host_file(os.environ, platform=sys.platform)
    if show:
        click.echo(rendered(name, server))
    elif dry_run:
        click.echo(f"Would write to {target}:\n{rendered(name, masked(server))}")
    else:
        click.echo(write(target, name=name, server=server))


def serve(config: ServerConfig) -> int:
    """Serve until the client leaves or a signal comes, and return the exit code."""
    import anyio

    from mcp_server.app import run

    _greet_a_person(config)
    try:
        return anyio.run(run, config, lambda url: click.echo(f"Serving MCP at {url}", err=True))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        raise AddressTaken(host=config.host, port=config.port, reason=error.strerror or "") from None


def _greet_a_person(config: ServerConfig) -> None:
    if config.transport == "stdio" and sys.stdin is not None and sys.stdin.isatty():
        click.echo(
            "This is an MCP server on stdio and waits for a host to speak to it; "
            "see --help for how to add it to one, press Ctrl-D to leave.",
            err=True,
        )


def main() -> None:
    """Run the command; an error is one sentence on stderr and an exit code."""
    try:
        cli()
    except ThroughlineError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
