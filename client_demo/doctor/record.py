"""What was heard of a server, over all its sessions: the calls, and what belongs to none.

Knows the messages of MCP that concern a call. Sends nothing and judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from client_demo.doctor.wire import Message


@dataclass(slots=True)
class Call:
    """One call of a tool. Times are seconds on the event loop's clock.

    `late` is the progress that came when the call had been answered.
    """

    id: int
    token: int | str
    tool: str
    began: float
    progress: list[tuple[float, Message]] = field(default_factory=list)
    late: list[tuple[float, Message]] = field(default_factory=list)
    answer: Message | None = None
    ended: float | None = None
    cancelled: float | None = None

    @property
    def result(self) -> Message:
        """The result, empty where there is none."""
        result = (self.answer or {}).get("result")
        return result if isinstance(result, dict) else {}

    @property
    def succeeded(self) -> bool:
        """Whether it was answered with a result that is no error."""
        return self.ended is not None and bool(self.result) and self.result.get("isError") is not True

    @property
    def seconds(self) -> float | None:
        """How long it took, where it was answered."""
        return None if self.ended is None else self.ended - self.began

    @property
    def said(self) -> str:
        """What it was answered with, in a few words."""
        return told(self.answer)


@dataclass(slots=True)
class Record:
    """All that was heard. `strays` are messages that belong to no request, `noise` what is no message."""

    calls: list[Call] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)

    def usual_s(self) -> float | None:
        """How long a call takes that is let be; None where none was answered."""
        return min((one.seconds for one in self.calls if one.seconds and one.cancelled is None), default=None)

    def speaks_throughline(self) -> bool:
        """Whether some result carries throughline's ledger."""
        return any(any(key.startswith("throughline/") for key in meta_of(one.result)) for one in self.calls)


def told(answer: Message | None) -> str:
    """An answer in a few words."""
    if answer is None:
        return "no answer"
    if "error" in answer:
        error = answer["error"] if isinstance(answer["error"], dict) else {"message": answer["error"]}
        return f"error {error.get('code')}: {brief(str(error.get('message')))}"
    result = answer.get("result")
    if not isinstance(result, dict):
        return "a result that is no object"
    content = result.get("content") or []
    texts = (
        [one.get("text", "") for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    )
    kind = "isError" if result.get("isError") is True else "result"
    return f"{kind}: {brief(' '.join(map(str, texts)))}" if texts else kind


def brief(text: str, most: int = 80) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def span(seconds: float) -> str:
    """A time for people."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def meta_of(message: Message) -> dict[str, Any]:
    """The `_meta` of a result or of a notification's parameters, empty where there is none."""
    meta = message.get("_meta")
    return meta if isinstance(meta, dict) else {}
