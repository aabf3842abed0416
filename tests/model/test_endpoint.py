"""The endpoint's life: its thread, its records, and readers that leave."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx
import pytest

from tests.model.asking import Asker, asking
from throughline.model import OpenModel, chat_model, open_model
from throughline.model.endpoint import serve
from throughline.model.local import Local
from throughline.model.records import Snapshot

pytestmark = pytest.mark.anyio

PACED = "scripted?pace_ms=20"


def has_tokens(count: int) -> object:
    return lambda records: bool(records) and records[-1].tokens >= count


def endpoint_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "throughline" in thread.name]


async def test_a_reader_that_leaves_stops_the_production(ask: Asker, scripted: OpenModel) -> None:
    ask.model = PACED
    count = len(scripted.endpoint.requests)
    with anyio.fail_after(10):
        body = ask.body("[[tokens:5000]]", stream=True)
        async with ask.client.stream("POST", "chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if '"t3 "' in line:
                    break
        records = await scripted.endpoint.wait_for(lambda rs: len(rs) > count and rs[-1].reader_left)
    record = records[-1]
    assert record.ended_s is not None
    assert 4 <= record.tokens < 50
    assert record.text.split() == [f"t{i}" for i in range(record.tokens)]
    assert record.finish_reason is None
    with anyio.move_on_after(0.1):  # five paces later nothing has been added
        await scripted.endpoint.wait_for(lambda rs: rs[record.number - 1].tokens > record.tokens)
        pytest.fail("tokens were produced for nobody")


async def test_leaving_the_clients_stream_is_seen_and_so_is_who_left(scripted: OpenModel) -> None:
    llm = chat_model(scripted.settings, who="agent", model=PACED)
    with anyio.fail_after(10):
        stream = llm.astream("[[tokens:5000]]")
        async for chunk in stream:
            if chunk.text == "t2 ":
                break
        await stream.aclose()  # type: ignore[attr-defined]
        records = await scripted.endpoint.wait_for(lambda rs: rs[-1].reader_left)
    assert records[-1].who == "agent"


async def test_a_reader_that_leaves_a_burst_is_seen_before_the_burst_ends(
    ask: Asker, scripted: OpenModel
) -> None:
    body = ask.body("[[tokens:1000000]]", stream=True)
    with anyio.fail_after(20):
        async with ask.client.stream("POST", "chat/completions", json=body) as response:
            async for _ in response.aiter_bytes():
                break
        records = await scripted.endpoint.wait_for(lambda rs: rs[-1].ended_s is not None)
    assert records[-1].reader_left
    assert records[-1].tokens < 1_000_000


async def test_a_reader_that_stays_to_the_end_has_not_left(ask: Asker, scripted: OpenModel) -> None:
    for stream in (True, False):
        await ask.raw("[[tokens:3]]", stream=stream)
        record = scripted.endpoint.requests[-1]
        assert not record.reader_left
        assert record.ended_s is not None


async def test_a_record_says_what_was_asked_and_what_became_of_it(ask: Asker, scripted: OpenModel) -> None:
    before_s = time.monotonic()
    count = len(scripted.endpoint.requests)
    await ask.chunks("[[reply:two words]]", stream_options={"include_usage": True})
    record = scripted.endpoint.requests[-1]
    assert (record.number, record.who, record.streamed) == (count + 1, "unknown", True)
    assert record.body == ask.body("[[reply:two words]]", stream=True, stream_options={"include_usage": True})
    assert (record.status, record.tokens, record.text) == (200, 2, "two words")
    assert (record.usage, record.finish_reason) == (True, "stop")
    assert record.first_byte_s is not None
    assert record.ended_s is not None
    assert before_s <= record.started_s <= record.first_byte_s <= record.ended_s <= time.monotonic()


async def test_a_stream_that_was_not_asked_for_usage_has_none(ask: Asker, scripted: OpenModel) -> None:
    await ask.chunks("hello")
    assert not scripted.endpoint.requests[-1].usage
    await ask.whole("hello")
    assert scripted.endpoint.requests[-1].usage


@pytest.mark.parametrize("who", ["agent", "tool"])
async def test_a_record_says_who_asked(scripted: OpenModel, who: str) -> None:
    await chat_model(scripted.settings, who="agent" if who == "agent" else "tool").ainvoke("hello")
    assert scripted.endpoint.requests[-1].who == who


async def test_a_refused_request_is_recorded_with_its_status(ask: Asker, scripted: OpenModel) -> None:
    ask.model = "gpt-9"
    await ask.raw("hello")
    assert scripted.endpoint.requests[-1].status == 404


async def test_requests_at_the_same_time_do_not_mix(ask: Asker) -> None:
    ask.model = "scripted?pace_ms=1"
    answers: dict[int, str] = {}

    async def one(number: int) -> None:
        words = " ".join(f"{number}-{i}" for i in range(20))
        answers[number] = await ask.text(f"[[reply:{words}]]")

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(one, number)
    assert all(answers[n].split() == [f"{n}-{i}" for i in range(20)] for n in range(20))


async def test_waiting_works_from_several_loops_at_once(scripted: OpenModel, ask: Asker) -> None:
    count = len(scripted.endpoint.requests)

    def elsewhere() -> Snapshot:
        return anyio.run(
            scripted.endpoint.wait_for, lambda rs: len(rs) > count and rs[-1].ended_s is not None
        )

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, elsewhere)
            tasks.start_soon(anyio.to_thread.run_sync, elsewhere)
            await ask.raw("hello")


async def test_stopping_ends_open_streams_at_once_and_leaves_nothing(http: httpx.AsyncClient) -> None:
    with anyio.fail_after(10):
        before = len(endpoint_threads())
        async with open_model("scripted?pace_ms=60000", env={}) as model:
            assert len(endpoint_threads()) == before + 1
            url = f"{model.endpoint.base_url}/chat/completions"
            headers = {"authorization": f"Bearer {model.endpoint.api_key}"}
            messages = [{"role": "user", "content": "[[tokens:5]]"}]
            body = {"model": model.settings.model, "messages": messages, "stream": True}
            request = http.build_request("POST", url, json=body, headers=headers)
            responses = [await http.send(request, stream=True) for _ in range(3)]
        assert len(endpoint_threads()) == before
        for response in responses:
            with pytest.raises(httpx.RemoteProtocolError):
                await response.aread()
    assert [record.ended_s is not None for record in model.endpoint.requests] == [True] * 3
    assert not any(record.reader_left for record in model.endpoint.requests)
    with pytest.raises(httpx.ConnectError):
        await http.get(url)


@pytest.mark.parametrize("begun", [True, False])
async def test_stopping_does_not_wait_for_a_client_that_says_nothing(begun: bool) -> None:
    with anyio.fail_after(10), socket.socket() as silent:
        async with open_model("scripted", env={}) as model:
            address = urlsplit(model.endpoint.base_url)
            silent.connect((address.hostname, address.port))
            head = f"POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer {model.endpoint.api_key}\r\n"
            if begun:
                silent.sendall(f"{head}host: x\r\ncontent-length: 10\r\n\r\n".encode())
        gc.collect()


async def test_a_client_that_leaves_in_the_middle_of_its_request_is_forgotten(scripted: OpenModel) -> None:
    address = urlsplit(scripted.endpoint.base_url)
    before = scripted.endpoint.requests
    with socket.create_connection((address.hostname or "", address.port or 0)) as client:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer {scripted.endpoint.api_key}\r\n"
        client.sendall(f"{head}host: x\r\ncontent-length: 10\r\n\r\n".encode())
    async with asking(scripted) as ask:
        await ask.raw("hello")
    assert len(scripted.endpoint.requests) == len(before) + 1


async def test_a_model_can_be_opened_again_and_again_without_leaving_a_trace() -> None:
    with anyio.fail_after(20):
        for _ in range(20):
            async with open_model("scripted?pace_ms=0", env={}) as model, asking(model) as ask:
                await ask.raw("hello", stream=True)
    gc.collect()  # an unclosed socket or loop would be a warning, and a warning is an error


async def test_cancelling_whoever_holds_a_model_closes_it() -> None:
    opened = asyncio.Event()
    models: list[OpenModel] = []

    async def hold() -> None:
        async with open_model("scripted", env={}) as model:
            models.append(model)
            opened.set()
            await anyio.sleep_forever()

    before = len(endpoint_threads())
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold)
            await opened.wait()
            tasks.cancel_scope.cancel()
    assert len(endpoint_threads()) == before


async def test_a_provider_that_cannot_be_opened_fails_in_the_open_and_leaves_nothing() -> None:
    def broken() -> Local:
        raise LookupError("no such thing")

    before = len(endpoint_threads())
    with anyio.fail_after(10), pytest.raises(LookupError, match="no such thing"):
        async with serve(broken):  # type: ignore[arg-type]
            pytest.fail("it was opened")
    assert len(endpoint_threads()) == before


async def test_a_burst_is_written_in_large_pieces(ask: Asker, scripted: OpenModel) -> None:
    body = ask.body("[[tokens:2000]]", stream=True)
    async with ask.client.stream("POST", "chat/completions", json=body) as response:
        pieces = [piece async for piece in response.aiter_raw()]
    assert scripted.endpoint.requests[-1].tokens == 2000
    assert len(pieces) < 200


async def test_keys_differ_and_are_in_no_representation(scripted: OpenModel) -> None:
    async with open_model("scripted", env={}) as other:
        assert other.endpoint.api_key != scripted.endpoint.api_key
        assert other.endpoint.api_key not in repr(other) + repr(other.endpoint) + str(other.settings)
        assert other.endpoint.base_url.startswith("http://127.0.0.1:")
