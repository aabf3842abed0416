"""What one run came to: the record that reports are made of, and the tap that counts while it runs.

Pure data and counting. Knows what a path sees and what a provider was asked; refuses to know how either is
had, and how it is shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from client_demo.paths import Seen
from client_demo.transparency.law import Event, normalise
from client_demo.transparency.tokens import TokenReader

Status = Literal["ok", "error", "unsupported"]
LATEST_CHARS = 200
WARM_UP = 0
"""The repeat of a run that only warms up."""
LANES = ("messages", "tools", "custom", "events")


@dataclass(frozen=True, slots=True)
class Cell:
    """One run to make: which placement, which path, which repeat (from 1; 0 warms up).

    `probe` names a run that is made to find something out, and that takes no part in the comparison.
    """

    placement: str
    path: str
    repeat: int = 1
    probe: str = ""

    @property
    def warms_up(self) -> bool:
        """Whether this run is made before any is compared, so that starting up is no path's own time."""
        return self.repeat == WARM_UP


@dataclass(frozen=True, slots=True)
class ToolTokens:
    """The tokens of the tool's model: streamed by the provider, in how many frames, and seen in which lane.

    `seen` is the fullest lane: a path with several lanes may show the same token in more than one.
    """

    emitted: int
    frames: int
    seen: int
    lanes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """One request to the provider: of the agent or of the tool, streamed or not, with or without usage."""

    who: str
    streamed: bool
    usage: bool


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool, and how it ended: `ok`, `error`, or `open` where it has no result."""

    name: str
    args: Mapping[str, Any]
    status: str


@dataclass(frozen=True, slots=True)
class Words:
    """What models said in a run, and whether it was shown as they said it.

    `said` is each of the provider's answers: whose, its text and calls, and in how many pieces it came.
    `kept` are the lanes in which the pieces of the tool's text, joined, are what its model said.
    """

    said: tuple[tuple[str, str, int], ...]
    kept: frozenset[str]

    def of(self, who: str) -> tuple[tuple[str, str, int], ...]:
        """The answers that one side got."""
        return tuple(one for one in self.said if one[0] == who)


@dataclass(frozen=True, slots=True)
class Run:
    """One run and all that is told of it. Times are seconds from its start; None: it never came to that.

    `notes` are what a probe found out (`causes/__init__.py` has their names). `words` are read from what was
    recorded beside the run, and None where that does not tell them.
    """

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
    events: tuple[Event, ...] = ()
    conversation: tuple[BaseMessage, ...] = field(default=(), repr=False)
    notes: Mapping[str, Any] = field(default_factory=dict)
    words: Words | None = field(default=None, repr=False)


@dataclass(slots=True)
class Tap:
    """Counts what a run sees, while it sees it; `latest` is the end of the text that its tokens make."""

    started: float = field(default_factory=time.monotonic)
    seen: list[Seen] = field(default_factory=list)
    lanes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LANES, 0))
    answer_tokens: int = 0
    latest: str = ""
    first_event_s: float | None = None
    first_tool_token_s: float | None = None
    first_answer_token_s: float | None = None
    _reader: TokenReader = field(default_factory=TokenReader)

    def take(self, one: Seen) -> None:
        """Count one thing that the path handed out."""
        self.seen.append(one)
        self.first_event_s = self._first(self.first_event_s, one.t)
        for token in self._reader.read(one):
            self.latest = (self.latest + token.text)[-LATEST_CHARS:]
            if token.who == "tool":
                self.lanes[token.lane] += 1
                self.first_tool_token_s = self._first(self.first_tool_token_s, token.t)
            else:
                self.answer_tokens += 1
                self.first_answer_token_s = self._first(self.first_answer_token_s, token.t)

    @property
    def tool_tokens(self) -> int:
        """How many tokens of the tool the fullest lane has shown."""
        return max(self.lanes.values())

    def events(self) -> tuple[Event, ...]:
        """What was seen, as the law compares it."""
        return normalise(self.seen)

    def _first(self, known: float | None, t: float) -> float:
        return t - self.started if known is None else known


def tool_calls(messages: Iterable[BaseMessage]) -> tuple[ToolCall, ...]:
    """Read the tool calls of a conversation, in order, each with how it ended."""
    messages = list(messages)
    ended = {m.tool_call_id: m.status for m in messages if isinstance(m, ToolMessage)}
    words = {"success": "ok", "error": "error"}
    return tuple(
        ToolCall(call["name"], call["args"], words.get(ended.get(call["id"] or "", ""), "open"))
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    )


def answer(messages: Iterable[BaseMessage]) -> str | None:
    """The text of the last message where the agent had the last word."""
    last = next(iter(reversed(list(messages))), None)
    return str(last.text) if isinstance(last, AIMessage) and not last.tool_calls else None
