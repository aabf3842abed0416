"""The JSON files in which MCP hosts and langchain-mcp-adapters write down their servers.

    {"mcpServers": {"name": {"command": ..., "args": [...], "env": {...}, "cwd": ...}}}  Claude Desktop's form
    {"mcpServers": {"name": {"type": "http", "url": ..., "headers": {...}}}}
    {"name": {"transport": "stdio", "command": ...}}          the adapters' form

VS Code's `servers` is read as `mcpServers` is. `${VAR}` and `${VAR:-default}` are expanded in what belongs to
the chosen server. Knows the forms; every error names the file, the server and the field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from client_demo.errors import UnknownName, UsageError
from client_demo.servers.target import Target, TargetInvalid, checked_url

GROUPS = ("mcpServers", "servers")
STDIO = ("stdio",)
HTTP = ("http", "streamable_http", "streamable-http", "streamableHttp")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

Fields = Mapping[str, Any]


class FileUnreadable(UsageError):
    """A file of servers cannot be read, or is not one."""

    def __init__(self, *, path: Path, reason: str, remedy: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not a file of MCP servers ({reason})", remedy=remedy)


class EntryInvalid(UsageError):
    """A field of a server in a file is missing or of the wrong kind."""

    def __init__(self, *, path: Path, server: str, reason: str, remedy: str) -> None:
        self.path = path
        self.server = server
        self.reason = reason
        super().__init__(f"The server {server!r} in {path} cannot be used ({reason})", remedy=remedy)


class SeveralServers(UsageError):
    """A file names several servers, and none was chosen."""

    def __init__(self, *, path: Path, names: tuple[str, ...]) -> None:
        self.path = path
        self.names = names
        super().__init__(
            f"{path} names {len(names)} servers ({', '.join(names)})",
            remedy=f"choose one, for example {path}#{names[0]}.",
        )


class VariablesUnset(UsageError):
    """A server in a file needs variables that are not set."""

    def __init__(self, *, path: Path, server: str, names: tuple[str, ...]) -> None:
        self.path = path
        self.server = server
        self.names = names
        what = "a variable that is" if len(names) == 1 else "variables that are"
        super().__init__(
            f"The server {server!r} in {path} needs {what} not set ({', '.join(names)})",
            remedy=f"set {'it' if len(names) == 1 else 'them'}, or write ${{{names[0]}:-a default}}.",
        )


def read_entry(path: Path, name: str, *, env: Mapping[str, str]) -> Target:
    """Read one server of a file; `name` may be empty where there is only one. Raises: UsageError."""
    servers = _servers(path)
    if not name and len(servers) > 1:
        raise SeveralServers(path=path, names=tuple(servers))
    if name and name not in servers:
        raise UnknownName(kind=f"server in {path}", name=name, valid=tuple(servers))
    name = name or next(iter(servers))
    return _Entry(path, name, env).target(servers[name])


def _servers(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileUnreadable(path=path, reason=reason, remedy="name a file that is there.") from error
    except UnicodeDecodeError as error:
        raise FileUnreadable(path=path, reason="it is not UTF-8", remedy="save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise FileUnreadable(path=path, reason=f"not JSON: {error}", remedy="correct it there.") from error
    group = next(
        (document[key] for key in GROUPS if isinstance(document, dict) and key in document), document
    )
    remedy = 'write it as {"mcpServers": {"name": {"command": ...}}}.'
    if not isinstance(group, dict) or not group:
        raise FileUnreadable(path=path, reason="it names no server", remedy=remedy)
    if group is document and not any(
        isinstance(one, dict) and one.keys() & {"transport", "type", "command", "url"}
        for one in group.values()
    ):
        raise FileUnreadable(path=path, reason="it has no `mcpServers`", remedy=remedy)
    return group


class _Entry:
    """One server of a file, being read."""

    def __init__(self, path: Path, name: str, env: Mapping[str, str]) -> None:
        self._path = path
        self._name = name
        self._env = env
        self._unset: dict[str, None] = {}

    def target(self, fields: Any) -> Target:
        if not isinstance(fields, dict):
            raise self._wrong("it is not an object", 'write {"command": ...} or {"url": ...}.')
        kind = fields.get("transport", fields.get("type"))
        if kind is not None and kind not in (*STDIO, *HTTP):
            raise self._wrong(
                f"its transport is {kind!r}",
                "use stdio or streamable HTTP; other transports are not spoken here.",
            )
        by_url = kind in HTTP or (kind is None and "command" not in fields and "url" in fields)
        target = self._remote(fields) if by_url else self._process(fields)
        if self._unset:
            raise VariablesUnset(path=self._path, server=self._name, names=tuple(self._unset))
        if target.url:
            try:
                checked_url(target.url)
            except TargetInvalid as error:
                raise self._wrong(error.reason, error.remedy) from error
        return target

    def _remote(self, fields: Fields) -> Target:
        return Target(self._name, url=self._text(fields, "url"), headers=self._texts(fields, "headers"))

    def _process(self, fields: Fields) -> Target:
        args = fields.get("args") or []
        if not isinstance(args, list) or not all(isinstance(one, str) for one in args):
            raise self._wrong("`args` is not a list of strings", 'write it as ["one", "two"].')
        cwd = self._text(fields, "cwd") if fields.get("cwd") else None
        return Target(
            self._name,
            command=(self._text(fields, "command"), *map(self._expanded, args)),
            env=self._texts(fields, "env"),
            cwd=cwd,
        )

    def _text(self, fields: Fields, key: str) -> str:
        value = fields.get(key)
        if not isinstance(value, str) or not value:
            reason = f"it has no `{key}`" if value in (None, "") else f"`{key}` is not a string"
            raise self._wrong(reason, f'write it as "{key}": "...".')
        return self._expanded(value)

    def _texts(self, fields: Fields, key: str) -> dict[str, str]:
        values = fields.get(key) or {}
        if not isinstance(values, dict):
            raise self._wrong(f"`{key}` is not an object", f'write it as "{key}": {{"NAME": "value"}}.')
        if wrong := [name for name, value in values.items() if not isinstance(value, str)]:
            raise self._wrong(f"`{key}.{wrong[0]}` is not a string", "put it in quotes.")
        return {name: self._expanded(value) for name, value in values.items()}

    def _expanded(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            name, default = match.groups()
            found = self._env.get(name)
            if default is not None:
                return found or default
            if found is None:
                self._unset[name] = None
            return found or ""

        return _VARIABLE.sub(value, text)

    def _wrong(self, reason: str, remedy: str) -> EntryInvalid:
        return EntryInvalid(path=self._path, server=self._name, reason=reason, remedy=remedy)
