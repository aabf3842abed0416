"""The command `compare`: its options and what they teach.

The environment is handed in as the context's object. Knows click; what is done with the options stands in
`command.py`, which takes time to import and is imported when it is needed.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from throughline.errors import EXIT_INTERRUPTED, ThroughlineError

if TYPE_CHECKING:
    from client_demo.commands.comparison import Request

DOTENV = Path(".env")
FILE = click.Path(path_type=Path, dir_okay=False)


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


@click.command()
@click.argument("prompt", required=False)
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
    "--server",
    metavar="SERVER",
    help="Take the tools of this MCP server in place of throughline's own: a command line, a URL (streamable "
    "HTTP), or a JSON file with `mcpServers` (FILE#NAME picks one of several). A command line that starts "
    "with python is run by throughline's own Python; write the path of another.",
)
@click.option(
    "--transport",
    type=click.Choice(["stdio", "http"]),
    default="stdio",
    show_default=True,
    help="How throughline's own server is reached.",
)
@click.option(
    "--tool",
    metavar="NAME",
    help="Which tool the agent has: of throughline's own list_items, ask, tell_joke, summarize. Its first "
    "call is forced.  [default: list_items; of another server one that does no harm; all for --agent]",
)
@click.option(
    "--args",
    metavar="JSON",
    help="Call the tool with these arguments, as a graph would, without any agent.",
)
@click.option(
    "--agent",
    metavar="MODULE:NAME",
    help="Run this LangGraph graph, or what this factory of `model` and `tools` makes: "
    "my_package.agent:make, path/to/agent.py:graph.",
)
@click.option(
    "--input", "given", metavar="JSON", help="What the agent is given, where it takes no `messages`."
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
    help="Seconds that a run may take, and that --server may take to start (30 at most).",
)
@click.option(
    "--minimal",
    is_flag=True,
    help="Compare once more on the simplest prompt and tool, to tell a complex input from a real difference.",
)
@click.option(
    "--probe",
    type=Names(),
    default=(),
    metavar="NAME,NAME,...",
    help="Make runs on purpose that no comparison meets by itself, and look for causes in them as well: "
    "cancel, slow reader, ping, parallel, callback, or all.",
)
@click.option(
    "--quirk",
    type=Names(),
    default=(),
    metavar="NAME,NAME,...",
    help="Have throughline's own tools and server misbehave on purpose, to see which causes are found; "
    "see: throughline-server --help",
)
@click.option(
    "--record",
    type=FILE,
    help="Write every event, MCP message and provider request to this file, as JSON lines; compressed where "
    "it is named .gz.",
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
@click.option("--svg", type=FILE, help="Draw the result into this file, as the terminal shows it.")
@click.option("--html", type=FILE, help="Write one page with everything: verdict, findings and a timeline.")
@click.option("--md", type=FILE, help="Write it in Markdown, for the comment of a pull request.")
@click.option("--junit", type=FILE, help="Write it as JUnit XML, for what shows tests in CI.")
@click.option(
    "--fail-on",
    metavar="WHAT,WHAT,...",
    help="End with 1 on any of these, and else with 0: loss (tokens missing, late, dark or out of order), "
    "difference (a run is not what local is, or outcomes follow the path, the order of calls or a cache), "
    "error, overhead=10% (what bridged takes over local), or none. A finding of harm is always a loss or a "
    "difference; chance at the provider never is.",
)
@click.pass_obj
def compare(env: MutableMapping[str, str] | None, /, **options: Any) -> None:
    """Run one agent with its tool in several places, call it by every path, and say what each one saw.

    Placements: local (in this process), adapters (plain langchain-mcp-adapters, a session for each call),
    held (plain adapters on one session, progress written to the stream) and bridged (throughline). What does
    not apply is shown as such, with the reason: the tools of a server of yours cannot run in this process,
    and a compiled graph holds its own.

    Below the verdict stand the causes of what differs, each with what proves it and what to do. Repeated runs
    go there and back (A B B A), after a run of each placement that only warms up.

    A server of yours is told of the model by OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL, and so is your
    agent: what they ask there is seen. Mind that its tool is called once for each run.

    Exit codes: 0 bridged equals local (without local: equal calls had equal results; of a compiled graph: no
    outcome follows the path) and no harm was found there, 1 not so, 2 usage, 3 a key was refused,
    4 unreachable, 5 a run or an agent failed, 130 interrupted. With --fail-on, 1 is for what it names, and 0
    for all else that a comparison may come to.

    \b
    Examples:
      throughline compare
      throughline compare "Tell me a joke about the sea" --tool tell_joke --minimal
      throughline compare --paths astream:messages,events:v2 --placements local,bridged --repeat 5
      throughline compare --model scripted --json result.json --record runs.jsonl --html page.html
      throughline compare --placements local,bridged --fail-on loss,difference,error --junit junit.xml
      OPENAI_API_KEY=... OPENAI_MODEL=gpt-4.1-mini throughline compare --paths astream:messages

    \b
    One tool of any server, without an agent:
      throughline compare --server "npx -y @modelcontextprotocol/server-everything" \\
          --tool echo --args '{"message": "hello"}'
      throughline compare --server http://127.0.0.1:8000/mcp --tool search --args '{"query": "tea"}'
      throughline compare --server claude_desktop_config.json#weather "Will it rain in Oslo?"

    \b
    Your own agent, as it is, and with its tools placed:
      throughline compare --agent my_package.agent:graph "What is on my list?"
      throughline compare --agent my_agent.py:make --server "python my_server.py" "What is on my list?"
      throughline compare --agent pipeline.py:graph --input '{"text": "no messages in this one"}'
    """
    import anyio

    from client_demo.commands.comparison import Request
    from client_demo.experiment.strangers import staying
    from client_demo.report.write import Files

    live = {} if env is None else env
    files = Files(options.pop("json_to"), *(options.pop(name) for name in ("svg", "html", "md", "junit")))
    request = Request(**options, files=files, env=dict(live), live_env=live, dotenv=DOTENV)
    with staying():
        code = anyio.run(partial(_compared, request))
    sys.exit(code)


async def _compared(request: Request) -> int:
    """The comparison; after an agent of a stranger's, the process ends, whatever that left running."""
    from client_demo.commands.comparison import run_comparison
    from client_demo.experiment.strangers import end_soon

    code, last_words = EXIT_INTERRUPTED, "Interrupted."
    try:
        code = await run_comparison(request)
        last_words = ""
    except ThroughlineError as error:
        code, last_words = error.exit_code, f"Error: {error}"
        raise
    finally:
        if request.agent is not None:
            end_soon(code, last_words=last_words)
    return code
