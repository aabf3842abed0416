"""Count and digest of what passed a point, so that two points can be asked the same question.

The server counts what it sends, the client what it receives; the totals travel in the result. Knows events,
and nothing of where they go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from throughline.events import Event, Frame, RunStream, Tokens


@dataclass(frozen=True, slots=True)
class Totals:
    """What passed: frames, events, tokens, characters, and a digest over the token texts in their order."""

    frames: int
    events: int
    tokens: int
    chars: int
    digest: str

    def __str__(self) -> str:
        return f"{self.frames} frames, {self.events} events, {self.tokens} tokens, {self.chars} characters"


class Ledger:
    """A running count of the frames of one call."""

    def __init__(self) -> None:
        self.frames = 0
        self.events = 0
        self.tokens = 0
        self.chars = 0
        self._hash = blake2b(digest_size=8)

    def add(self, frame: Frame) -> None:
        """Count a frame; the order of calls is part of the digest."""
        self.frames += 1
        self.events += len(frame.events)
        self._count(frame.events)

    def totals(self) -> Totals:
        """What has passed so far."""
        return Totals(self.frames, self.events, self.tokens, self.chars, self._hash.hexdigest())

    def _count(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case Tokens(run, texts):
                    self._texts(run, texts)
                case RunStream(run, form, value) if form != "value":
                    self._texts(run, (chunk_text(value),))
                case _:
                    pass

    def _texts(self, run: int, texts: tuple[str, ...]) -> None:
        joined = "\x1f".join(texts)
        self.tokens += sum(map(bool, texts))
        self.chars += sum(map(len, texts))
        self._hash.update(f"{run}\x1e{joined}\x1e".encode("utf-8", "surrogatepass"))


def chunk_text(value: object) -> str:
    """The text that a model's chunk adds, in the form it has on the wire ("" where it adds none)."""
    if isinstance(value, dict):
        delta = value.get("delta") if value.get("event") == "content-block-delta" else value
        value = delta.get("text", delta.get("content")) if isinstance(delta, dict) else None
    return value if isinstance(value, str) else ""
