"""The moments of a run as lanes on a time axis: tokens, calls of the provider, messages.

Pure. Knows evidence; refuses to know how moments are drawn, and how many of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from client_demo.evidence.data import Message, Request, RunEvidence, Sight

LANES = (
    "agent tokens",
    "tool tokens",
    "other events",
    "provider, asked by the agent",
    "provider, asked by the tool",
    "MCP, to the server",
    "MCP, to the client",
)
AGENT, TOOL, OTHER, ASKED_BY_AGENT, ASKED_BY_TOOL, TO_SERVER, TO_CLIENT = range(len(LANES))
TEXT_CHARS = 240
"""Of each text, as much as is embedded; the recording has all of it."""
DEEPEST = 12
STRUCTURE = frozenset({"map", "list", "message"})
"""What the law writes to keep values of different shapes apart: of no use to a reader."""

Kind = Literal["event", "request", "message"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: in which lane, when (seconds from the run's start), and what it says.

    `kind` and `number` name it as findings do. A call of the provider has an end, and the time of its first
    byte, where there were any.
    """

    lane: int
    t: float
    kind: Kind
    number: int
    what: str
    text: str
    first_byte_s: float | None = None
    ended_s: float | None = None


def moments(run: RunEvidence) -> Iterator[Moment]:
    """Every moment of a run, in no order."""
    yield from (_sight(number, one) for number, one in enumerate(run.sights, start=1))
    yield from (_request(one) for one in run.requests)
    yield from (_message(number, one) for number, one in enumerate(run.messages, start=1))


def _sight(number: int, one: Sight) -> Moment:
    lane = AGENT if one.who == "agent" else TOOL if one.who == "tool" else OTHER
    lane = lane if one.text else OTHER
    what = " ".join(part for part in (one.event.what or one.mode, one.event.name) if part)
    return Moment(lane, one.t, "event", number, what, cut(one.text) or brief(one.event.body))


def _request(one: Request) -> Moment:
    how = "streamed" if one.streamed else "whole"
    end = "" if one.status == 200 else f", status {one.status}"
    left = ", its reader left" if one.reader_left else ""
    return Moment(
        ASKED_BY_TOOL if one.who == "tool" else ASKED_BY_AGENT,
        one.started_s,
        "request",
        one.number,
        f"{how}, {one.tokens} tokens{end}{left}",
        brief([one.answer.get("content"), one.answer.get("tool_calls")]),
        one.first_byte_s,
        one.ended_s,
    )


def _message(number: int, one: Message) -> Moment:
    lane = TO_SERVER if one.direction == "to server" else TO_CLIENT
    body = one.body
    what = body.get("method") or ("error" if "error" in body else "result")
    return Moment(lane, one.t, "message", number, str(what), brief(_said(body)))


def _said(body: Mapping[str, Any]) -> Any:
    """What matters of a message: not its envelope, and what was said before what goes with it."""
    said = next((body[key] for key in ("params", "result", "error") if key in body), body)
    if not isinstance(said, Mapping) or "_meta" not in said:
        return said
    return {**{key: value for key, value in said.items() if key != "_meta"}, "_meta": said["_meta"]}


def brief(value: Any) -> str:
    """The words in a value, in their order, as many as fit."""
    words: list[str] = []
    room = TEXT_CHARS + 1
    for word in _words(value, DEEPEST):
        words.append(word[:room])
        room -= len(word) + 1
        if room <= 0:
            break
    return cut(" ".join(words))


def cut(text: str) -> str:
    """A text, not longer than is embedded."""
    return text if len(text) <= TEXT_CHARS else f"{text[: TEXT_CHARS - 3]}..."


def _words(value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        yield "..."
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if one is not False and one not in (None, "", [], {}):
                yield f"{key}:"
                yield from _words(one, depth - 1)
    elif isinstance(value, list | tuple):
        for n, one in enumerate(value):
            if not (n == 0 and isinstance(one, str) and one in STRUCTURE):
                yield from _words(one, depth - 1)
    elif value not in (None, ""):
        yield str(value)
