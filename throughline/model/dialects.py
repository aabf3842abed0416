"""OpenAI's other ways to be asked for words, told as chunks of a chat completion.

Pure. Knows the Responses API's events and the old completions. Whatever else it is given it hands back as it
is.
"""

from __future__ import annotations

from typing import Any

Chunk = dict[str, Any]

DELTA = "response.output_text.delta"
ENDS = ("response.completed", "response.incomplete", "response.failed")
REASONS = {"max_output_tokens": "length"}


def as_chat(chunk: Chunk) -> Chunk:
    """A chunk, an event or a whole answer as chat completions would say it."""
    if chunk.get("type") == DELTA:
        return {"choices": [{"delta": {"content": chunk.get("delta")}}]}
    if chunk.get("type") in ENDS and isinstance(response := chunk.get("response"), dict):
        return _completion(response, {})  # its text has been told in deltas
    if chunk.get("object") == "response":
        return _completion(chunk, {"content": _text(chunk)})
    if chunk.get("object") == "text_completion":
        return {**chunk, "choices": [_old(one) for one in _objects(chunk.get("choices"))]}
    return chunk


def _completion(response: Chunk, said: Chunk) -> Chunk:
    calls = [_call(item) for item in _items(response) if item.get("type") == "function_call"]
    message = {**said, **({"tool_calls": calls} if calls else {})}
    head = {name: response[name] for name in ("id", "model", "usage") if response.get(name) is not None}
    return {**head, "choices": [{"message": message, "finish_reason": _reason(response, bool(calls))}]}


def _call(item: Chunk) -> Chunk:
    function = {"name": item.get("name"), "arguments": item.get("arguments")}
    return {"id": item.get("call_id"), "type": "function", "function": function}


def _reason(response: Chunk, called: bool) -> str:
    if response.get("status") == "completed":
        return "tool_calls" if called else "stop"
    details = response.get("incomplete_details")
    reason = str(details.get("reason")) if isinstance(details, dict) else str(response.get("status"))
    return REASONS.get(reason, reason)


def _text(response: Chunk) -> str:
    parts = [part for item in _items(response) for part in _objects(item.get("content"))]
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") == "output_text")


def _old(choice: Chunk) -> Chunk:
    return {"delta": {"content": choice.get("text")}, "finish_reason": choice.get("finish_reason")}


def _items(response: Chunk) -> list[Chunk]:
    return _objects(response.get("output"))


def _objects(value: object) -> list[Chunk]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
