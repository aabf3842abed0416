"""Values of every kind that runs take in and give out, for property tests. Knows the codec's vocabulary."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, Generation, LLMResult
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from throughline.codec import KIND, scrub

MESSAGES = (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
)

steady = settings(derandomize=True, deadline=None, database=None, max_examples=60)
"""The same examples in every run, on however busy a machine."""

texts = st.text(max_size=12)
any_text = st.text(st.characters(), max_size=12)
"""Text with halves of surrogate pairs in it."""

leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
plain = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
"""What JSON has words for, and the floats that it has none for."""

containers = st.recursive(
    leaves | any_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(st.integers() | texts, max_size=4)
        | st.frozensets(texts, max_size=4)
        | st.dictionaries(any_text | st.just(KIND), inner, max_size=4)
        | st.dictionaries(st.integers() | st.tuples(texts, st.booleans()), inner, max_size=4)
    ),
    max_leaves=12,
)
"""Everything that Python nests."""

ids = st.none() | st.text(min_size=1, max_size=8)
extras = st.dictionaries(texts, plain, max_size=2)
numbers = st.integers(0, 9)
CALL = "tool_call"


@st.composite
def messages(draw: st.DrawFn) -> BaseMessage:
    """Messages of every class that may cross."""
    kind: Any = draw(st.sampled_from(MESSAGES))
    if kind is RemoveMessage:
        return RemoveMessage(id=draw(texts))
    fields: dict[str, Any] = {
        "content": draw(texts | st.lists(texts | texts.map(block_of_text), max_size=2)),
        "additional_kwargs": draw(extras),
        "response_metadata": draw(extras),
        "id": draw(ids),
    }
    if issubclass(kind, AIMessage):
        used, made = draw(numbers), draw(numbers)
        usage = {"input_tokens": used, "output_tokens": made, "total_tokens": used + made}
        fields["usage_metadata"] = draw(st.sampled_from([None, usage]))
    if kind is AIMessage:
        called = draw(st.lists(st.tuples(texts, extras, ids), max_size=2))
        fields["tool_calls"] = [{"type": CALL, "name": n, "args": a, "id": i} for n, a, i in called]
    if kind is ToolMessage:
        fields |= {"tool_call_id": draw(texts), "artifact": draw(plain), "status": "error"}
    if issubclass(kind, ChatMessage):
        fields["role"] = draw(texts)
    if kind is FunctionMessage:
        fields["name"] = draw(texts)
    message: BaseMessage = kind(**fields)
    return message


def block_of_text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


@st.composite
def objects(draw: st.DrawFn) -> Any:
    """LangChain's data, whole."""
    info = draw(st.none() | extras)
    match draw(st.integers(0, 7)):
        case 0:
            return Document(draw(texts), metadata=draw(extras), id=draw(ids))
        case 1:
            return StringPromptValue(text=draw(texts))
        case 2:
            return ChatPromptValue(messages=draw(st.lists(messages(), max_size=2)))
        case 3:
            return Generation(text=draw(texts), generation_info=info)
        case 4:
            return ChatGeneration(message=draw(messages()), generation_info=info)
        case 5:
            return ChatGenerationChunk(message=AIMessageChunk(content=draw(texts)), generation_info=info)
        case 6:
            generation = ChatGeneration(message=draw(messages()), generation_info=info)
            return LLMResult(generations=[[generation], []], llm_output=info)
        case _:
            return draw(messages())


values = (
    containers | objects() | st.lists(objects(), max_size=2) | st.dictionaries(texts, objects(), max_size=2)
)
"""Everything at once."""


def over_json(value: Any) -> Any:
    """What a JSON value is on the other side of a wire that knows no NaN and only UTF-8."""
    return json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


def mended(value: Any) -> Any:
    """A value as it may arrive: its half surrogate pairs replaced, its frozen sets sets."""
    match value:
        case str():
            return scrub(value)
        case list():
            return [mended(item) for item in value]
        case tuple():
            return tuple(mended(item) for item in value)
        case set() | frozenset():
            return {mended(item) for item in value}
        case Mapping():
            return {mended(key): mended(item) for key, item in value.items()}
        case _:
            return value


def shape(value: Any) -> Any:
    """A value with its types, comparable: NaN equals NaN, and 1, 1.0 and True are three things."""
    match value:
        case float() if math.isnan(value):
            return "NaN"
        case list() | tuple():
            return type(value).__name__, [shape(item) for item in value]
        case set():
            return "set", frozenset(map(repr, value))
        case dict():
            return "dict", [(shape(key), shape(item)) for key, item in value.items()]
        case None | bool() | int() | float() | str():
            return type(value).__name__, value
        case _:
            fields = {name: shape(getattr(value, name)) for name in type(value).model_fields}
            return type(value).__name__, fields
