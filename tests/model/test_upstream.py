"""The user's own endpoint behind ours: byte for byte, watched, and with its key kept."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
import openai
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tests.model.asking import ITEMS, Asker, asking, named
from throughline.model import OpenModel, chat_model, open_model

pytestmark = pytest.mark.anyio

KEY = "sk-upstream-secret"
EVENTS = (
    b'data: {"choices":[{"delta":{"role":"assistant","content":""}}], "odd" :  1}\n\n'
    b": a comment\n\n"
    b'data:{"choices":[{"delta":{"content":"Gr\xc3\xbc"}}]}\r\n\r\n'
    b'data: {"choices":[{"delta":{"content":"\\u00dfe"},"finish_reason":"stop"}]}\n\n'
    b"data: not json\n\n"
    b'data: {"choices":[],"usage":{"total_tokens":2}}\n\n'
    b"data: [DONE]\n\n"
)


class Upstream:
    """A raw HTTP server that answers each request with bytes it was given, cut into pieces of its own."""

    def __init__(self, address: str) -> None:
        self.base_url = f"http://{address}/v1"
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.status = b"200 OK"
        self.headers = b"content-type: text/event-stream\r\nx-request-id: r1\r\n"
        self.pieces: list[bytes] = [EVENTS]
        self.stays_open = False
        self.left = anyio.Event()

    async def serve(self, stream: SocketStream) -> None:
        async with stream:
            head, body = await self._read(stream)
            self.heads.append(head)
            self.bodies.append(body)
            start = b"HTTP/1.1 " + self.status + b"\r\n" + self.headers + b"connection: close\r\n\r\n"
            await stream.send(start)
            for piece in self.pieces:
                await stream.send(piece)
            if self.stays_open:
                with pytest.raises(anyio.EndOfStream):
                    await stream.receive()
                self.left.set()

    async def _read(self, stream: SocketStream) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await stream.receive()
        end = data.index(b"\r\n\r\n")
        head, body = data[:end], data[end + 4 :]
        lines = head.lower().split(b"\r\n")
        length = sum(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        while len(body) < length:
            body += await stream.receive()
        return head, body


@asynccontextmanager
async def listening() -> AsyncIterator[Upstream]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    upstream = Upstream(f"127.0.0.1:{port}")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, upstream.serve)
        yield upstream
        tasks.cancel_scope.cancel()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with listening() as upstream:
        yield upstream


@pytest.fixture
async def model(upstream: Upstream) -> AsyncIterator[OpenModel]:
    env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY, "OPENAI_MODEL": "theirs"}
    async with open_model("auto", env=env) as model:
        yield model


@pytest.fixture
async def own(model: OpenModel) -> AsyncIterator[Asker]:
    async with asking(model) as asker:
        yield asker


async def test_the_answer_comes_back_byte_for_byte(own: Asker, upstream: Upstream, model: OpenModel) -> None:
    upstream.pieces = [EVENTS[:70], EVENTS[70:71], EVENTS[71:]]
    async with own.client.stream("POST", "chat/completions", json=own.body("hello", stream=True)) as response:
        assert b"".join([piece async for piece in response.aiter_raw()]) == EVENTS
        assert response.headers["x-request-id"] == "r1"
        assert response.headers["content-type"] == "text/event-stream"
    record = model.endpoint.requests[-1]
    assert (record.tokens, record.text) == (2, "Gr\u00fc\u00dfe")
    assert (record.usage, record.finish_reason, record.status) == (True, "stop", 200)


async def test_the_request_goes_out_byte_for_byte(own: Asker, upstream: Upstream) -> None:
    raw = b'{ "model":"theirs",\n"messages": [ {"role":"user","content":"Gr\xc3\xbc\xc3\x9fe"} ], "x": 1.0 }'
    await own.client.post("chat/completions", content=raw, headers={"content-type": "application/json"})
    assert upstream.bodies == [raw]
    assert upstream.heads[0].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")


async def test_each_key_stays_on_its_side(model: OpenModel, upstream: Upstream) -> None:
    upstream.pieces = [EVENTS.replace(b"data: not json\n\n", b"")]
    await chat_model(model.settings, who="tool").ainvoke("hello", stream=True)
    head = upstream.heads[0].lower()
    assert f"authorization: bearer {KEY}".encode() in head
    assert model.endpoint.api_key.lower().encode() not in head
    assert b"x-throughline-who" not in head
    assert KEY not in repr(model) + str(model.settings) + json.dumps(model.settings.to_env())
    assert model.settings.base_url == model.endpoint.base_url != upstream.base_url
    assert (model.settings.kind, model.settings.model) == ("configured", "theirs")


async def test_an_error_comes_back_as_it_is(own: Asker, upstream: Upstream, model: OpenModel) -> None:
    upstream.status = b"429 Slow Down"
    upstream.headers = b"content-type: application/json\r\nretry-after: 7\r\ncontent-length: 18\r\n"
    upstream.pieces = [b'{"error": "later"}']
    response = await own.raw("hello")
    assert (response.status_code, response.content) == (429, b'{"error": "later"}')
    assert response.headers["retry-after"] == "7"
    assert model.endpoint.requests[-1].status == 429


async def test_an_answer_in_one_piece_is_recorded(own: Asker, upstream: Upstream, model: OpenModel) -> None:
    answer = {
        "choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}],
        "usage": {"total_tokens": 3},
    }
    upstream.headers = b"content-type: application/json\r\n"
    upstream.pieces = [json.dumps(answer).encode()]
    assert (await own.raw("hello")).json() == answer
    record = model.endpoint.requests[-1]
    assert (record.tokens, record.text, record.usage) == (1, "all at once", True)
    assert not record.streamed


async def test_the_list_of_models_is_theirs(own: Asker, upstream: Upstream, model: OpenModel) -> None:
    upstream.headers = b"content-type: application/json\r\n"
    upstream.pieces = [b'{"data": [{"id": "theirs"}]}']
    assert (await own.client.get("models")).json() == {"data": [{"id": "theirs"}]}
    assert upstream.heads[0].startswith(b"GET /v1/models HTTP/1.1\r\n")
    assert model.endpoint.requests == ()


async def test_a_reader_that_leaves_us_leaves_them_too(
    own: Asker, upstream: Upstream, model: OpenModel
) -> None:
    upstream.pieces, upstream.stays_open = [EVENTS[:200]], True
    with anyio.fail_after(10):
        async with own.client.stream(
            "POST", "chat/completions", json=own.body("hello", stream=True)
        ) as response:
            async for _ in response.aiter_raw():
                break
        records = await model.endpoint.wait_for(lambda rs: rs[-1].reader_left)
        await upstream.left.wait()
    assert records[-1].tokens == 1


async def test_a_reader_may_leave_before_they_have_answered(own: Asker, model: OpenModel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, anyio.fail_after(10):
        env = {"OPENAI_BASE_URL": f"http://127.0.0.1:{mute.getsockname()[1]}"}
        async with open_model("configured", env=env) as silent, asking(silent) as ask:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask.raw, "hello")
                await silent.endpoint.wait_for(lambda rs: len(rs) == 1)
                tasks.cancel_scope.cancel()
            await silent.endpoint.wait_for(lambda rs: rs[-1].reader_left)


async def test_an_answer_that_breaks_off_there_breaks_off_here(own: Asker, upstream: Upstream) -> None:
    upstream.headers += b"content-length: 1000\r\n"
    with pytest.raises(httpx.RemoteProtocolError):
        await own.raw("hello", stream=True)


async def test_an_endpoint_that_is_not_there_is_a_502_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    env = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}
    async with open_model("auto", env=env) as model, asking(model) as ask:
        response = await ask.raw("hello")
        assert response.status_code == 502
        error = response.json()["error"]
        assert error["code"] == "upstream_unreachable"
        assert f"http://127.0.0.1:{port}/v1" in error["message"]
        with anyio.fail_after(10), pytest.raises(openai.InternalServerError):
            await chat_model(model.settings, who="agent").ainvoke("hello")
        assert len(model.endpoint.requests) == 2, "the client tried again, in vain"


async def test_a_model_behind_two_endpoints_is_still_the_same_model(scripted: OpenModel) -> None:
    env = {"OPENAI_BASE_URL": scripted.settings.base_url, "OPENAI_API_KEY": scripted.settings.api_key}
    env["OPENAI_MODEL"] = scripted.settings.model
    async with open_model("auto", env=env) as model, asking(model) as outer, asking(scripted) as inner:
        asked = {"tools": [ITEMS], "tool_choice": named("list_items"), "stream": True}
        prompt = "What items are in the bedroom?"
        assert len((await outer.raw(prompt, **asked)).text) == len((await inner.raw(prompt, **asked)).text)
        await outer.chunks("[[tokens:50]]")
        there, here = scripted.endpoint.requests[-1], model.endpoint.requests[-1]
        assert (there.tokens, there.text, there.finish_reason) == (here.tokens, here.text, here.finish_reason)
        assert there.body == here.body
