"""Recordings read back: the lines as they are, and as the evidence that causes are read from.

Knows the format of a recording (`record.py`) and its schema's name; refuses to know who wrote it. A line at a
time, so that a long recording takes no more memory than what it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from langchain_core.messages import ToolMessage
from pydantic import TypeAdapter

from client_demo.errors import LineBroken, RecordingNewer, RecordingUnreadable
from client_demo.evidence.data import Evidence, Message, Request, RunEvidence, Sight
from client_demo.evidence.witness import results
from client_demo.evidence.words import words_of
from client_demo.experiment.runs import Cell, ProviderCall, Run, Status, ToolCall, ToolTokens
from client_demo.text.gzipped import lines_of
from client_demo.transparency.law import Event

FAMILY = "throughline.recording/"
VERSION = 1
SCHEMA = f"{FAMILY}{VERSION}"
BROKEN = (KeyError, TypeError, ValueError, AttributeError)
"""What comes of a line that is JSON and does not say what its kind has to."""
TIMES = frozenset({"t", "started_s", "first_byte_s", "ended_s", "seconds", "first_event_s"})
AGES_S = 1e9
"""Seconds that no run takes."""
Line = Mapping[str, Any]


def read_recording(path: Path) -> Iterator[dict[str, Any]]:
    """Read a recording's lines, without a last one that was cut off; `-` is standard input.

    Raises: RecordingUnreadable.
    """
    try:
        lines = lines_of(path)
        yield _header(path, next(lines, b""))
        yield from _lines(path, lines)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise RecordingUnreadable(path=str(path), reason=(reason or str(error)).lower()) from error


def _header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = _object(line)
    except ValueError as error:
        cut = line.startswith(b'{"schema": "' + FAMILY.encode()) and not line.endswith(b"\n")
        reason = "it ends within its first line" if cut else "it is not a recording"
        raise RecordingUnreadable(path=str(path), reason=reason if line else "it is empty") from error
    schema = header.get("schema")
    version = schema.removeprefix(FAMILY) if isinstance(schema, str) and schema.startswith(FAMILY) else ""
    if version.isdecimal() and int(version) > VERSION:
        raise RecordingNewer(path=str(path), version=int(version))
    if schema != SCHEMA:
        raise RecordingUnreadable(path=str(path), reason=f"it is not a {SCHEMA}")
    return header


def _lines(path: Path, lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=2):
        if not line.strip() and not any(map(bytes.strip, lines)):
            return  # nothing but blank lines is left
        try:
            yield _object(line)
        except ValueError as error:
            if line.endswith(b"\n"):
                raise RecordingUnreadable(path=str(path), reason=f"line {number} is broken") from error


def _object(line: bytes) -> dict[str, Any]:
    """A line's JSON object. Raises ValueError; deep nesting is refused as well, and no error of JSON's."""
    try:
        value = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


@dataclass(slots=True)
class Pages:
    """What the lines of one run say, by their kind; `ended` is the run, but for its events."""

    begin: Line = field(default_factory=dict)
    end: Line = field(default_factory=dict)
    ended: Run | None = None
    state: tuple[dict[str, Any], ...] = ()
    log: tuple[str, ...] = ()
    sights: list[Sight] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """The pages of every run, and what the taps add, where a line says so."""

    runs: dict[int, Pages] = field(default_factory=dict)
    latency: Line | None = None


def read_evidence(source: Path | Iterable[Line]) -> Evidence:
    """Read the evidence of a recording, or of its lines: the runs that came to their end, none of warm-up.

    Raises: RecordingUnreadable, LineBroken.
    """
    lines = iter(read_recording(source) if isinstance(source, Path) else source)
    header = next(lines)
    return evidence_of(header, read_book(lines))


def read_book(lines: Iterable[Line]) -> Book:
    """Sort the lines that follow a header by the runs that they are about. Raises: LineBroken."""
    book = Book()
    for number, line in enumerate(lines, start=2):
        try:
            if line["line"] == "latency":
                book.latency = _COSTS.validate_python({n: value for n, value in line.items() if n != "line"})
            elif "run" in line:
                _take(book.runs.setdefault(int(line["run"]), Pages()), line)
        except BROKEN as error:
            raise LineBroken(number=number) from error
    return book


def evidence_of(header: Line, book: Book) -> Evidence:
    """The evidence that a recording's header and its pages are."""
    warming = {n: one for n, one in book.runs.items() if one.begin.get("warmup")}
    kept = sorted((n, one) for n, one in book.runs.items() if n not in warming)
    told = tuple(_evidence(number, pages, pages.ended) for number, pages in kept if pages.ended)
    asked = frozenset(one.who for pages in warming.values() for one in pages.requests)
    return Evidence(header["prompt"], header["tool"], header["model"], told, asked)


def _take(pages: Pages, line: Line) -> None:
    for name in TIMES & line.keys():
        _hold(line[name])
    match line["line"]:
        case "begin":
            pages.begin = line
        case "end":
            pages.end = line
            pages.ended = _run(line, _word(pages.begin.get("probe") or ""))
            pages.state = _STATE.validate_python(line.get("state", ()))
            pages.log = _LOG.validate_python(line.get("log", ()))
        case "seen":
            pages.sights.append(_sight(line))
        case "mcp":
            pages.messages.append(_MESSAGE.validate_python(line))
        case "request":
            known = {"answer": {}, **line}  # a recording of an older throughline has none
            pages.requests.append(_REQUEST.validate_python(known))


def _sight(line: Line) -> Sight:
    what, where, name, body = line.get("event") or (line["mode"], (), "", None)
    call_id = line.get("tool_call_id")
    return Sight(
        t=float(line["t"]),
        lane=_word(line["lane"]),
        mode=_word(line["mode"]),
        event=Event(_word(what), tuple(map(_word, where)), _word(name), _frozen(body)),
        who=line.get("who") or "",
        text=_word(line.get("text") or ""),
        tool_call_id=None if call_id is None else _word(call_id),
    )


def _hold(seconds: float | None) -> None:
    """Raise ValueError on a time that is none."""
    if seconds is not None and not -AGES_S < seconds < AGES_S:
        raise ValueError(f"{seconds} s")


def _word(value: Any) -> str:
    """A text. Raises TypeError on anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value


def _frozen(value: Any) -> Any:
    """The tuples that JSON has made lists of."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _evidence(number: int, pages: Pages, run: Run) -> RunEvidence:
    told = results(pages.state)
    return RunEvidence(
        number=number,
        run=replace(
            run,
            events=tuple(one.event for one in pages.sights),
            conversation=tuple(ToolMessage(one.text, tool_call_id=one.call_id) for one in told),
            words=words_of(run, pages.sights, pages.requests),
        ),
        sights=tuple(pages.sights),
        requests=tuple(pages.requests),
        messages=tuple(pages.messages),
        results=told,
        state=pages.state,
        log=pages.log,
        probe=pages.begin.get("probe") or "",
        notes={**({"transport": "stdio"} if pages.messages else {}), **run.notes},
    )


@dataclass(frozen=True, slots=True)
class _Ended:
    """What the last line of a run tells; what is said of the events stands in other lines."""

    cell: Cell
    status: Status
    error: str | None
    seconds: float
    first_event_s: float | None
    first_tool_token_s: float | None
    first_answer_token_s: float | None
    tool_tokens: ToolTokens
    provider: tuple[ProviderCall, ...]
    tool_calls: tuple[ToolCall, ...]
    answer: str | None
    dropped: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)


def _run(end: Line, probe: str) -> Run:
    """A run as its last line tells it."""
    ended = _ENDED.validate_python({**end, "cell": {**end, "probe": probe}})
    return Run(**{name: getattr(ended, name) for name in _Ended.__dataclass_fields__})


_ENDED = TypeAdapter(_Ended)
_MESSAGE = TypeAdapter(Message)
_REQUEST = TypeAdapter(Request)
_STATE = TypeAdapter(tuple[dict[str, Any], ...])
_COSTS = TypeAdapter(dict[str, float | None])
_LOG = TypeAdapter(tuple[str, ...])
