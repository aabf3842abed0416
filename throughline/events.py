"""The vocabulary of the boundary: what one tool call says while it runs.

Frozen and symmetric: the server builds these, the client consumes these, in one order per call. Runs mirror
LangChain's runs and are numbered 1..n within their call. Knows the standard library only; `Json` values were
made by `throughline.codec` and are opaque here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = Any
"""None, bool, int, float, str, list or dict of these."""

RunKind = Literal["chat_model", "llm", "chain", "tool", "retriever"]
StreamForm = Literal["message", "block", "text", "value"]


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run begins. `id` is the run's UUID, `parent` the number of its parent (None: the tool itself)."""

    run: int
    parent: int | None
    kind: RunKind
    name: str
    id: str
    run_type: str | None = None
    tags: tuple[str, ...] = ()
    metadata: dict[str, Json] = field(default_factory=dict)
    inputs: Json = None
    extra: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunStream:
    """One chunk of a run, whole: a message chunk, a content-block event, a plain token, or any other value.

    `pattern` is true when the `Tokens` that follow repeat this chunk with other texts.
    """

    run: int
    form: StreamForm
    value: Json
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """Consecutive chunks of a run that differ from its last pattern in their text alone; boundaries kept."""

    run: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunEnd:
    """A run ends well. `joined`: the text of `output` is what its tokens add up to, and is left out."""

    run: int
    output: Json = None
    joined: bool = False
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class RunError:
    """A run fails; `type` is the name of the exception's class."""

    run: int
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """A few words for people; `progress` out of `total` where the tool knows them."""

    message: str
    progress: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A provisional value of the tool's result."""

    value: Json


@dataclass(frozen=True, slots=True)
class Custom:
    """What the body wrote with LangGraph's stream writer, from the graph namespace `ns`."""

    value: Json
    ns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What the body sent with `adispatch_custom_event` below the run `parent`."""

    parent: int | None
    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class GraphChunk:
    """What a graph inside the tool emitted into its caller's stream."""

    ns: tuple[str, ...]
    mode: str
    value: Json


Event = (
    RunStart | RunStream | Tokens | RunEnd | RunError | Status | Partial | Custom | Dispatched | GraphChunk
)
"""Everything that a frame may carry."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Events that travelled together; `seq` is 1..n within its call."""

    seq: int
    events: tuple[Event, ...]
