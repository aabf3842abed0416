"""Recordings: what every run saw and what the provider was asked, a JSON object a line, as it happens.

Each line leaves the process when it is written, so that a crash keeps what came before it. Keys never reach
the file. Knows the format; refuses to know what is made of it.

    {"schema": "throughline.recording/1", ...}                          the header, always the first line
    {"line": "begin", "run": 1, "placement": ..., "path": ..., "repeat": 1}
    {"line": "seen", "run": 1, "t": 0.0123, "lane": ..., "mode": ..., "value": ...}
    {"line": "request", "run": 1, "number": ..., "who": ..., "streamed": ..., "body": ..., "text": ..., ...}
    {"line": "end", "run": 1, ...the run as in the comparison's JSON}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel

from client_demo.compare import Plan
from client_demo.errors import FileUnwritable
from client_demo.paths import Seen
from client_demo.report.json import row
from client_demo.runs import Cell, Run, Tap
from throughline import __version__
from throughline.model.records import RequestRecord
from throughline.model.settings import ModelSettings

SCHEMA = "throughline.recording/1"
REDACTED = "[redacted]"
_KEYS = re.compile(r"\b(sk|pk|rk|tl)-[A-Za-z0-9_-]{8,}|(?<=Bearer )[^\s\"\\]+")
_SECRET_FIELDS = frozenset({"api_key", "authorization", "x-api-key", "password", "secret"})


class Recorder:
    """Writes one comparison's recording; a `trial.Watcher`."""

    def __init__(self, file: TextIO, plan: Plan, model: ModelSettings) -> None:
        self._file = file
        self._key = model.api_key
        self._run = 0
        self._started = 0.0
        self._write(
            {
                "schema": SCHEMA,
                "throughline": __version__,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "prompt": plan.prompt,
                "tool": plan.tool,
                "model": {"kind": model.kind, "name": model.model},
            }
        )

    def begins(self, cell: Cell, tap: Tap) -> None:
        """Open a run."""
        self._run += 1
        self._started = tap.started
        self._write({"line": "begin", "run": self._run, **asdict(cell)})

    def saw(self, cell: Cell, seen: Seen) -> None:
        """Write one event, as it came."""
        t = round(seen.t - self._started, 6)
        told = {"lane": seen.lane, "mode": seen.mode, "value": jsonable(seen.raw)}
        self._write({"line": "seen", "run": self._run, "t": t, **told})

    def ended(self, run: Run, requests: Sequence[RequestRecord]) -> None:
        """Close a run, with what the provider was asked during it."""
        for one in requests:
            times = {
                name: None if (t := getattr(one, name)) is None else round(t - self._started, 6)
                for name in ("started_s", "first_byte_s", "ended_s")
            }
            self._write({"line": "request", "run": self._run, **asdict(one), **times})
        self._write({"line": "end", "run": self._run, **row(run)})

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(redacted(line), ensure_ascii=False, default=str)
        if self._key:
            text = text.replace(self._key, REDACTED)
        self._file.write(_KEYS.sub(REDACTED, text).encode("utf-8", "replace").decode() + "\n")
        self._file.flush()


@contextmanager
def recording(path: Path, plan: Plan, model: ModelSettings) -> Iterator[Recorder]:
    """Open a recording for the length of the context; raises `FileUnwritable` before anything runs."""
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileUnwritable(option="--record", path=str(path), reason=reason) from error
    with file:
        yield Recorder(file, plan, model)


def read_recording(path: Path) -> Iterator[dict[str, Any]]:
    """Read a recording's lines, without a last one that was cut off. Raises ValueError on another schema."""
    with path.open(encoding="utf-8") as file:
        header = json.loads(file.readline() or "{}")
        if header.get("schema") != SCHEMA:
            raise ValueError(f"{path} is not a {SCHEMA} but {header.get('schema')!r}")
        yield header
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def jsonable(value: Any) -> Any:
    """Turn whatever a stream hands out into JSON values, keeping every field."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case BaseModel():
            shown = {name: getattr(value, name) for name in type(value).model_fields}
            return {"_": type(value).__name__, **jsonable(shown)}
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [jsonable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        names = value.__dataclass_fields__
        return {"_": type(value).__name__, **{name: jsonable(getattr(value, name)) for name in names}}
    return repr(value)


def redacted(value: Any) -> Any:
    """Take out what stands in a field that is named for a secret."""
    if isinstance(value, Mapping):
        return {k: REDACTED if str(k).lower() in _SECRET_FIELDS else redacted(v) for k, v in value.items()}
    return [redacted(item) for item in value] if isinstance(value, list) else value
