"""What causes are read from: everything that a recording says of each run, as frozen data.

Pure. The same whether it was just recorded or is read from a file. Knows the shape of evidence; refuses to
know how it was taken and what it means. Times are seconds from the run's start; `run` numbers are the
recording's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from client_demo.experiment.runs import Run
from client_demo.transparency.law import Event

Direction = Literal["to server", "to client"]


@dataclass(frozen=True, slots=True)
class Message:
    """One MCP message, as it passed the tap between client and server."""

    t: float
    direction: Direction
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the provider, and its answer, as they passed the provider's tap.

    `body` is the request's JSON, `answer` what was answered (`content`, `tool_calls`, `finish_reason`,
    `usage`, `model`, `id`, `system_fingerprint`, `logprobs`, `refusal`: those that were there), put together
    where it was streamed. `chunk_s` are the times of the text deltas. `path` is what follows `/v1`.
    """

    number: int
    who: str
    streamed: bool
    body: Mapping[str, Any]
    answer: Mapping[str, Any]
    started_s: float
    first_byte_s: float | None
    ended_s: float | None
    tokens: int
    reader_left: bool
    status: int
    chunk_s: tuple[float, ...] = ()
    path: str = "/chat/completions"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool call came to, in the agent's state: its content as it stands there, and its text."""

    call_id: str
    name: str
    status: str
    content: Any
    text: str


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that a path handed out: when, in which lane, and, where it is a tool's, of which call and
    text.
    """

    t: float
    lane: str
    mode: str
    event: Event
    who: Literal["agent", "tool", ""] = ""
    text: str = ""
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """All that is known of one run. `probe` names a run that was made on purpose (cancel, parallel, slow
    reader).
    """

    number: int
    run: Run
    sights: tuple[Sight, ...] = ()
    requests: tuple[Request, ...] = ()
    messages: tuple[Message, ...] = ()
    results: tuple[ToolResult, ...] = ()
    state: tuple[Mapping[str, Any], ...] = ()
    log: tuple[str, ...] = ()
    probe: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A whole comparison: its runs in the order in which they were made (warm-up runs left out).

    `warmed` is who asked the provider while warming up: where a cache is, what it knows.
    """

    prompt: str
    tool: str
    model: Mapping[str, str]
    runs: tuple[RunEvidence, ...]
    warmed: frozenset[str] = frozenset()
