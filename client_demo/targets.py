"""An MCP server from one string: a command line, a URL, or a JSON file that names servers.

    python -m my_server --verbose        a command line, started as it stands, without a shell
    https://example.com/mcp              a streamable HTTP endpoint
    claude_desktop_config.json           a file with `mcpServers`, or langchain-mcp-adapters' own form
    claude_desktop_config.json#weather   the same, where the file names several

Starts and reaches nothing. Knows the forms that hosts write down; how an entry of a file is read stands in
`target_files.py`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from mcp import StdioServerParameters

from client_demo.errors import UsageError
from throughline.client.connection import HttpServer, Server
from throughline.client.http import LIMITS
from throughline.model.settings import is_loopback

if TYPE_CHECKING:
    from langchain_mcp_adapters.sessions import Connection, StreamableHttpConnection

SUFFIX = ".json"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SECRET = re.compile(
    r"\b(?:sk|pk|rk)-[\w-]{8,}|(?i:(?<=token=)|(?<=key=)|(?<=secret=)|(?<=password=))[^\s&]+"
)


class TargetInvalid(UsageError):
    """A server was named in a way that cannot be read."""

    def __init__(self, *, given: str, reason: str, remedy: str) -> None:
        self.given = given
        self.reason = reason
        super().__init__(f"{mask(given)!r} names no server ({reason})", remedy=remedy)


@dataclass(frozen=True, slots=True)
class Target:
    """One server: a `command` to start, or a `url` to speak to; the other one is empty.

    `env` is what a process is given on top of the few variables that MCP hosts pass on. Neither it nor
    `headers` is ever shown.
    """

    name: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """The server as a person would name it, without what looks like a key."""
        if not self.url:
            return mask(" ".join([Path(self.command[0]).name, *self.command[1:]]))
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()

    def with_env(self, more: Mapping[str, str]) -> Target:
        """Hand the process these variables too; what the target's own file says wins."""
        return replace(self, env={**more, **self.env})

    def server(self) -> Server:
        """The target as `open_session` takes it."""
        if self.url:
            return HttpServer(self.url, self.headers)
        command, *args = self.command
        return StdioServerParameters(
            command=command,
            args=args,
            env=dict(self.env) or None,
            cwd=self.cwd,
            encoding_error_handler="replace",
        )

    def connection(self) -> Connection:
        """The target as `MultiServerMCPClient` takes it."""
        if self.url:
            by_url: StreamableHttpConnection = {
                "transport": "streamable_http",
                "url": self.url,
                "headers": dict(self.headers),
            }
            if is_loopback(self.url):
                by_url["httpx_client_factory"] = _direct
            return by_url
        command, *args = self.command
        return {
            "transport": "stdio",
            "command": command,
            "args": args,
            "env": dict(self.env) or None,
            "cwd": self.cwd,
            "encoding_error_handler": "replace",
        }


def _direct(
    headers: dict[str, str] | None = None,
    timeout: httpx.Timeout | None = None,
    auth: httpx.Auth | None = None,
) -> httpx.AsyncClient:
    """mcp's HTTP client, but past the environment's proxies, which are for the world outside."""
    return httpx.AsyncClient(headers=headers, timeout=timeout or LIMITS, auth=auth, trust_env=False)


def read_target(given: str, *, env: Mapping[str, str]) -> Target:
    """Read a server's name; `env` is what `${VAR}` in a file stands for. Raises: UsageError."""
    given = given.strip()
    if _SCHEME.match(given):
        return Target("remote", url=checked_url(given))
    path, _, name = given.partition("#") if not Path(given).is_file() else (given, "", "")
    if path.lower().endswith(SUFFIX) and (Path(path).is_file() or len(_words(path)) == 1):
        from client_demo.target_files import read_entry

        return read_entry(Path(path).expanduser(), name, env=env)
    words = _words(given)
    if not words or not words[0]:
        raise TargetInvalid(given=given, reason="it is empty", remedy="give a command, a URL or a JSON file.")
    return Target(Path(words[0]).stem or words[0], command=words)


def checked_url(url: str) -> str:
    """Return the URL of an MCP endpoint, or raise TargetInvalid."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise TargetInvalid(given=url, reason=str(error), remedy="correct the URL.") from error
    if parts.scheme.lower() not in ("http", "https"):
        remedy = "give the URL of a streamable HTTP endpoint, http:// or https://."
        raise TargetInvalid(given=url, reason=f"{parts.scheme}:// is not spoken here", remedy=remedy)
    if not host:
        raise TargetInvalid(
            given=url, reason="the URL has no host", remedy="write it as http://127.0.0.1:8000/mcp."
        )
    return url


def mask(text: str) -> str:
    """The text with what looks like a key left out."""
    return _SECRET.sub("...", text)


def _words(given: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(given))
    except ValueError as error:
        raise TargetInvalid(
            given=given, reason=str(error).lower().rstrip("."), remedy="close its quotes."
        ) from error
