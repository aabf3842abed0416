"""Values <-> JSON: what runs take in and give out, so that messages and documents arrive as what they were.

Knows LangChain's data classes by name (an allow-list: nothing else is ever constructed from the wire).
Everything else arrives as plain data: models and dataclasses as dicts, the rest as its `repr`. Also mends
text: JSON cannot carry half of a surrogate pair.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from reprlib import Repr
from typing import TYPE_CHECKING, Any

from throughline.errors import SAME_RELEASE, WireError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

KIND = "throughline/kind"
"""The key that marks a JSON object as something other than a plain dict."""
DEEPEST = 50
"""Levels of nesting that are told; parsers of JSON give up at 200, and a level takes up to three of those."""
DESCRIBED_CHARS = 1 << 16

_DESCRIBER = Repr()
_DESCRIBER.maxother = DESCRIBED_CHARS

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

    Returns: None, bool, int, float, str, list or dict; objects as `{KIND: name, ...}`. Never raises: what is
    too deep or too odd becomes its `repr`.
    """
    return _encode(value, DEEPEST)


def _encode(value: Any, left: int) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else {KIND: "float", "value": repr(float(value))}
        case str():
            return scrub(str.__str__(value))  # an enum's own says its name, not its letters
        case _ if left == 0:
            return _described(value)
        case list():
            return [_encode(item, left - 1) for item in value]
        case tuple():
            return {KIND: "tuple", "items": [_encode(item, left - 1) for item in value]}
        case set() | frozenset():
            return {KIND: "set", "items": [_encode(item, left - 1) for item in value]}
        case Mapping():
            return _encode_mapping(value, left - 1)
        case _:
            return _encode_object(value, left - 1)


def _encode_mapping(value: Mapping[Any, Any], left: int) -> Any:
    if KIND in value or not all(type(key) is str for key in value):
        return {
            KIND: "dict",
            "items": [[_encode(key, left), _encode(item, left)] for key, item in value.items()],
        }
    return {scrub(key): _encode(item, left) for key, item in value.items()}


def _encode_object(value: Any, left: int) -> Any:
    kind = type(value)
    if _classes().get(kind.__name__) is kind:
        return {KIND: kind.__name__, "fields": _encode_mapping(_said(value), left)}
    try:
        if hasattr(kind, "model_fields"):
            return _encode_mapping({name: getattr(value, name) for name in kind.model_fields}, left)
        if dataclasses.is_dataclass(kind):
            names = [field.name for field in dataclasses.fields(kind)]
            return _encode_mapping({name: getattr(value, name) for name in names}, left)
    except (AttributeError, TypeError):
        pass  # half made, or made up: a mock has every attribute
    return _described(value)


def _said(value: Any) -> dict[str, Any]:
    """The fields of a LangChain object that say something: a default that was left alone does not."""

    def says(name: str, field: FieldInfo) -> bool:
        if name in value.model_fields_set:
            return True
        return bool(getattr(value, name) != field.get_default(call_default_factory=True))

    names = (name for name, field in type(value).model_fields.items() if says(name, field))
    return {name: getattr(value, name) for name in sorted(names)}


def _described(value: Any) -> str:
    """The `repr` of a value, or where it has none its class; at most `DESCRIBED_CHARS` long."""
    return scrub(_DESCRIBER.repr_instance(value, 0))


def decode(value: Any) -> Any:
    """The inverse of `encode`.

    Raises: WireError on a value that `encode` did not make.
    """
    try:
        return _decode(value)
    except RecursionError as error:
        raise WireError("A value is malformed: it is nested too deep", remedy=SAME_RELEASE) from error


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if KIND not in value:
        return {key: _decode(item) for key, item in value.items()}
    try:
        return _decode_kind(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        kind = repr(value[KIND])[:80]
        raise WireError(f"A value of the kind {kind} is malformed", remedy=SAME_RELEASE) from error


def _decode_kind(value: dict[str, Any]) -> Any:
    match value[KIND]:
        case "tuple":
            return tuple(_decode(item) for item in value["items"])
        case "set":
            return {_decode(item) for item in value["items"]}
        case "dict":
            return {_decode(key): _decode(item) for key, item in value["items"]}
        case "float":
            return float(value["value"])
        case name:
            kind, fields = _classes()[name], value["fields"]
            return kind(**{key: _decode(item) for key, item in fields.items()})


def without_words(value: Any) -> Any:
    """The same value with every text in it emptied: its shape may leave the server, its words may not.

    Messages keep their type, id and name, which is what LangGraph reads of them.
    """
    if isinstance(value, str):
        return ""
    if isinstance(value, list):
        return [without_words(item) for item in value]
    if isinstance(value, tuple):
        return tuple(without_words(item) for item in value)
    if isinstance(value, Mapping):
        return {key: without_words(item) for key, item in value.items()}
    for field in ("messages", "text"):
        if hasattr(value, "to_messages") and hasattr(value, field):
            return value.model_copy(update={field: without_words(getattr(value, field))})
    if type(value).__name__ in _MESSAGES and _classes().get(type(value).__name__) is type(value):
        return _without_content(value)
    return value if value is None or isinstance(value, bool | int | float) else ""


def _without_content(message: Any) -> Any:
    emptied: dict[str, Any] = {"content": "", "additional_kwargs": {}, "response_metadata": {}}
    for calls in ("tool_calls", "tool_call_chunks", "invalid_tool_calls"):
        if getattr(message, calls, None):
            emptied[calls] = []
    if hasattr(message, "artifact"):
        emptied["artifact"] = None
    return message.model_copy(update=emptied)
