"""The endpoint speaks as OpenAI does: streams, usage, errors, and ChatOpenAI understands it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import AIMessageChunk, BaseMessageChunk
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from tests.model.asking import ITEMS, JOKE, Asker, Json, named
from throughline.model import OpenModel, chat_model

pytestmark = pytest.mark.anyio

CALLS = '[[call:list_items {"place": "bed"}]] [[call:tell_joke {"topic": "cats"}]]'
TWO_CALLS = [("list_items", {"place": "bed"}), ("tell_joke", {"topic": "cats"})]


@pytest.fixture
def llm(scripted: OpenModel) -> ChatOpenAI:
    return chat_model(scripted.settings, who="tool")


async def gathered(stream: AsyncIterator[BaseMessageChunk]) -> AIMessageChunk:
    whole: Any = None
    async for chunk in stream:
        whole = chunk if whole is None else whole + chunk
    assert isinstance(whole, AIMessageChunk)
    return whole


def made(calls: list[Any]) -> list[tuple[str, Json]]:
    return [(call["name"], call["args"]) for call in calls]


async def test_a_stream_begins_with_the_role_and_ends_with_the_reason(ask: Asker) -> None:
    chunks = await ask.chunks("[[tokens:2]]")
    first, *_, last = chunks
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert last["choices"][0]["finish_reason"] == "stop"
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert {chunk["model"] for chunk in chunks} == {ask.model}
    assert all("usage" not in chunk for chunk in chunks)


async def test_a_stream_tells_its_usage_last_where_it_is_asked_to(ask: Asker) -> None:
    *chunks, last = await ask.chunks("[[tokens:2]]", stream_options={"include_usage": True})
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert {chunk["usage"] for chunk in chunks} == {None}


async def test_an_answer_in_one_piece_has_its_usage(ask: Asker) -> None:
    answer = await ask.whole("[[tokens:2]]")
    assert answer["object"] == "chat.completion"
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


async def test_the_client_gets_the_same_answer_streamed_and_in_one_piece(llm: ChatOpenAI) -> None:
    streamed = await gathered(llm.astream("What items are in the kitchen?"))
    whole = await llm.ainvoke("What items are in the kitchen?")
    assert streamed.text == whole.text != ""
    assert streamed.usage_metadata == whole.usage_metadata
    assert streamed.response_metadata["finish_reason"] == "stop"


def test_the_client_may_block_its_thread(llm: ChatOpenAI) -> None:
    assert llm.invoke("[[reply:yes]]").text == "yes"
    assert "".join(chunk.text for chunk in llm.stream("[[reply:yes or no]]")) == "yes or no"


async def test_the_client_understands_parallel_calls_streamed_and_in_one_piece(llm: ChatOpenAI) -> None:
    bound = llm.bind_tools([ITEMS, JOKE])
    streamed: AIMessageChunk | None = None
    async for chunk in bound.astream(CALLS):
        assert isinstance(chunk, AIMessageChunk)
        streamed = chunk if streamed is None else streamed + chunk
    assert streamed is not None
    whole = await bound.ainvoke(CALLS)
    assert made(streamed.tool_calls) == made(whole.tool_calls) == TWO_CALLS


async def test_the_client_may_force_any_call(llm: ChatOpenAI) -> None:
    answer = await llm.bind_tools([ITEMS, JOKE], tool_choice="any").ainvoke("What is in the garage?")
    assert made(answer.tool_calls) == [("list_items", {"place": "garage"})]


async def test_the_client_gets_structured_output(llm: ChatOpenAI) -> None:
    class City(BaseModel):
        name: str
        population: int

    city = await llm.with_structured_output(City, method="json_schema").ainvoke("Describe Paris")
    assert isinstance(city, City)


async def test_the_client_reads_an_error_with_its_code(scripted: OpenModel) -> None:
    llm = chat_model(scripted.settings, who="agent", model="scripter")
    with pytest.raises(openai.NotFoundError) as caught:
        await llm.ainvoke("hello")
    assert caught.value.code == "model_not_found"


async def test_the_models_are_listed(ask: Asker) -> None:
    listed = (await ask.client.get("models")).json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["scripted"]


@pytest.mark.parametrize("path", ["models", "chat/completions"])
@pytest.mark.parametrize("key", [None, "Bearer wrong", "Basic \u00fc"])
async def test_without_its_key_the_endpoint_answers_401(
    scripted: OpenModel, http: httpx.AsyncClient, path: str, key: str | None
) -> None:
    headers = [] if key is None else [(b"authorization", key.encode())]
    method = "GET" if path == "models" else "POST"
    response = await http.request(method, f"{scripted.endpoint.base_url}/{path}", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


async def test_an_unknown_model_is_a_404_that_names_those_there_are(ask: Asker) -> None:
    ask.model = "gpt-9"
    response = await ask.raw("hello")
    assert response.status_code == 404
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    assert "scripted" in error["message"]


async def test_an_unknown_address_is_a_404(ask: Asker) -> None:
    response = await ask.client.get("engines")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "unknown_url"
    assert (await ask.client.get("chat/completions")).status_code == 405


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"hello"', b"\xff", b'{"temperature": NaN}', b"[" * 100_000]
)
async def test_a_body_that_is_no_json_object_is_a_400(ask: Asker, body: bytes) -> None:
    response = await ask.client.post("chat/completions", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages[0].tool_calls[0]"),
        ({"model": 3}, "model"),
        ({"stream": "yes"}, "stream"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": "many"}, "max_completion_tokens"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [ITEMS], "tool_choice": "sometimes"}, "tool_choice"),
        ({"tools": [ITEMS], "tool_choice": named("nobody")}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"model": "scripted?pase_ms=1"}, "model"),
        ({"model": "scripted?fault=cut"}, "model"),
    ],
)
async def test_a_wrong_parameter_is_a_400_that_names_it(ask: Asker, wrong: Json, param: str) -> None:
    response = await ask.client.post("chat/completions", json={**ask.body("hello"), **wrong})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


async def test_a_refusal_is_not_worth_a_second_try(ask: Asker) -> None:
    ask.model = "gpt-9"
    assert (await ask.raw("hello")).headers["x-should-retry"] == "false"


async def test_blocks_of_text_are_read_as_text(ask: Asker) -> None:
    blocks = [{"type": "text", "text": "[[reply:in"}, {"type": "text", "text": "blocks]]"}]
    assert await ask.text([{"role": "user", "content": blocks}]) == "in\nblocks"
