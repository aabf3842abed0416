"""What the scripted model answers, seen over HTTP."""

from __future__ import annotations

import json

import pytest
from jsonschema import validate  # type: ignore[import-untyped]

from tests.model.asking import ITEMS, JOKE, Asker, Json, calls_of, named, texts_of, tool

pytestmark = pytest.mark.anyio

CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "list_items", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "a bed, a lamp"}


def after_result(prompt: str) -> list[Json]:
    return [{"role": "user", "content": prompt}, CALLED, RESULT]


async def test_an_ordered_reply_is_given_word_for_word(ask: Asker) -> None:
    assert await ask.text("Say it: [[reply: Hello,\n  world! ]] and nothing else") == " Hello,\n  world! "


async def test_an_ordered_reply_may_be_json_with_brackets_of_its_own(ask: Asker) -> None:
    assert await ask.text('[[reply:{"a": [[1, 2]]}]]') == '{"a": [[1, 2]]}'
    assert await ask.text("[[reply:[[1], [2]]]]") == "[[1], [2]]"


async def test_an_ordered_number_of_tokens_is_counted_out(ask: Asker) -> None:
    assert texts_of(await ask.chunks("[[tokens:3]]")) == ["t0 ", "t1 ", "t2"]


async def test_the_order_may_come_from_whoever_spoke_last_where_no_user_did(ask: Asker) -> None:
    assert await ask.text([{"role": "system", "content": "[[reply:from the system]]"}]) == "from the system"


async def test_tokens_are_words_with_the_space_behind_them(ask: Asker) -> None:
    assert texts_of(await ask.chunks("[[reply:Why did it?  Because.]]")) == [
        "Why ",
        "did ",
        "it?  ",
        "Because.",
    ]


async def test_the_same_question_gets_the_same_answer(ask: Asker) -> None:
    assert await ask.text("What is a pipe?") == await ask.text("What is a pipe?")


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        ("What items are in the bedroom?", "a bed, a wardrobe"),
        ("Generate a short joke about pipes and cats", "pipes and cats"),
        ("Summarize this text:\nRain fell all day.", "Rain fell all day."),
        ("Who wrote Hamlet?", "Who wrote Hamlet?"),
    ],
)
async def test_a_canned_answer_fits_its_question_and_says_that_it_is_canned(
    ask: Asker, prompt: str, part: str
) -> None:
    answer = await ask.text(prompt)
    assert part in answer
    assert answer.startswith("Scripted")


async def test_a_default_answer_has_the_length_that_the_name_asks_for(ask: Asker) -> None:
    ask.model = "scripted?tokens=4&pace_ms=0"
    assert await ask.text("anything") == "t0 t1 t2 t3"


async def test_the_limit_of_tokens_cuts_the_answer_and_says_so(ask: Asker) -> None:
    answer = await ask.whole("[[tokens:9]]", max_completion_tokens=2)
    assert answer["choices"][0]["message"]["content"] == "t0 t1 "
    assert answer["choices"][0]["finish_reason"] == "length"


async def test_a_named_tool_is_called_with_arguments_out_of_the_words(ask: Asker) -> None:
    question = "What items are in the bedroom?"
    answer = await ask.whole(question, tools=[JOKE, ITEMS], tool_choice=named("list_items"))
    [call] = answer["choices"][0]["message"]["tool_calls"]
    assert call["function"] == {"name": "list_items", "arguments": '{"place": "bedroom"}'}
    assert answer["choices"][0]["message"]["content"] is None
    assert answer["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_named_tool_is_called_even_where_a_reply_is_ordered(ask: Asker) -> None:
    prompt = "[[reply:hello]]"
    answer = await ask.whole(prompt, tools=[ITEMS], tool_choice=named("list_items"))
    [call] = answer["choices"][0]["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"place": prompt}


async def test_a_free_choice_calls_the_first_tool_once_and_then_tells_the_result(ask: Asker) -> None:
    question = "What items are in the bedroom?"
    first = await ask.whole(question, tools=[ITEMS, JOKE])
    assert first["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "list_items"
    assert "a bed, a lamp" in await ask.text(after_result(question), tools=[ITEMS, JOKE])


async def test_no_tool_is_called_where_none_is_wanted(ask: Asker) -> None:
    answer = await ask.whole("[[call:list_items {}]]", tools=[ITEMS], tool_choice="none")
    assert "tool_calls" not in answer["choices"][0]["message"]


async def test_ordered_calls_are_made_as_written_and_an_order_inside_one_is_left_to_its_tool(
    ask: Asker,
) -> None:
    prompt = '[[call:list_items {"place": "[[tokens:7]]"}]] then [[call:nobody {"x": 1}]]'
    answer = await ask.whole(prompt, tools=[ITEMS])
    functions = [call["function"] for call in answer["choices"][0]["message"]["tool_calls"]]
    assert functions == [
        {"name": "list_items", "arguments": '{"place": "[[tokens:7]]"}'},
        {"name": "nobody", "arguments": '{"x": 1}'},
    ]


async def test_ordered_calls_that_are_no_json_are_made_all_the_same(ask: Asker) -> None:
    answer = await ask.whole('[[call:list_items {"place": "bed]]', tools=[ITEMS])
    [call] = answer["choices"][0]["message"]["tool_calls"]
    assert call["function"]["arguments"] == '{"place": "bed'


async def test_ordered_calls_are_made_once_and_the_ordered_reply_follows_the_result(ask: Asker) -> None:
    prompt = '[[call:list_items {"place": "bed"}]] [[reply:done]]'
    assert await ask.text(after_result(prompt), tools=[ITEMS]) == "done"


async def test_parallel_calls_are_streamed_with_name_and_id_first(ask: Asker) -> None:
    prompt = '[[call:list_items {"place": "bed"}]] [[call:tell_joke {"topic": "cats"}]]'
    calls = calls_of(await ask.chunks(prompt, tools=[ITEMS, JOKE]))
    starts = [call for call in calls if "id" in call]
    assert [(call["index"], call["function"]["name"]) for call in starts] == [
        (0, "list_items"),
        (1, "tell_joke"),
    ]
    assert len({call["id"] for call in starts}) == 2
    pieces = [[c["function"]["arguments"] for c in calls if c["index"] == index] for index in (0, 1)]
    assert ["".join(piece) for piece in pieces] == ['{"place": "bed"}', '{"topic": "cats"}']
    assert all(len(piece) > 2 for piece in pieces)


SCHEMA: Json = {
    "type": "object",
    "$defs": {"Mood": {"enum": ["glad", "sad"]}},
    "properties": {
        "name": {"type": "string", "minLength": 8},
        "mood": {"$ref": "#/$defs/Mood"},
        "age": {"type": "integer", "exclusiveMinimum": 17, "multipleOf": 5},
        "size": {"type": ["number", "null"], "maximum": 0.5},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 2}, "minItems": 2},
        "home": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["day"], "properties": {}}]},
        "both": {"allOf": [{"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}]},
        "free": {"type": "string"},
    },
    "required": ["name", "mood", "age", "size", "tags", "home", "both"],
}


async def test_an_answer_under_a_schema_is_valid_and_has_no_more_than_it_must(ask: Asker) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "it", "schema": SCHEMA}}
    made = json.loads(await ask.text("Describe it", response_format=form))
    validate(made, SCHEMA)
    assert set(made) == set(SCHEMA["required"])


async def test_arguments_satisfy_the_schema_of_their_tool(ask: Asker) -> None:
    answer = await ask.whole("A sad story of 20 words", tools=[tool("any", SCHEMA)], tool_choice="required")
    [call] = answer["choices"][0]["message"]["tool_calls"]
    made = json.loads(call["function"]["arguments"])
    validate(made, SCHEMA)
    assert (made["mood"], made["age"]) == ("sad", 20)


async def test_a_schema_that_contains_itself_comes_to_an_end(ask: Asker) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    form = {"type": "json_schema", "json_schema": {"name": "it", "schema": node}}
    assert json.loads(await ask.text("Describe it", response_format=form))["next"]
