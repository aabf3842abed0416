"""Recordings: the evidence of a comparison, a JSON object a line, as it comes.

Each line leaves the process when it is written, so that a crash keeps what came before it. Keys never reach
the file, which is compressed where its name ends in `.gz`. Knows the format; refuses to know what is made of
it. `reread.py` reads it back.

    {"schema": "throughline.recording/1", ...}                          the header, always the first line
    {"line": "latency", "round_trip_s": ..., "chunk_s": ..., ...}       what the taps add, where there is one
    {"line": "begin", "run": 1, "placement": ..., "path": ..., "repeat": 1, "warmup": false, "probe": ""}
    {"line": "seen", "run": 1, "t": 0.0123, "lane": ..., "mode": ..., "value": ..., "event": [...], ...}
    {"line": "mcp", "run": 1, "t": 0.0101, "direction": "to server", "body": {...}}
    {"line": "request", "run": 1, "number": ..., "who": ..., "body": ..., "answer": ..., "chunk_s": ..., ...}
    {"line": "end", "run": 1, ...the run as in the JSON, "state": [...], "log": [...], "notes": {...}, ...}

Runs that warm up are numbered from 0 down. Times are seconds from the start of the run. In `seen`, `value` is
what was handed out, and `event`, `who`, `text` and `tool_call_id` are what the law and the tokens make of it.
`mcp` lines may come after their run's `end`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from client_demo.errors import FileUnwritable
from client_demo.evidence.data import Message, Request, RunEvidence, Sight
from client_demo.evidence.reread import SCHEMA, read_evidence, read_recording
from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Cell
from client_demo.paths import Seen
from client_demo.report.header import header_of, line_of
from client_demo.report.json import row
from client_demo.taps.latency import Latency
from client_demo.text.gzipped import open_to_write
from client_demo.text.jsonable import jsonable
from client_demo.text.redaction import REDACTED, Redactor, redacted
from client_demo.text.told_secrets import in_arguments, in_prompt, in_url
from throughline import __version__
from throughline.model.settings import ModelSettings

__all__ = [
    "REDACTED",
    "SCHEMA",
    "LateRecorder",
    "Recorder",
    "jsonable",
    "read_evidence",
    "read_recording",
    "recording",
    "redacted",
]


class Recorder:
    """Writes one comparison's recording; a `collect.Listener`."""

    def __init__(self, file: TextIO, plan: Plan, model: ModelSettings) -> None:
        self._file = file
        self._failed: OSError | None = None
        self._redactor = Redactor(_secrets(plan, model))
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._write(line_of(header_of(plan, model, schema=SCHEMA, throughline=__version__, at=at)))

    def check(self) -> None:
        """Say that lines could not be written. Raises: FileUnwritable."""
        if (error := self._failed) is not None:
            path = str(getattr(self._file, "name", ""))
            raise FileUnwritable(option="--record", path=path, reason=error.strerror or str(error)) from error

    def costs(self, latency: Latency) -> None:
        """Say what the tap adds."""
        self._write({"line": "latency", **asdict(latency)})

    def opened(self, number: int, cell: Cell) -> None:
        """Open a run. Raises: FileUnwritable, where the disk is full by now."""
        self.check()
        self._write({"line": "begin", "run": number, **asdict(cell), "warmup": cell.warms_up})

    def sighted(self, number: int, seen: Seen, sight: Sight) -> None:
        """Write one event, as it came, and what it says."""
        told = {"t": sight.t, "lane": sight.lane, "mode": sight.mode, "value": jsonable(seen.raw)}
        said = {
            "event": sight.event,
            "who": sight.who,
            "text": sight.text,
            "tool_call_id": sight.tool_call_id,
        }
        self._write({"line": "seen", "run": number, **told, **said})

    def asked(self, number: int, one: Request) -> None:
        """Write a request to the provider, and its answer."""
        self._write({"line": "request", "run": number, **asdict(one)})

    def passed(self, number: int, message: Message) -> None:
        """Write one MCP message."""
        self._write({"line": "mcp", "run": number, **asdict(message)})

    def closed(self, evidence: RunEvidence) -> None:
        """Close a run."""
        told = {"dropped": evidence.run.dropped, "state": evidence.state, "log": evidence.log}
        told |= {"notes": dict(evidence.notes)}
        self._write({"line": "end", "run": evidence.number, **row(evidence.run), **told})

    def _write(self, line: dict[str, Any]) -> None:
        if self._failed is not None:
            return
        text = json.dumps(self._redactor.value(line), ensure_ascii=False)
        try:
            self._file.write(text.encode("utf-8", "replace").decode() + "\n")
            self._file.flush()
        except OSError as error:  # no fault of the run in the midst of which it strikes
            self._failed = error


def _secrets(plan: Plan, model: ModelSettings) -> Iterator[str]:
    """What the user told us that nobody else may know; the tap before a server has its secrets as well."""
    yield from (model.api_key, model.upstream_key)
    for url in (model.base_url, plan.address or ""):
        yield from in_url(url)
    if plan.server is not None:
        yield from plan.server.secrets
    yield from in_arguments(plan.args)
    yield from in_arguments(plan.given)
    yield from in_prompt(plan.prompt)


class LateRecorder(Recorder):
    """Writes the events of a run when it is over, so that writing takes no time from it."""

    def __init__(self, file: TextIO, plan: Plan, model: ModelSettings) -> None:
        super().__init__(file, plan, model)
        self._held: list[tuple[int, Seen, Sight]] = []

    def sighted(self, number: int, seen: Seen, sight: Sight) -> None:
        """Keep one event."""
        self._held.append((number, seen, sight))

    def asked(self, number: int, one: Request) -> None:
        """Write what was kept, and a request."""
        self._let_go()
        super().asked(number, one)

    def closed(self, evidence: RunEvidence) -> None:
        """Write what was kept, and close the run."""
        self._let_go()
        super().closed(evidence)

    def _let_go(self) -> None:
        for one in self._held:
            super().sighted(*one)
        self._held.clear()


@contextmanager
def recording(
    path: Path, plan: Plan, model: ModelSettings, *, kind: type[Recorder] = Recorder
) -> Iterator[Recorder]:
    """Open a recording for the length of the context. Raises: FileUnwritable, as early as it can."""
    try:
        file = open_to_write(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileUnwritable(option="--record", path=str(path), reason=reason) from error
    recorder = kind(file, plan, model)
    try:
        recorder.check()
        yield recorder
        recorder.check()
    finally:
        with suppress(OSError):  # what could not be written then cannot be written now
            file.close()
