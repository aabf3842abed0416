"""One call on the wire: the messages that pass for it, with what a bad server does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from client_demo.evidence.data import Message
from client_demo.experiment.runs import Cell
from throughline.events import Event, Frame, Partial, RunStart, Tokens
from throughline.ledger import Ledger
from throughline.wire import StreamRequest, write_frame, write_ledger, write_request

RUN_ID = "00000000-0000-4000-8000-000000000000"
SENT_S, BEGIN_S, PACE_S, ANSWERED_S = 0.15, 0.2, 0.02, 0.6


@dataclass
class Wired:
    """What a server sends for one call, and what of it arrives."""

    cell: Cell
    words: tuple[str, ...]
    partials: tuple[str, ...]
    text: str
    error: str
    quirks: frozenset[str]
    hears: bool
    token: str = "remote-1"
    call_id: int = 7

    def frames(self) -> list[tuple[float, Frame]]:
        """The frames as the server counts them, with the times of their sending."""
        if self.cell.placement != "bridged":
            return []
        events: list[tuple[float, Event]] = [(BEGIN_S, RunStart(1, None, "chat_model", "ChatOpenAI", RUN_ID))]
        texts = self.words if self.hears else ()
        events += [(BEGIN_S + n * PACE_S, Tokens(1, (word,))) for n, word in enumerate(texts)]
        events += [(BEGIN_S + n * PACE_S, Partial(word)) for n, word in enumerate(self.partials)]
        events.sort(key=lambda pair: pair[0])
        return [(t + 0.002, Frame(seq, (event,))) for seq, (t, event) in enumerate(events, start=1)]

    def frames_in(self) -> list[tuple[float, Frame]]:
        """The frames as they arrive, with their times."""
        frames = self.frames()
        if "json_response" in self.quirks:
            return []
        if "lossy" in self.quirks:
            del frames[1:2]
        if "reordered" in self.quirks:
            times = [t for t, _ in frames]
            swapped = [one for n in range(0, len(frames), 2) for one in reversed(frames[n : n + 2])]
            frames = [(t, frame) for t, (_, frame) in zip(times, swapped, strict=True)]
        if "buffered" in self.quirks:
            frames = [(ANSWERED_S - 0.001, frame) for _, frame in frames]
        if "late" in self.quirks:
            frames = [*frames[:-1], *((ANSWERED_S + 0.01, frame) for _, frame in frames[-1:])]
        return frames

    def arrived(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words and partial values that came in time."""
        events = [event for t, frame in self.frames_in() if t <= ANSWERED_S for event in frame.events]
        words = tuple(text for event in events if isinstance(event, Tokens) for text in event.texts)
        return words, tuple(event.value for event in events if isinstance(event, Partial))

    def notes(self) -> dict[str, Any]:
        """How the server is reached."""
        if "json_response" in self.quirks:
            return {"transport": "http", "content_type": "application/json"}
        return {} if self.cell.placement == "local" else {"transport": "stdio"}

    def messages(self) -> tuple[Message, ...]:
        """Everything that passes, in the order of its passing."""
        sent_s = SENT_S + (0.03 if self.cell.placement == "adapters" else 0)
        passing = [Message(sent_s, "to server", self.call()), Message(ANSWERED_S, "to client", self.answer())]
        for t, frame in self.frames_in():
            params = {"progressToken": self.token, "progress": frame.seq, "_meta": write_frame(frame)}
            passing.append(Message(t, "to client", {"method": "notifications/progress", "params": params}))
        if self.cell.placement == "adapters":
            hello = {"id": 0, "method": "initialize", "params": {}}
            passing.append(Message(SENT_S, "to server", hello))
        if self.cell.placement == "held" and "drops" in self.quirks:
            plain = {"progressToken": 7, "progress": 1, "message": "Looking"}
            passing.append(
                Message(BEGIN_S, "to client", {"method": "notifications/progress", "params": plain})
            )
        return tuple(sorted(passing, key=lambda one: one.t))

    def call(self) -> dict[str, Any]:
        """The request."""
        meta: dict[str, Any] = {}
        if self.cell.placement == "held":
            meta = {"progressToken": 7}
        if self.cell.placement == "bridged":
            meta = {"progressToken": self.token, **write_request(StreamRequest(streaming=self.hears))}
        params = {"name": "list_items", "arguments": {"place": "bedroom"}, "_meta": meta}
        return {"id": self.call_id, "method": "tools/call", "params": params}

    def answer(self) -> dict[str, Any]:
        """The result, with the ledger where the caller opted in."""
        ledger = Ledger()
        for _, frame in self.frames():
            ledger.add(frame)
        result: dict[str, Any] = {"content": [{"type": "text", "text": self.error or self.text}]}
        result["isError"] = bool(self.error)
        if self.cell.placement == "bridged":
            result["_meta"] = write_ledger(ledger.totals(), finish="error" if self.error else "stop")
        return {"id": self.call_id, "result": result}
