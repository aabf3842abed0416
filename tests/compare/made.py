"""Runs made by hand, for what is concluded from runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from client_demo.experiment.runs import Cell, ProviderCall, Run, ToolCall, ToolTokens
from client_demo.paths import normalise
from tests.compare.streams import result, token

WORDS = ("A ", "bed.")
STREAMED = (ProviderCall("agent", True, True), ProviderCall("tool", True, True))
WHOLE = (ProviderCall("agent", True, True), ProviderCall("tool", False, True))


def run(
    placement: str = "local", path: str = "astream:messages", *, words: tuple[str, ...] = WORDS, **other: Any
) -> Run:
    """A run that saw `words` as tokens, and the result that they make."""
    seen = [*(token(word) for word in words), result("A bed.", "x")]
    lanes = {"messages": len(words), "tools": 0, "custom": 0, "events": 0}
    made = Run(
        cell=Cell(placement, path),
        status="ok",
        error=None,
        seconds=1.0,
        first_event_s=0.1,
        first_tool_token_s=0.2 if words else None,
        first_answer_token_s=0.5,
        tool_tokens=ToolTokens(len(words), 0, len(words), lanes),
        provider=STREAMED if words else WHOLE,
        tool_calls=(ToolCall("list_items", {"place": "bedroom"}, "ok"),),
        answer="A bed.",
        events=normalise(seen),
    )
    return replace(made, **other)


def silent(placement: str, path: str = "astream:messages", **other: Any) -> Run:
    """A run that saw only the result."""
    return run(placement, path, words=(), **other)


def failed(placement: str, path: str = "astream:messages") -> Run:
    return silent(placement, path, status="error", error="It broke: mend it.", answer=None)
