"""The MCP messages of runs as calls: what was sent for each, what came back, when and in which order.

Pure. Knows MCP's `tools/call`, its progress and its result, and throughline's `_meta`; decides nothing. A
message is numbered as in its run, from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit
from client_demo.causes.reading import once
from client_demo.evidence.data import Evidence, RunEvidence
from throughline.errors import ThroughlineError
from throughline.events import Frame, Partial, RunStream, Tokens
from throughline.ledger import Totals, chunk_text
from throughline.wire import STREAM, read_frame, read_ledger


@dataclass(frozen=True, slots=True)
class Arrival:
    """One progress notification: in which run and message it came, and the frame that it carried, if any."""

    run: RunEvidence
    number: int
    t: float
    progress: float
    frame: Frame | None
    late: bool

    def proof(self, says: str) -> Exhibit:
        """This notification as proof."""
        return Exhibit(self.run.number, f"mcp message {self.number}", says)


@dataclass(slots=True)
class Call:
    """One `tools/call`. `result` is None where none came; `answered` says whether anything came back."""

    run: RunEvidence
    number: int
    sent_s: float
    id: Any
    meta: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    answered: bool = False
    answer_number: int = 0
    answered_s: float | None = None
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def token(self) -> Any:
        """The progress token; None where no progress was asked for."""
        return self.meta.get("progressToken")

    @property
    def opted_in(self) -> bool:
        """Whether the caller asked for our frames."""
        return STREAM in self.meta

    @property
    def ledger(self) -> Totals | None:
        """What the server says that it sent."""
        try:
            return read_ledger(_mapping((self.result or {}).get("_meta")))
        except ThroughlineError:
            return None

    @property
    def framed(self) -> list[tuple[Arrival, Frame]]:
        """The notifications that carried a frame, in the order of their coming."""
        return [(one, one.frame) for one in self.arrivals if one.frame is not None]

    @property
    def text(self) -> str:
        """The text of the result."""
        return reading.text_of((self.result or {}).get("content"))

    @property
    def whole(self) -> bool:
        """Whether the frames came as they were sent: each once, in order, before the result."""
        seqs = [frame.seq for one, frame in self.framed if not one.late]
        return seqs == list(range(1, (self.ledger.frames if self.ledger else len(seqs)) + 1))

    def proof(self, says: str) -> Exhibit:
        """The call's request as proof."""
        return Exhibit(self.run.number, f"mcp message {self.number}", says)

    def answer_proof(self, says: str) -> Exhibit:
        """The call's answer as proof."""
        return Exhibit(self.run.number, f"mcp message {self.answer_number}", says)


@once
def calls(evidence: Evidence) -> list[Call]:
    """Every call of every run, probes too; progress that came in a later run belongs to the call it names."""
    found: list[Call] = []
    named: dict[tuple[str, str], Call] = {}
    for run in evidence.runs:
        placement = run.run.cell.placement
        open_: dict[str, Call] = {}
        for number, message in enumerate(run.messages, start=1):
            body = message.body
            params = _mapping(body.get("params"))
            if body.get("method") == "tools/call" and message.direction == "to server":
                call = Call(run, number, message.t, body.get("id"), _mapping(params.get("_meta")))
                found.append(call)
                open_[repr(call.id)] = call
                if call.token is not None:
                    named[placement, repr(call.token)] = call
            elif body.get("method") == "notifications/progress" and message.direction == "to client":
                if owner := named.get((placement, repr(params.get("progressToken")))):
                    owner.arrivals.append(_arrival(run, number, message.t, params, late=owner.answered))
            elif "method" not in body and message.direction == "to client":
                _answer(open_.get(repr(body.get("id"))), number, message.t, body)
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    """An object of a message; whoever sends something else in its place has sent nothing."""
    return value if isinstance(value, Mapping) else {}


def _answer(call: Call | None, number: int, t: float, body: Mapping[str, Any]) -> None:
    if call is not None and not call.answered:
        call.answered, call.answer_number, call.answered_s = True, number, t
        result = body.get("result")
        call.result = result if isinstance(result, Mapping) else None


def _arrival(run: RunEvidence, number: int, t: float, params: Mapping[str, Any], *, late: bool) -> Arrival:
    try:
        frame = read_frame(_mapping(params.get("_meta")))
    except ThroughlineError:  # what breaks the contract is no frame of ours
        frame = None
    progress = params.get("progress")
    return Arrival(run, number, t, float(progress) if isinstance(progress, int | float) else 0.0, frame, late)


def of_runs(all_calls: Iterable[Call]) -> dict[int, list[Call]]:
    """The calls of each run, by the run's number."""
    found: dict[int, list[Call]] = {}
    for call in all_calls:
        found.setdefault(call.run.number, []).append(call)
    return found


def token_texts(frame: Frame) -> list[str]:
    """The texts of the tokens, and of the partial values, in a frame."""
    texts: list[str] = []
    for event in frame.events:
        match event:
            case Tokens(_, pieces):
                texts += pieces
            case RunStream(_, form, value) if form != "value":
                texts.append(chunk_text(value))
            case Partial(str(value)):
                texts.append(value)
    return [text for text in texts if text]


def has_tokens(frame: Frame) -> bool:
    """Whether a frame carries words."""
    return bool(token_texts(frame))


def partials(call: Call) -> list[Any]:
    """The partial values of a call, in the order of their frames."""
    return [event.value for _, frame in call.framed for event in frame.events if isinstance(event, Partial)]


def runs_of(some: Sequence[Call]) -> list[RunEvidence]:
    """The runs of these calls, each once."""
    return list({call.run.number: call.run for call in some}.values())
