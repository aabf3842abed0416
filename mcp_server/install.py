"""Adds the server to a host's configuration: Claude Desktop's, or any file of the same shape.

Knows where Claude Desktop keeps its file and how to change it without harm: nothing that is not ours is
touched, the old file stays as a backup, the new one is there whole or not at all. Hosts start servers with
next to no environment and in no particular directory, so the entry has absolute paths and its own variables.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mcp_server.errors import InstallError, VariableMissing

FILE_NAME = "claude_desktop_config.json"
SERVERS = "mcpServers"

Entry = dict[str, Any]


def entry(env: Mapping[str, str], *, variables: Sequence[str] = (), model: str | None = None) -> Entry:
    """Return what a host needs to start this very installation."""
    args = ["-m", "mcp_server", *(["--model", model] if model else [])]
    made: Entry = {"command": str(Path(sys.executable).absolute()), "args": args}
    handed = {**_import_path(), **dict(_variable(env, given) for given in variables)}
    return {**made, "env": handed} if handed else made


def rendered(name: str, server: Entry) -> str:
    """Return the JSON of one server as every host of this shape reads it."""
    return json.dumps({SERVERS: {name: server}}, indent=2, ensure_ascii=False)


def masked(server: Entry) -> Entry:
    """Return the entry with its variables' values hidden, fit to be shown."""
    hidden = dict.fromkeys(server.get("env", {}), "...")
    return {**server, "env": hidden} if hidden else server


def host_file(env: Mapping[str, str], *, platform: str) -> Path:
    """Return where Claude Desktop keeps its configuration on this platform (a `sys.platform`)."""
    home = Path(env.get("HOME") or env.get("USERPROFILE") or Path.home())
    match platform:
        case "darwin":
            folder = home / "Library" / "Application Support"
        case "win32":
            folder = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
        case _:
            folder = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "Claude" / FILE_NAME


def write(path: Path, *, name: str, server: Entry) -> str:
    """Put the server into the file, and return a sentence that says what was done.

    Raises InstallError where the file is not one of a host, and leaves it as it was.
    """
    path = path.resolve()
    try:
        before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        config = _parsed(path, before)
        if config[SERVERS].get(name) == server:
            return f"{name} is in {path} already; nothing was changed."
        config[SERVERS][name] = server
        backup = _backed_up(path) if before else None
        _replace(path, json.dumps(config, indent=2, ensure_ascii=False) + "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InstallError(
            path=path, reason=f"of {error}", remedy="check who may read and write it."
        ) from error
    kept = f" (the file as it was is kept as {backup.name})" if backup else ""
    return f"Added {name} to {path}{kept}. Restart the host to see it."


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        config = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        reason = f"it is not JSON (line {error.lineno}, column {error.colno})"
        raise InstallError(path=path, reason=reason, remedy="mend it there, or move it away.") from None
    if not isinstance(config, dict) or not isinstance(config.setdefault(SERVERS, {}), dict):
        raise InstallError(
            path=path, reason=f"its {SERVERS} is not an object", remedy="name the host's file with --config."
        )
    return config


def _backed_up(path: Path) -> Path:
    numbers = ("", *(f".{number}" for number in range(1, 1_000_000)))
    backup = next(free for end in numbers if not (free := path.with_name(f"{path.name}.bak{end}")).exists())
    backup.write_bytes(path.read_bytes())
    backup.chmod(path.stat().st_mode & 0o777)
    return backup


def _replace(path: Path, text: str) -> None:
    """Write the whole file or nothing of it; a new one is its owner's alone, for it may hold keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(mode)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _variable(env: Mapping[str, str], given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not name or (not equals and name not in env):
        raise VariableMissing(given=given)
    return name, value if equals else env[name]


def _import_path() -> dict[str, str]:
    """Let a checkout that was never installed be found from any directory."""
    try:
        version("throughline")
    except PackageNotFoundError:
        return {"PYTHONPATH": str(Path(__file__).absolute().parents[1])}
    return {}
