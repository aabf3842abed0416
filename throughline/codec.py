"""Values <-> JSON: what runs take in and give out, so that messages and documents arrive as what they were.

Knows LangChain's data classes by name (an allow-list: nothing else is ever constructed from the wire).
Everything else arrives as plain data: models and dataclasses as dicts, the rest as its `repr`. Also mends
text: JSON cannot carry half of a surrogate pair.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

KIND = "throughline/kind"
"""The key that marks a JSON object as something other than a plain dict."""

_MESSAGES = (
    "AIMessage",
    "AIMessageChunk",
    "HumanMessage",
    "HumanMessageChunk",
    "SystemMessage",
    "SystemMessageChunk",
    "ToolMessage",
    "ToolMessageChunk",
    "FunctionMessage",
    "ChatMessage",
    "ChatMessageChunk",
    "RemoveMessage",
)


@cache
def _classes() -> dict[str, type]:
    from langchain_core import documents, messages, outputs, prompt_values

    known = {name: getattr(messages, name) for name in _MESSAGES}
    known |= {"Document": documents.Document}
    for name in ("StringPromptValue", "ChatPromptValue", "ChatPromptValueConcrete"):
        known[name] = getattr(prompt_values, name)
    for name in ("ChatGeneration", "ChatGenerationChunk", "Generation", "GenerationChunk", "LLMResult"):
        known[name] = getattr(outputs, name)
    return known


def scrub(text: str) -> str:
    """Join surrogate pairs that were split, replace lone halves with U+FFFD, return other text as it is."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def scrub_json(value: Any) -> Any:
    """`scrub` for every string in a JSON value, keys included."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {scrub(str(key)): scrub_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [scrub_json(item) for item in value]
    return value


def encode(value: Any) -> Any:
    """Make a JSON value of any value.

    Returns: None, bool, int, float, str, list or dict; objects as `{KIND: name, ...}`. Never raises.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if value == value and abs(value) != float("inf") else repr(value)
        case str():
            return scrub(str(value))
        case list():
            return [encode(item) for item in value]
        case tuple():
            return {KIND: "tuple", "items": [encode(item) for item in value]}
        case set() | frozenset():
            return {KIND: "set", "items": [encode(item) for item in value]}
        case Mapping():
            return _encode_mapping(value)
        case _:
            return _encode_object(value)


def _encode_mapping(value: Mapping[Any, Any]) -> Any:
    if KIND in value or not all(type(key) is str for key in value):
        return {KIND: "dict", "items": [[encode(key), encode(item)] for key, item in value.items()]}
    return {scrub(key): encode(item) for key, item in value.items()}


def _encode_object(value: Any) -> Any:
    name = type(value).__name__
    if _classes().get(name) is type(value):
        return {KIND: name, "fields": _fields(value)}
    if hasattr(type(value), "model_fields"):
        return {field: encode(getattr(value, field)) for field in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return scrub(repr(value))


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a LangChain object that were set, plus its extras; a default says nothing."""
    names = [name for name in value.model_fields_set if name in type(value).model_fields]
    for name in ("id", "chunk_position", "response_metadata", "usage_metadata", "name"):
        if name not in names and getattr(value, name, None):
            names.append(name)
    return {name: encode(getattr(value, name)) for name in sorted(names)}


def decode(value: Any) -> Any:
    """The inverse of `encode`.

    Raises: KeyError, TypeError or pydantic's ValidationError on a value that `encode` did not make.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if KIND not in value:
        return {key: decode(item) for key, item in value.items()}
    return _decode_kind(value)


def _decode_kind(value: dict[str, Any]) -> Any:
    match value[KIND]:
        case "tuple":
            return tuple(decode(item) for item in value["items"])
        case "set":
            return {decode(item) for item in value["items"]}
        case "dict":
            return {decode(key): decode(item) for key, item in value["items"]}
        case name:
            fields = {key: decode(item) for key, item in value["fields"].items()}
            return _classes()[name](**fields)


def without_words(value: Any) -> Any:
    """The same value with every text in it emptied: its shape may leave the server, its words may not.

    Messages keep their type, id and name, which is what LangGraph reads of them.
    """
    if isinstance(value, str):
        return ""
    if isinstance(value, list | tuple):
        return type(value)(without_words(item) for item in value)
    if isinstance(value, Mapping):
        return {key: without_words(item) for key, item in value.items()}
    if hasattr(value, "to_messages"):
        field = "messages" if hasattr(value, "messages") else "text"
        return value.model_copy(update={field: without_words(getattr(value, field))})
    if type(value).__name__ in _MESSAGES and _classes().get(type(value).__name__) is type(value):
        return _without_content(value)
    return value if value is None or isinstance(value, bool | int | float) else ""


def _without_content(message: Any) -> Any:
    emptied: dict[str, Any] = {"content": "", "additional_kwargs": {}}
    for calls in ("tool_calls", "tool_call_chunks", "invalid_tool_calls"):
        if getattr(message, calls, None):
            emptied[calls] = []
    return message.model_copy(update=emptied)
