"""The embedded model, for real: a small LLM that answers, calls tools, obeys schemas and stops when told.

Nothing is asserted about its words: they differ from machine to machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator

import anyio
import httpx
import openai
import pytest
from jsonschema import validate  # type: ignore[import-untyped]
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from tests.model.asking import ITEMS, JOKE, Asker, asking, calls_of, named, texts_of
from throughline.model import OpenModel, chat_model, engine, open_model
from throughline.model.engine import MOST_TOKENS
from throughline.model.errors import EngineFailed
from throughline.model.shelf import DEFAULT
from throughline.model.weights import find

PROBLEM = engine.problem()
WEIGHTS = find(DEFAULT, os.environ)
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.embedded,
    pytest.mark.skipif(PROBLEM is not None, reason=f"no engine: {PROBLEM}"),
    pytest.mark.skipif(WEIGHTS is None, reason=f"no weights: throughline model pull {DEFAULT.name}"),
]
QUESTION = "What items are in the bedroom?"
PATIENCE_S = 100


@pytest.fixture(scope="module")
async def embedded(anyio_backend: str) -> AsyncIterator[OpenModel]:
    async with open_model(DEFAULT.name, env=os.environ) as model:
        yield model


@pytest.fixture
async def own(embedded: OpenModel) -> AsyncIterator[Asker]:
    async with asking(embedded) as asker:
        asker.client.timeout = PATIENCE_S
        yield asker


async def test_it_is_opened_by_its_name_and_reported_by_it(embedded: OpenModel, own: Asker) -> None:
    assert (embedded.settings.kind, embedded.settings.model) == ("embedded", "smollm2-135m-instruct")
    listed = (await own.client.get("models")).json()
    assert [model["id"] for model in listed["data"]] == ["smollm2-135m-instruct"]


async def test_a_stream_and_an_answer_in_one_piece_say_the_same(embedded: OpenModel, own: Asker) -> None:
    chunks = await own.chunks(QUESTION, stream_options={"include_usage": True}, max_tokens=40)
    record = embedded.endpoint.requests[-1]
    assert record.text == "".join(texts_of(chunks)) != ""
    assert record.tokens == len(texts_of(chunks)) > 1
    answer = await own.whole(QUESTION, max_tokens=40)
    assert answer["choices"][0]["message"]["content"] == record.text
    assert answer["usage"] == chunks[-1]["usage"]
    assert answer["usage"]["completion_tokens"] <= 40
    assert answer["model"] == "smollm2-135m-instruct"


async def test_tokens_arrive_one_by_one(own: Asker) -> None:
    body = own.body("Count from one to twenty.", stream=True, max_tokens=30)
    async with own.client.stream("POST", "chat/completions", json=body) as response:
        pieces = [piece async for piece in response.aiter_raw()]
    assert len(pieces) > 5


async def test_an_answer_is_cut_at_the_limit_and_says_so(own: Asker) -> None:
    answer = await own.whole("Tell a long story.", max_completion_tokens=5)
    assert answer["usage"]["completion_tokens"] == 5
    assert answer["choices"][0]["finish_reason"] == "length"


async def test_more_tokens_than_the_engine_gives_are_not_given(own: Asker) -> None:
    answer = await own.whole("Count upwards without end.", max_tokens=100_000, temperature=0)
    assert answer["usage"]["completion_tokens"] <= MOST_TOKENS


async def test_a_named_tool_is_called_with_arguments_that_satisfy_it(own: Asker) -> None:
    answer = await own.whole(QUESTION, tools=[JOKE, ITEMS], tool_choice=named("list_items"))
    [call] = answer["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "list_items"
    validate(json.loads(call["function"]["arguments"]), ITEMS["function"]["parameters"])
    assert answer["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_tool_call_is_streamed_with_its_name_first(own: Asker) -> None:
    calls = calls_of(await own.chunks(QUESTION, tools=[ITEMS], tool_choice="required"))
    assert calls[0]["function"] == {"name": "list_items", "arguments": ""}
    assert calls[0]["id"].startswith("call_")
    assert len(calls) > 2
    json.loads("".join(call["function"]["arguments"] for call in calls))


async def test_one_of_several_tools_is_called_where_a_call_is_required(own: Asker) -> None:
    answer = await own.whole(QUESTION, tools=[JOKE, ITEMS], tool_choice="required")
    [call] = answer["choices"][0]["message"]["tool_calls"]
    tool = {"list_items": ITEMS, "tell_joke": JOKE}[call["function"]["name"]]
    validate(json.loads(call["function"]["arguments"]), tool["function"]["parameters"])


async def test_a_free_choice_ends_in_a_call_or_in_words(own: Asker) -> None:
    message = (await own.whole("Hello!", tools=[JOKE, ITEMS], max_tokens=40))["choices"][0]["message"]
    assert bool(message["content"]) != bool(message.get("tool_calls"))


async def test_after_a_result_it_answers_and_does_not_call_on(embedded: OpenModel) -> None:
    bound = chat_model(embedded.settings, who="agent", max_tokens=40).bind_tools([ITEMS])
    conversation = [
        HumanMessage(QUESTION),
        AIMessage("", tool_calls=[{"id": "c1", "name": "list_items", "args": {"place": "bedroom"}}]),
        ToolMessage("a bed, a lamp", tool_call_id="c1"),
    ]
    answer: AIMessageChunk | None = None
    async for chunk in bound.astream(conversation):
        assert isinstance(chunk, AIMessageChunk)
        answer = chunk if answer is None else answer + chunk
    assert answer is not None
    assert answer.text
    assert not answer.tool_calls


async def test_an_answer_under_a_schema_satisfies_it_and_ends(own: Asker) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "mood": {"enum": ["glad", "sad"]},
            "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 12}},
        },
        "required": ["name", "mood", "age", "tags"],
    }
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    answer = await own.whole("Describe Ada Lovelace.", response_format=form)
    validate(json.loads(answer["choices"][0]["message"]["content"]), schema)
    assert answer["choices"][0]["finish_reason"] == "stop"


async def test_a_schema_that_contradicts_itself_is_a_400_and_never_reaches_the_engine(own: Asker) -> None:
    schema = {"type": "string", "minLength": 5, "maxLength": 2}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    response = await own.raw("hello", response_format=form)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_schema")


@pytest.mark.parametrize("stream", [True, False])
async def test_a_prompt_that_is_too_long_is_a_400_in_openais_words(own: Asker, stream: bool) -> None:
    response = await own.raw("dog " * 9000, stream=stream)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "context_length_exceeded"


async def test_a_schema_that_the_engine_does_not_know_is_a_400(own: Asker) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "thing"}}}
    response = await own.raw("hello", response_format=form)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_a_reader_that_leaves_stops_the_engine(embedded: OpenModel, own: Asker) -> None:
    body = own.body("Tell a very long story about a dog.", stream=True, max_tokens=500)
    with anyio.fail_after(PATIENCE_S):
        async with own.client.stream("POST", "chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if '"content":"' in line and '"content":""' not in line:
                    break
        records = await embedded.endpoint.wait_for(lambda rs: rs[-1].reader_left)
    assert 1 <= records[-1].tokens < 400


async def test_a_reader_may_leave_while_the_prompt_is_read(embedded: OpenModel, own: Asker) -> None:
    prompt = "Summarize: " + "the dog runs over the hill. " * 500
    with anyio.fail_after(PATIENCE_S):
        async with own.client.stream("POST", "chat/completions", json=own.body(prompt, stream=True)):
            pass
        records = await embedded.endpoint.wait_for(lambda rs: rs[-1].ended_s is not None)
    assert records[-1].reader_left
    assert records[-1].tokens == 0


async def test_more_readers_than_it_has_slots_are_all_answered(own: Asker) -> None:
    answers: list[str] = []

    async def one(number: int) -> None:
        answers.append(await own.text(f"Say a word about {number}.", max_tokens=8))

    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as tasks:
            for number in range(engine.SLOTS + 2):
                tasks.start_soon(one, number)
    assert all(answers)
    assert len(answers) == engine.SLOTS + 2


async def test_stopping_in_the_middle_of_an_answer_does_not_wait_for_its_end(http: httpx.AsyncClient) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with open_model("embedded", env=os.environ) as model:
            headers = {"authorization": f"Bearer {model.endpoint.api_key}"}
            messages = [{"role": "user", "content": "Tell a long story."}]
            body = {"model": model.settings.model, "messages": messages, "stream": True}
            url = f"{model.endpoint.base_url}/chat/completions"
            request = http.build_request("POST", url, json=body, headers=headers, timeout=PATIENCE_S)
            response = await http.send(request, stream=True)
        with pytest.raises(httpx.RemoteProtocolError):
            await response.aread()
    assert model.endpoint.requests[0].finish_reason is None


async def test_weights_that_the_engine_cannot_load_are_a_500_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    (cache / "models").mkdir()
    with (cache / "models" / DEFAULT.file).open("wb") as file:
        file.truncate(DEFAULT.size_bytes)
    async with open_model("embedded", env={"THROUGHLINE_CACHE": str(cache)}) as model:
        with pytest.raises(openai.InternalServerError, match="does not load") as caught:
            await chat_model(model.settings, who="agent").ainvoke("hello")
    assert caught.value.code == "engine_failed"


def test_the_engine_failing_is_told_with_a_remedy() -> None:
    assert "scripted" in EngineFailed(engine=engine.NAME, reason="libgomp.so.1 is missing").remedy
