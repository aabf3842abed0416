"""Values cross as what they were, what cannot is described, and nothing else is ever built from the wire."""

from __future__ import annotations

import enum
import json
from collections import UserDict, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.prompt_values import ChatPromptValue, ImagePromptValue
from pydantic import BaseModel

from tests.core.values import any_text, mended, objects, over_json, shape, steady, values
from throughline.codec import KIND, _classes, decode, encode, scrub, scrub_json, without_words
from throughline.errors import WireError


@given(values)
@steady
def test_what_is_encoded_and_decoded_is_what_it_was(value: Any) -> None:
    assert shape(decode(over_json(encode(value)))) == shape(mended(value))


@given(objects())
@steady
def test_langchains_objects_arrive_equal_and_of_their_class(value: Any) -> None:
    arrived = decode(over_json(encode(value)))
    assert type(arrived) is type(value)
    assert shape(arrived) == shape(value)


@given(values)
@steady
def test_what_is_encoded_is_json_in_utf8(value: Any) -> None:
    encoded = json.dumps(encode(value), ensure_ascii=False, allow_nan=False)
    assert json.loads(encoded.encode()) == encode(value)


def test_a_message_that_was_changed_after_it_was_made_arrives_changed() -> None:
    message = AIMessage("hello")
    message.additional_kwargs["later"] = 1
    message.tool_calls.append({"name": "look", "args": {}, "id": "1", "type": "tool_call"})
    assert decode(over_json(encode(message))) == message


def test_a_text_of_a_kind_of_its_own_arrives_as_its_letters() -> None:
    class Colour(str, enum.Enum):  # noqa: UP042 - its own `str()` is the point
        RED = "red"

    assert encode(Colour.RED) == "red"
    assert encode(AIMessage("hello").text) == "hello"


class Model(BaseModel):
    name: str
    inner: list[int]


@dataclass
class Record:
    name: str
    pair: tuple[int, int]


Named = namedtuple("Named", ["left", "right"])


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def looped() -> list[Any]:
    value: list[Any] = [1]
    value.append({"again": value})
    return value


def nested(depth: int) -> Any:
    value: Any = "deep down"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (Model(name="m", inner=[1]), {"name": "m", "inner": [1]}),
        (Record("r", (1, 2)), {"name": "r", "pair": (1, 2)}),
        (Named(1, 2), (1, 2)),
        (UserDict({"a": 1}), {"a": 1}),
        (1j, "1j"),
        (b"\xff", "b'\\xff'"),
    ],
)
def test_what_is_not_of_langchain_arrives_as_plain_data(value: Any, arrives: Any) -> None:
    assert decode(over_json(encode(value))) == arrives


@pytest.mark.parametrize("value", [Hostile(), [Hostile()], looped(), nested(5_000)])
def test_no_value_is_too_odd_to_be_told(value: Any) -> None:
    assert _levels(json.loads(json.dumps(encode(value)))) < 200  # what JSON parsers take


def _levels(told: Any) -> int:
    inner = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return 1 + max(map(_levels, inner), default=0)


def test_the_wire_builds_data_of_langchain_and_nothing_else() -> None:
    assert all(known.__module__.startswith("langchain_core.") for known in _classes().values())
    assert all(issubclass(known, BaseModel) for known in _classes().values())


@given(
    st.text(max_size=20)
    | st.sampled_from(["Popen", "object", "AIMessage ", "BaseMessage", "HumanMessagePromptTemplate"])
)
@steady
def test_a_class_that_is_not_on_the_list_is_refused(name: str) -> None:
    known = {*_classes(), "tuple", "set", "dict", "float"}
    if name not in known:
        with pytest.raises(WireError, match="malformed"):
            decode({KIND: name, "fields": {}})


@pytest.mark.parametrize(
    "value",
    [
        {KIND: "tuple"},
        {KIND: "tuple", "items": 1},
        {KIND: "set", "items": [[1]]},
        {KIND: "dict", "items": [[1, 2, 3]]},
        {KIND: "dict", "items": [[[1], 2]]},
        {KIND: "float", "value": "much"},
        {KIND: "float", "value": []},
        {KIND: None},
        {KIND: ["AIMessage"], "fields": {}},
        {KIND: "AIMessage"},
        {KIND: "AIMessage", "fields": []},
        {KIND: "AIMessage", "fields": {"content": 1}},
        {KIND: "AIMessage", "fields": {"content": "x", "self": 1}},
        {KIND: "HumanMessage", "fields": {"content": {KIND: "nothing"}}},
        {KIND: "LLMResult", "fields": {"generations": [[{"type": "Nothing"}]]}},
    ],
)
def test_a_value_that_nobody_encodes_is_refused_in_a_sentence(value: Any) -> None:
    with pytest.raises(WireError, match="malformed"):
        decode([{"deep": value}])


@given(any_text)
@steady
def test_mended_text_can_be_written_and_whole_text_is_left_alone(text: str) -> None:
    mended_text = scrub(text)
    mended_text.encode()
    assert scrub(mended_text) == mended_text
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert mended_text == text


def test_halves_of_a_pair_are_joined_and_lone_ones_replaced() -> None:
    assert scrub("a\ud83d\ude42b") == "a🙂b"
    assert scrub("a\ud83d") == "a�"
    assert scrub_json({"\udc00": ["\ud83d", ("\ud83d\ude42", 1)]}) == {"�": ["�", ["🙂", 1]]}


WORDS = "the secret of the house"


@pytest.mark.parametrize(
    "value",
    [
        WORDS,
        [WORDS, (WORDS, {"question": WORDS})],
        Named(WORDS, WORDS),
        AIMessage(
            WORDS,
            additional_kwargs={"refusal": WORDS},
            response_metadata={"logprobs": {"content": [{"token": WORDS}]}},
            tool_calls=[{"name": "look", "args": {"word": WORDS}, "id": "1"}],
        ),
        HumanMessage([{"type": "text", "text": WORDS}]),
        ToolMessage(WORDS, tool_call_id="1", artifact={"found": WORDS}),
        ChatPromptValue(messages=[HumanMessage(WORDS)]),
        ImagePromptValue(image_url={"url": WORDS}),
        Document(WORDS, metadata={"source": WORDS}),
        Model(name=WORDS, inner=[]),
        Record(WORDS, (1, 2)),
    ],
)
def test_a_value_without_its_words_says_nothing_of_them(value: Any) -> None:
    assert WORDS not in json.dumps(encode(without_words(value)))


def test_a_message_without_its_words_keeps_what_a_graph_reads_of_it() -> None:
    message = ToolMessage(WORDS, tool_call_id="1", id="m", name="look")
    emptied = without_words([message])[0]
    assert (type(emptied), emptied.id, emptied.name, emptied.content) == (ToolMessage, "m", "look", "")
    assert message.content == WORDS
