"""Recordings made by hand, line by line, of any size and with anything in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from client_demo.report.story import Story, story_of

Line = dict[str, Any]
WORDS = ("A ", "bed.")
PATH = "astream:messages"
NO_LANES = {"messages": 0, "tools": 0, "custom": 0, "events": 0}


@dataclass(frozen=True)
class Made:
    """One run: where, by which path, and which tokens of the tool it shows."""

    number: int
    placement: str = "local"
    path: str = PATH
    repeat: int = 1
    words: Sequence[str] = WORDS
    answer: str | None = "There is a bed."
    result: str = "A bed."
    status: str = "ok"
    error: str | None = None
    step_s: float = 0.01

    def lines(self) -> Iterator[Line]:
        where = {"placement": self.placement, "path": self.path, "repeat": self.repeat}
        yield {"line": "begin", "run": self.number, **where, "probe": "", "warmup": False}
        for n, word in enumerate(self.words):
            yield self._seen(0.1 + n * self.step_s, word, "tool")
        end = 0.1 + len(self.words) * self.step_s
        yield self._seen(end + 0.05, self.answer or "", "agent")
        yield {"line": "mcp", "run": self.number, "t": 0.05, "direction": "to server", "body": self._call()}
        yield {"line": "mcp", "run": self.number, "t": end, "direction": "to client", "body": self._result()}
        yield self._request(end)
        yield self._end(end + 0.1, where)

    def _seen(self, t: float, text: str, who: str) -> Line:
        told = {"t": t, "lane": "messages", "mode": "messages", "value": None, "who": who, "text": text}
        event = ["messages", [who], "", ["message", "AIMessageChunk", None, text]]
        return {"line": "seen", "run": self.number, **told, "event": event, "tool_call_id": None}

    def _call(self) -> Line:
        params = {"name": "list_items", "arguments": {"place": "bedroom"}}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    def _result(self) -> Line:
        content = [{"type": "text", "text": self.result}]
        return {"jsonrpc": "2.0", "id": 1, "result": {"content": content}}

    def _request(self, end: float) -> Line:
        told = {
            "number": self.number * 10,
            "who": "tool",
            "streamed": bool(self.words),
            "body": {"messages": []},
        }
        answer = {"content": "".join(self.words) or self.result, "finish_reason": "stop"}
        times = {"started_s": 0.06, "first_byte_s": 0.09, "ended_s": end, "tokens": len(self.words)}
        return {"line": "request", "run": self.number, **told, "answer": answer, **times} | {
            "reader_left": False,
            "status": 200,
            "chunk_s": [],
            "path": "/chat/completions",
        }

    def _end(self, seconds: float, where: Line) -> Line:
        seen = len(self.words)
        lanes = {**NO_LANES, "messages": seen}
        call = {"name": "list_items", "args": {"place": "bedroom"}, "status": "ok"}
        message = {"type": "tool", "name": "list_items", "tool_call_id": "c", "status": "success"}
        return {
            "line": "end",
            "run": self.number,
            **where,
            "status": self.status,
            "error": self.error,
            "seconds": seconds,
            "first_event_s": 0.1,
            "first_tool_token_s": 0.1 if seen else None,
            "first_answer_token_s": seconds - 0.05,
            "tool_tokens": {"emitted": seen, "frames": 0, "seen": seen, "lanes": lanes},
            "provider": [{"who": "tool", "streamed": bool(seen), "usage": True}],
            "tool_calls": [call],
            "answer": self.answer,
            "dropped": 0,
            "state": [{**message, "content": self.result}],
            "log": [],
            "notes": {},
        }


def lines(*runs: Made, prompt: str = "What is in the bedroom?", tool: str = "list_items") -> list[Line]:
    """A recording of these runs."""
    header = {
        "schema": "throughline.recording/1",
        "throughline": "0.1.0",
        "at": "2026-11-20T09:30:00+00:00",
        "prompt": prompt,
        "tool": tool,
        "model": {"kind": "scripted", "name": "scripted"},
    }
    return [header, *(line for run in runs for line in run.lines())]


def story(*runs: Made, **header: str) -> Story:
    """What these runs come to."""
    return story_of(lines(*runs, **header))


def lossy() -> Story:
    """A comparison of two paths in three places, twice; one of the places shows no token."""
    runs: list[Made] = []
    for repeat in (1, 2):
        for path in ("ainvoke", PATH):
            for placement in ("local", "held", "bridged"):
                words = () if path == "ainvoke" or placement == "held" else WORDS
                runs.append(Made(len(runs) + 1, placement, path, repeat, words))
    return story(*runs)


def many(events: int) -> Story:
    """Two runs with so many tokens in each."""
    words = [f"t{n} " for n in range(events)]
    return story(*(Made(n, where, words=words, step_s=1e-4) for n, where in ((1, "local"), (2, "bridged"))))
