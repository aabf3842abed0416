"""An MCP server to start or to reach, as data. Starts and reaches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from mcp import StdioServerParameters

from client_demo.errors import UsageError
from client_demo.text.redaction import Redactor
from client_demo.text.told_secrets import in_command, in_settings, in_url, split, unique
from throughline.client.connection import HttpServer, Server
from throughline.client.http import LIMITS
from throughline.urls import is_loopback

if TYPE_CHECKING:
    from langchain_mcp_adapters.sessions import Connection, StreamableHttpConnection


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
        """The server as a person would name it, without its secrets, however short they are."""
        told = " ".join([Path(self.command[0]).name, *self.command[1:]]) if self.command else self.url
        if self.url:
            parts = urlsplit(self.url)
            told = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        return Redactor(self.secrets, shortest=1).text(told)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown or written down, in every form in which the server may tell it."""
        settings = (*in_settings(self.env), *in_settings(self.headers))
        return unique((*in_command(self.command), *in_url(self.url), *settings))

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
    """A command line, or another text, without the secrets in it, however short they are."""
    return Redactor(in_command(split(text)), shortest=1).text(text)
