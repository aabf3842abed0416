"""An MCP server from one string: a command line, a URL, or a JSON file that names servers.

    npx -y my-server --verbose           a command line, started as it stands, without a shell
    python -m my_server                  the same, by the Python that throughline runs on
    https://example.com/mcp              a streamable HTTP endpoint
    claude_desktop_config.json           a file with `mcpServers`, or langchain-mcp-adapters' own form
    claude_desktop_config.json#weather   the same, where the file names several

Knows which form it is; how an entry of a file is read stands in `files.py`.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from client_demo.servers.files import read_entry
from client_demo.servers.target import Target, TargetInvalid, checked_url

SUFFIX = ".json"
PYTHON = ("python", "python3")
"""Whichever is first on the PATH is seldom the one for which a server's packages are installed."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def read_target(given: str, *, env: Mapping[str, str]) -> Target:
    """Read a server's name; `env` is what `${VAR}` in a file stands for. Raises: UsageError."""
    given = given.strip()
    if _SCHEME.match(given):
        return Target("remote", url=checked_url(given))
    path, _, name = given.partition("#") if not Path(given).is_file() else (given, "", "")
    if path.lower().endswith(SUFFIX) and (Path(path).is_file() or len(_words(path)) == 1):
        return read_entry(Path(path).expanduser(), name, env=env)
    words = _words(given)
    if not words or not words[0]:
        raise TargetInvalid(given=given, reason="it is empty", remedy="give a command, a URL or a JSON file.")
    name = Path(words[0]).stem or words[0]
    return Target(name, command=(sys.executable, *words[1:]) if words[0] in PYTHON else words)


def _words(given: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(given))
    except ValueError as error:
        raise TargetInvalid(
            given=given, reason=str(error).lower().rstrip("."), remedy="close its quotes."
        ) from error
