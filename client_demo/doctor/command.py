"""The command `doctor`: which server, which tool, and where the verdicts go.

Results on stdout, what is under way on stderr. The environment is handed in as the context's object. Knows
click; knows no probe.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from client_demo.errors import FileUnwritable, UsageError
from throughline.errors import ThroughlineError

if TYPE_CHECKING:
    from client_demo.doctor.checks import Report
    from client_demo.doctor.examination import Plan

STDOUT = Path("-")
WIDTH = 110


class NobodyThere(ThroughlineError):
    """There is no server to examine, or none that speaks MCP to us."""

    def __init__(
        self, *, server: str, reason: str, seen: tuple[str, ...], remedy: str, exit_code: int
    ) -> None:
        self.server = server
        self.reason = reason
        self.seen = seen
        self.exit_code = exit_code
        told = "; ".join((reason, *seen))
        super().__init__(f"The server {server!r} cannot be examined ({told})", remedy=remedy)


@click.command()
@click.argument("server")
@click.option("--tool", help="The tool to call.  [default: one that seems harmless, and takes a while]")
@click.option("--args", "arguments", metavar="JSON", help="Its arguments, as a JSON object.  [made up]")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds that any one answer is waited for; the whole takes five times that at most.",
)
@click.option(
    "--json",
    "path",
    is_flag=False,
    flag_value="-",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="[FILE]",
    help="Write the verdicts as JSON: to FILE (.json), or to stdout where none is named (put SERVER first).",
)
@click.pass_obj
def doctor(
    env: Mapping[str, str] | None,
    *,
    server: str,
    tool: str | None,
    arguments: str | None,
    timeout: float,
    path: Path | None,
) -> None:
    """Examine one MCP server, ours or not, and say code by code whether it behaves.

    SERVER is a command line, a URL (streamable HTTP), or a JSON file with `mcpServers`, as Claude Desktop
    has it; FILE#NAME picks one of several. One tool is called about ten times, also with arguments that are
    wrong, and the server is started again where a probe ends it.

    \b
    CONNECT PROGRESS TOKENS CANCELLATION TIMEOUT PARALLEL STDOUT ERRORS SHUTDOWN TOOLS:
    each is good, warning, bad or not applicable, with what was seen and what to do.

    Exit codes: 0 nothing is bad, 1 something is, 2 usage, 3 a key is missing, 4 unreachable.

    \b
    Examples:
      throughline doctor throughline-server
      throughline doctor "npx -y @modelcontextprotocol/server-everything"
      throughline doctor http://127.0.0.1:8000/mcp --tool search --args '{"query": "tea"}'
      throughline doctor claude_desktop_config.json#weather --json report.json
    """
    from client_demo.doctor.examination import Plan
    from client_demo.doctor.report import exit_code, without
    from client_demo.servers.naming import read_target

    _check_writable(path)
    given = _object(arguments)
    if given is not None and tool is None:
        raise UsageError("--args is given without --tool", remedy="say which tool they are for.")
    target = read_target(server, env=env or {})
    report = without(_examine(Plan(target, tool, given, timeout)), target.secrets)
    _tell(report, path)
    sys.exit(exit_code(report))


def _check_writable(path: Path | None) -> None:
    if path in (None, STDOUT):
        return
    if path.suffix != ".json":
        raise FileUnwritable(option="--json", path=str(path), reason="its name does not end in .json")
    if not path.parent.is_dir():
        raise FileUnwritable(option="--json", path=str(path), reason=f"there is no directory {path.parent}")


def _object(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    remedy = """write it as '{"name": "value"}'."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--args is not JSON ({error})", remedy=remedy) from error
    if not isinstance(given, dict):
        raise UsageError("--args is not a JSON object", remedy=remedy)
    return given


def _examine(plan: Plan) -> Report:
    import anyio
    from rich.console import Console

    from client_demo.doctor.examination import examine

    logging.getLogger("throughline").addHandler(logging.NullHandler())  # what it would say is in the report
    with Console(stderr=True).status("CONNECT") as status:

        async def run() -> Report:
            return await examine(plan, tell=status.update)

        return anyio.run(run)


def _tell(report: Report, path: Path | None) -> None:
    from rich.console import Console

    from client_demo.doctor.report import document, exit_code, show

    if path is not None:
        text = json.dumps(document(report), ensure_ascii=False, indent=2) + "\n"
        if path == STDOUT:
            click.echo(text, nl=False)
        else:
            try:
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                reason = error.strerror or str(error)
                raise FileUnwritable(option="--json", path=str(path), reason=reason) from error
    if report.unreachable:
        connect = report.checks[0]
        raise NobodyThere(
            server=report.target,
            reason=connect.sentence,
            seen=connect.evidence,
            remedy=connect.remedy,
            exit_code=exit_code(report),
        )
    if path != STDOUT:
        console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
        with console.capture() as shown:
            show(console, report)
        click.echo("\n".join(line.rstrip() for line in shown.get().splitlines()))
