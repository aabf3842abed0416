"""One run as evidence: what each thing that it saw, was asked and ended with says, in the form causes read.

Pure. Knows events, provider records and conversations; refuses to know who asks and what is concluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from client_demo.evidence.data import Request, RunEvidence, Sight, ToolResult
from client_demo.evidence.words import words_of
from client_demo.experiment.runs import Run
from client_demo.paths import Seen
from client_demo.text.jsonable import jsonable
from client_demo.transparency.law import Reading
from client_demo.transparency.tokens import TokenReader
from throughline.model.answered import put_together
from throughline.model.records import RequestRecord


class SightReader:
    """Reads one path's events in order; `started` is when its run began."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._law = Reading()
        self._tokens = TokenReader()

    def read(self, seen: Seen) -> Sight:
        """Say what an event is: by the law, and whose words it shows."""
        tokens = list(self._tokens.read(seen))
        who = tokens[0].who if tokens else ""
        return Sight(
            t=round(seen.t - self._started, 6),
            lane=seen.lane,
            mode=seen.mode,
            event=self._law.event(seen),
            who="agent" if who == "answer" else who,
            text="".join(token.text for token in tokens),
            tool_call_id=_call_id(seen),
        )


def _call_id(seen: Seen) -> str | None:
    """The tool call that an event says it belongs to, where its lane says so."""
    raw = seen.raw
    if seen.mode == "v3":
        raw = raw["params"]["data"]
    found = raw.get("tool_call_id") if isinstance(raw, Mapping) else None
    return found if isinstance(found, str) else None


def request(record: RequestRecord, started: float) -> Request:
    """A request and what was answered; times are from `started`."""
    answered = put_together(record.sent)

    def since(t: float | None) -> float | None:
        return None if t is None else round(t - started, 6)

    return Request(
        number=record.number,
        who=record.who,
        streamed=record.streamed,
        body=record.body,
        answer=answered.answer,
        started_s=round(record.started_s - started, 6),
        first_byte_s=since(record.first_byte_s),
        ended_s=since(record.ended_s),
        tokens=record.tokens,
        reader_left=record.reader_left,
        status=record.status,
        chunk_s=tuple(round(t - started, 6) for t in answered.chunk_s),
        path=record.path,
    )


def results(state: Iterable[Mapping[str, Any]]) -> tuple[ToolResult, ...]:
    """The results of tools in a conversation."""
    return tuple(
        ToolResult(
            call_id=str(one.get("tool_call_id")),
            name=str(one.get("name") or ""),
            status=str(one.get("status")),
            content=one.get("content"),
            text=_text(one.get("content")),
        )
        for one in state
        if one.get("type") == "tool"
    )


def _text(content: Any) -> str:
    """What a message's content says."""
    if isinstance(content, list | tuple):
        return "".join(_text(block) for block in content)
    if isinstance(content, Mapping):
        return str(content.get("text") or "")
    return content if isinstance(content, str) else ""


def run_evidence(
    number: int,
    run: Run,
    *,
    sights: Sequence[Sight],
    requests: Sequence[Request],
    log: Sequence[str] = (),
) -> RunEvidence:
    """All of it together, but for the messages on the wire, which may come later."""
    state = tuple(jsonable(message) for message in run.conversation)
    return RunEvidence(
        number=number,
        run=replace(run, words=words_of(run, sights, requests)),
        sights=tuple(sights),
        requests=tuple(requests),
        results=results(state),
        state=state,
        log=tuple(log),
        probe=run.cell.probe,
        notes=run.notes,
    )
