"""What a model says, piece by piece, before it becomes HTTP: the vocabulary between a model and the endpoint.

Knows no wire format. A model yields batches; a batch is written to the reader in one go, so a paced model
yields one piece at a time and a fast one what it has.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from throughline.model.ask import Ask

FinishReason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Text:
    """A token of the answer, as it is to be shown."""

    text: str


@dataclass(frozen=True, slots=True)
class CallStart:
    """A tool call begins."""

    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CallArguments:
    """A further piece of a tool call's JSON arguments."""

    index: int
    piece: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The answer is complete; the numbers are tokens."""

    reason: FinishReason
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Misstep:
    """A fault made on purpose, or an engine's failure after the first byte."""

    kind: Literal["invalid_json", "error", "hang_up"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Guise:
    """How a stream is to look that does not look like the same answer in one piece; first, or not at all.

    `model` is the name that it gives; a `bare` one has ids of another kind and nothing that can be left out.
    """

    model: str
    bare: bool = False


Delta = Guise | Text | CallStart | CallArguments | Finish | Misstep
Batch = Sequence[Delta]


class Author(Protocol):
    """A model that this process runs: the scripted one, the embedded one."""

    @property
    def names(self) -> tuple[str, ...]:
        """The models it answers for."""

    def serves(self, model: str) -> bool:
        """Say whether it answers for this name."""

    def write(self, ask: Ask) -> AsyncGenerator[Batch, None]:
        """Answer; raise `Refused` before the first batch where the request cannot be answered."""
