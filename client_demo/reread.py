"""Recordings read back: the lines as they are, and as the evidence that causes are read from.

Knows the format of a recording (`record.py`) and its schema's name; refuses to know who wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from client_demo.evidence import Evidence, Message, Request, RunEvidence, Sight
from client_demo.law import Event
from client_demo.runs import Cell, ProviderCall, Run, ToolCall, ToolTokens
from client_demo.witness import results

SCHEMA = "throughline.recording/1"
Line = Mapping[str, Any]


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


@dataclass(slots=True)
class _Pages:
    """What the lines of one run say, by their kind."""

    begin: Line = field(default_factory=dict)
    end: Line = field(default_factory=dict)
    sights: list[Sight] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


def read_evidence(source: Path | Iterable[Line]) -> Evidence:
    """Read the evidence of a recording, or of its lines: the runs that came to their end, none of warm-up.

    Raises ValueError where it is no recording.
    """
    header, *lines = read_recording(source) if isinstance(source, Path) else source
    runs: dict[int, _Pages] = {}
    for line in lines:
        if "run" in line:
            _take(runs.setdefault(line["run"], _Pages()), line)
    kept = {n: one for n, one in runs.items() if one.end and not one.begin.get("warmup")}
    return Evidence(
        prompt=header["prompt"],
        tool=header["tool"],
        model=header["model"],
        runs=tuple(_evidence(number, pages) for number, pages in sorted(kept.items())),
    )


def _take(pages: _Pages, line: Line) -> None:
    match line["line"]:
        case "begin":
            pages.begin = line
        case "end":
            pages.end = line
        case "seen":
            pages.sights.append(_sight(line))
        case "mcp":
            pages.messages.append(Message(line["t"], line["direction"], line["body"]))
        case "request":
            known = {one.name: line[one.name] for one in fields(Request) if one.name in line}
            known.setdefault("answer", {})  # a recording of an older throughline has none
            pages.requests.append(replace(Request(**known), chunk_s=tuple(known.get("chunk_s", ()))))


def _sight(line: Line) -> Sight:
    what, where, name, body = line.get("event") or (line["mode"], (), "", None)
    return Sight(
        t=line["t"],
        lane=line["lane"],
        mode=line["mode"],
        event=Event(what, tuple(where), name, _frozen(body)),
        who=line.get("who") or "",
        text=line.get("text") or "",
        tool_call_id=line.get("tool_call_id"),
    )


def _frozen(value: Any) -> Any:
    """The tuples that JSON has made lists of."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _evidence(number: int, pages: _Pages) -> RunEvidence:
    state = tuple(pages.end.get("state", ()))
    return RunEvidence(
        number=number,
        run=_run(pages),
        sights=tuple(pages.sights),
        requests=tuple(pages.requests),
        messages=tuple(pages.messages),
        results=results(state),
        state=state,
        log=tuple(pages.end.get("log", ())),
        probe=pages.begin.get("probe") or "",
        notes={**({"transport": "stdio"} if pages.messages else {}), **pages.end.get("notes", {})},
    )


def _run(pages: _Pages) -> Run:
    end = pages.end
    return Run(
        cell=Cell(end["placement"], end["path"], end["repeat"], pages.begin.get("probe") or ""),
        status=end["status"],
        error=end["error"],
        seconds=end["seconds"],
        first_event_s=end["first_event_s"],
        first_tool_token_s=end["first_tool_token_s"],
        first_answer_token_s=end["first_answer_token_s"],
        tool_tokens=ToolTokens(**end["tool_tokens"]),
        provider=tuple(ProviderCall(**one) for one in end["provider"]),
        tool_calls=tuple(ToolCall(**one) for one in end["tool_calls"]),
        answer=end["answer"],
        dropped=end.get("dropped", 0),
        events=tuple(one.event for one in pages.sights),
        notes=end.get("notes", {}),
    )
