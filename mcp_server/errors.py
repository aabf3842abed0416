"""The errors of the server, each a sentence with its remedy.

ThroughlineError
└── ServerError
    ├── NothingConfigured    the configured model was asked for and none is configured
    ├── UnknownTool          a call names a tool that is not here
    ├── UnknownQuirk         a quirk is asked for that there is not
    ├── QuirkNeedsHttp       a quirk of HTTP is asked for on another transport
    ├── BadArguments         a call's arguments do not fit its tool
    ├── VariableMissing      a variable is to be handed on and has no value
    ├── AddressTaken         the address to serve HTTP on cannot be had
    └── InstallError         the host's configuration cannot be read or written

Knows sentences and exit codes; knows neither MCP nor LangChain.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from throughline.errors import EXIT_USAGE, ThroughlineError


class ServerError(ThroughlineError):
    """Something the server was asked to do cannot be done as asked."""

    exit_code = EXIT_USAGE


class NothingConfigured(ServerError):
    """The configured model was asked for, and none is configured."""

    def __init__(self) -> None:
        super().__init__(
            "No model is configured",
            remedy="set OPENAI_API_KEY (and OPENAI_BASE_URL for another provider), or use --model auto.",
        )


class UnknownTool(ServerError):
    """A call names a tool that this server does not have."""

    def __init__(self, *, tool: str, known: Sequence[str]) -> None:
        self.tool = tool
        close = get_close_matches(tool, known, n=1, cutoff=0.5)
        every = f"this server has {', '.join(known)}"
        remedy = f"did you mean {close[0]!r} ({every})?" if close else f"{every}."
        super().__init__(f"There is no tool {tool!r}", remedy=remedy)


class UnknownQuirk(ServerError):
    """A quirk is asked for that there is not."""

    def __init__(self, *, quirk: str, known: Sequence[str]) -> None:
        self.quirk = quirk
        close = get_close_matches(quirk, known, n=1, cutoff=0.5)
        remedy = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}."
        super().__init__(f"There is no quirk {quirk!r}", remedy=remedy)


class QuirkNeedsHttp(ServerError):
    """A quirk of HTTP is asked for on another transport."""

    def __init__(self, *, quirk: str) -> None:
        self.quirk = quirk
        super().__init__(f"The quirk {quirk!r} is one of HTTP", remedy="add --transport http.")


class BadArguments(ServerError):
    """A call's arguments do not fit its tool."""

    def __init__(self, *, tool: str, problems: Sequence[str], known: Sequence[str]) -> None:
        self.tool = tool
        self.problems = tuple(problems)
        super().__init__(
            f"In the call of {tool}, {' and '.join(problems)}",
            remedy=f"it takes {', '.join(known)}.",
        )


class VariableMissing(ServerError):
    """A variable is to be handed to the server, and nothing says with which value."""

    def __init__(self, *, given: str) -> None:
        self.given = given
        super().__init__(
            f"There is no value for {given!r}", remedy="write -e KEY=VALUE, or set KEY here first."
        )


class AddressTaken(ServerError):
    """The address to serve HTTP on cannot be had."""

    def __init__(self, *, host: str, port: int, reason: str) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"Nothing can listen on {host}:{port} ({reason})",
            remedy="choose another --port, or 0 for a free one.",
        )


class InstallError(ServerError):
    """The host's configuration cannot be read or written; it was left as it was."""

    def __init__(self, *, path: Path, reason: str, remedy: str) -> None:
        self.path = path
        super().__init__(f"{path} was left as it is, because {reason}", remedy=remedy)
