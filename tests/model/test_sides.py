"""Who asks, by the address; and what is no chat completion, passed on and recorded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.model.asking import Asker, asking
from tests.model.test_upstream import KEY, Upstream, listening
from throughline.model import ModelSettings, OpenModel, chat_model, open_model
from throughline.model.answered import put_together
from throughline.model.chat import WHO_HEADER, Who

pytestmark = pytest.mark.anyio

RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "model": "theirs-1",
    "status": "completed",
    "output": [
        {"type": "reasoning", "summary": []},
        {"type": "message", "content": [{"type": "output_text", "text": "Gr\u00fc\u00dfe"}]},
        {"type": "function_call", "call_id": "c1", "name": "ask", "arguments": "{}"},
    ],
    "usage": {"total_tokens": 2},
}
CALL = {"id": "c1", "type": "function", "function": {"name": "ask", "arguments": "{}"}}


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with listening() as upstream:
        upstream.headers = b"content-type: application/json\r\n"
        yield upstream


@pytest.fixture
async def model(upstream: Upstream) -> AsyncIterator[OpenModel]:
    env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY, "OPENAI_MODEL": "theirs"}
    async with open_model("configured", env=env) as model:
        yield model


@pytest.fixture
async def own(model: OpenModel) -> AsyncIterator[Asker]:
    async with asking(model) as asker:
        yield asker


def openai_of(settings: ModelSettings) -> AsyncOpenAI:
    """The client of somebody who knows nothing of us."""
    return AsyncOpenAI(base_url=settings.base_url, api_key=settings.api_key, max_retries=0)


@pytest.mark.parametrize("who", ["agent", "tool"])
async def test_code_that_sends_no_header_is_known_by_its_address(scripted: OpenModel, who: Who) -> None:
    settings = scripted.settings.as_seen_by(who)
    async with openai_of(settings) as client:
        assert "scripted" in [one.id async for one in client.models.list()]
        stream = await client.chat.completions.create(
            model=settings.model, messages=[{"role": "user", "content": "hello"}], stream=True
        )
        assert [chunk async for chunk in stream]
    assert scripted.endpoint.requests[-1].who == who


async def test_a_header_that_says_who_asks_wins_over_the_address(scripted: OpenModel) -> None:
    await chat_model(scripted.settings.as_seen_by("tool"), who="agent").ainvoke("hello")
    assert scripted.endpoint.requests[-1].who == "agent"
    async with openai_of(scripted.settings.as_seen_by("tool")) as client:
        headers = {WHO_HEADER: "somebody"}
        await client.with_options(default_headers=headers).models.list()
        await client.with_options(default_headers=headers).chat.completions.create(
            model=scripted.settings.model, messages=[{"role": "user", "content": "hello"}]
        )
    assert scripted.endpoint.requests[-1].who == "tool"


def test_a_side_is_seen_from_another() -> None:
    settings = ModelSettings("http://127.0.0.1:1/v1", "k", "m", "scripted")
    tool = settings.as_seen_by("tool")
    assert tool.base_url == "http://127.0.0.1:1/tool/v1"
    assert tool.as_seen_by("tool") == tool
    assert tool.as_seen_by("agent").base_url == "http://127.0.0.1:1/agent/v1"
    assert tool.to_env()["OPENAI_BASE_URL"] == tool.base_url
    assert (tool.api_key, tool.model, tool.kind) == ("k", "m", "scripted")


async def test_what_is_no_chat_completion_passes_byte_for_byte(
    own: Asker, upstream: Upstream, model: OpenModel
) -> None:
    upstream.pieces = [b'{ "data": [ {"embedding": [0.5]} ],', b' "usage": {"total_tokens": 1} }']
    raw = b'{ "model":"theirs", "input":"Gr\xc3\xbc\xc3\x9fe" }'
    answer = await own.client.post("embeddings?api-version=1", content=raw)
    assert answer.content == b"".join(upstream.pieces)
    assert upstream.heads[0].startswith(b"POST /v1/embeddings?api-version=1 HTTP/1.1\r\n")
    assert upstream.bodies == [raw]
    record = model.endpoint.requests[-1]
    assert (record.method, record.path, record.status) == ("POST", "/embeddings", 200)
    assert (record.streamed, record.text, record.usage) == (False, "", True)
    assert record.started_s <= (record.first_byte_s or 0) <= (record.ended_s or 0)


async def test_any_method_path_and_body_passes(own: Asker, upstream: Upstream, model: OpenModel) -> None:
    upstream.pieces = [b"\x00\xff"]
    upstream.headers = b"content-type: audio/mpeg\r\n"
    assert (await own.client.put("files/a%2Fb", content=b"\xff\x00 no JSON")).content == b"\x00\xff"
    assert (await own.client.delete("files/1")).content == b"\x00\xff"
    assert [head.split(b"\r\n")[0] for head in upstream.heads] == [
        b"PUT /v1/files/a%2Fb HTTP/1.1",
        b"DELETE /v1/files/1 HTTP/1.1",
    ]
    assert upstream.bodies == [b"\xff\x00 no JSON", b""]
    assert [(one.method, one.body) for one in model.endpoint.requests] == [("PUT", {}), ("DELETE", {})]


async def test_the_responses_api_is_read_as_it_passes(upstream: Upstream, model: OpenModel) -> None:
    upstream.headers = b"content-type: text/event-stream\r\n"
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**RESPONSE, "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", "delta": "Gr\u00fc"},
        {"type": "response.output_text.delta", "delta": "\u00dfe"},
        {"type": "response.completed", "response": RESPONSE},
    ]
    upstream.pieces = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in told]
    async with openai_of(model.settings.as_seen_by("agent")) as client:
        stream = await client.responses.create(model="theirs", input="hello", stream=True)
        assert [event.type async for event in stream] == [one["type"] for one in told]
    record = model.endpoint.requests[-1]
    assert (record.path, record.who, record.streamed) == ("/responses", "agent", True)
    assert (record.tokens, record.text, record.usage) == (2, "Gr\u00fc\u00dfe", True)
    assert record.finish_reason == "tool_calls"
    answered = put_together(record.sent)
    assert answered.answer["content"] == "Gr\u00fc\u00dfe"
    assert answered.answer["tool_calls"] == [CALL]
    assert len(answered.chunk_s) == 2


@pytest.mark.parametrize(
    ("body", "said", "reason"),
    [
        (RESPONSE, "Gr\u00fc\u00dfe", "tool_calls"),
        ({**RESPONSE, "status": "incomplete", "output": [], "incomplete_details": None}, "", "incomplete"),
        (
            {
                **RESPONSE,
                "status": "incomplete",
                "output": [],
                "incomplete_details": {"reason": "max_output_tokens"},
            },
            "",
            "length",
        ),
        (
            {
                "object": "text_completion",
                "choices": [{"text": "so", "finish_reason": "stop"}],
                "usage": {"total_tokens": 1},
            },
            "so",
            "stop",
        ),
    ],
)
async def test_answers_of_every_kind_in_one_piece_are_read(
    own: Asker, upstream: Upstream, model: OpenModel, body: dict[str, object], said: str, reason: str
) -> None:
    upstream.pieces = [json.dumps(body).encode()]
    assert (await own.client.post("responses", json={"model": "theirs"})).json() == body
    record = model.endpoint.requests[-1]
    assert (record.text, record.finish_reason, record.usage) == (said, reason, True)
    assert put_together(record.sent).answer["content"] == said


@pytest.mark.parametrize("path", ["embeddings", "responses", "completions"])
async def test_what_a_model_of_ours_has_not_is_a_404_in_openais_shape(scripted: OpenModel, path: str) -> None:
    async with asking(scripted) as ask:
        answer = await ask.client.post(path, json={"model": "x"})
        assert answer.status_code == 404
        error = answer.json()["error"]
        assert error["code"] == "unknown_url"
        assert error["message"] == f"Invalid URL (POST /v1/{path})."
    record = scripted.endpoint.requests[-1]
    assert (record.path, record.status, record.ended_s is not None) == (f"/{path}", 404, True)


async def test_the_key_is_asked_for_everywhere(scripted: OpenModel) -> None:
    async with asking(scripted) as ask:
        ask.client.headers["authorization"] = "Bearer wrong"
        for path in ("embeddings", "responses", "chat/completions"):
            assert (await ask.client.post(path, json={})).status_code == 401
