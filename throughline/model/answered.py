"""What was answered, put together from the bytes that went out: the same for a stream and for one piece.

Pure. Knows OpenAI's chunks and completions; `dialects.py` tells it the others as such. What it cannot read it
leaves out; what was not said is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from throughline.model.ask import text_of
from throughline.model.dialects import as_chat

Sent = tuple[float, bytes]
"""Some bytes of an answer, and the monotonic second in which they went out."""
HEAD = ("id", "model", "system_fingerprint", "usage")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer's `content`, `tool_calls`, `finish_reason`, `usage`, `model`, `id`, `system_fingerprint`,
    `logprobs` and `refusal`, those that were there; and when its text deltas went out.
    """

    answer: dict[str, Any]
    chunk_s: tuple[float, ...] = ()


def put_together(sent: Iterable[Sent]) -> Answered:
    """Read the first choice of an answer, in whatever pieces its bytes went out."""
    answer: dict[str, Any] = {}
    times: list[float] = []
    for t, chunk in _chunks(tuple(sent)):
        answer |= {name: chunk[name] for name in HEAD if chunk.get(name) is not None}
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict) and _add(answer, choice):
            times.append(t)
    return Answered(answer, tuple(times))


def _add(answer: dict[str, Any], choice: dict[str, Any]) -> bool:
    """Take what a choice says; whether it said any text."""
    said = choice.get("delta") or choice.get("message") or {}
    said = said if isinstance(said, dict) else {}
    text = text_of(said.get("content"))
    if "content" in said:
        answer["content"] = (answer.get("content") or "") + text
    if "refusal" in said:
        answer["refusal"] = said["refusal"] or answer.get("refusal")
    if choice.get("finish_reason"):
        answer["finish_reason"] = choice["finish_reason"]
    if isinstance(logprobs := choice.get("logprobs"), dict):
        told = answer.setdefault("logprobs", {"content": []})
        told["content"] += logprobs.get("content") or []
    calls = said.get("tool_calls")
    for number, call in enumerate(calls if isinstance(calls, list) else ()):
        if isinstance(call, dict):
            _add_call(answer.setdefault("tool_calls", []), call, number)
    return bool(text)


def _add_call(calls: list[dict[str, Any]], call: dict[str, Any], number: int) -> None:
    """Take a call, or a further piece of one."""
    at = call.get("index", number)
    if not (isinstance(at, int) and 0 <= at <= len(calls)):
        return
    if at == len(calls):
        calls.append({"id": None, "type": "function", "function": {"name": "", "arguments": ""}})
    known, function = calls[at], call.get("function")
    function = function if isinstance(function, dict) else {}
    known["id"] = call.get("id") or known["id"]
    known["function"]["name"] += function.get("name") or ""
    known["function"]["arguments"] += function.get("arguments") or ""


def _chunks(sent: tuple[Sent, ...]) -> Iterator[tuple[float, dict[str, Any]]]:
    """The JSON objects of an answer, each with the time at which it was complete."""
    if not sent:
        return
    whole = _object(b"".join(piece for _, piece in sent))
    if whole:
        yield sent[-1][0], whole
        return
    rest = b""
    for t, piece in sent:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:") and (chunk := _object(line[5:])):
                yield t, chunk


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return as_chat(value) if isinstance(value, dict) else {}
