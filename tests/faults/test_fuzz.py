"""Messages that no host would send, to the shipped server: each request is answered, and none is its end."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import IO, Any

import anyio
import pytest

from tests.faults.fuzz import ids_to_answer, messages
from tests.faults.host import Host, hosted
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

SEED = 20_261_120
MESSAGES = 10_000
LONGEST_PIECE = 8192


@dataclass(frozen=True, slots=True)
class Shipped:
    """The shipped server, and what it says on stderr."""

    host: Host
    log: IO[bytes]

    def logged(self) -> list[bytes]:
        """The lines so far."""
        self.log.seek(0)
        return self.log.read().splitlines()


@pytest.fixture(scope="module")
async def shipped(model: OpenModel, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shipped]:
    with (tmp_path_factory.mktemp("fuzz") / "stderr").open("w+b") as log:
        async with hosted("-m", "mcp_server", env=model.settings.to_env(), stderr=log) as host:
            yield Shipped(host, log)
            assert await host.leave() == 0


async def assert_well(host: Host) -> None:
    """It still answers, and its tools still work."""
    assert await host.ask("ping") == {"jsonrpc": "2.0", "id": host.messages[-1]["id"], "result": {}}
    result = (await host.answer(await host.call("ask", prompt="[[reply:as before]]")))["result"]
    assert (result["isError"], result["content"][0]["text"]) == (False, "as before")


def answered(host: Host) -> Counter[Any]:
    return Counter({number: len(answers) for number, answers in host.answers.items()})


async def test_ten_thousand_random_and_mutated_messages_are_survived_and_each_request_is_answered(
    shipped: Shipped,
) -> None:
    lines = list(messages(SEED, MESSAGES))
    expected = ids_to_answer(lines)
    assert len(expected) > MESSAGES / 3
    host, before, said = shipped.host, answered(shipped.host), len(shipped.logged())
    for piece in pieces(b"".join(line + b"\n" for line in lines)):
        await host.write(piece)
    ping = (await host.ask("ping"))["id"]
    await host.until(lambda: answered(host) - before >= expected)
    assert set(answered(host) - before) - set(expected) == {ping}
    await assert_well(host)
    assert len(shipped.logged()) - said < MESSAGES
    assert not [line for line in shipped.logged() if b"Traceback" in line]


def pieces(data: bytes) -> Iterator[bytes]:
    """Cut anywhere, as a pipe does."""
    source = random.Random(SEED)
    while data:
        size = source.randrange(1, LONGEST_PIECE)
        yield data[:size]
        data = data[size:]


def request(number: Any, **more: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping", **more}).encode()


def nested(depth: int) -> bytes:
    return request(f"nested {depth}", params={"x": 0}).replace(b": 0", b": " + b"[" * depth + b"]" * depth)


DIGITS = b"9" * 5000
ODD = {
    "params that are a list": request(1, params=[1]),
    "params that are a number": request(2, params=7),
    "params that are false": request(3, params=False),
    "no version": b'{"id": 4, "method": "ping"}',
    "another version": request(5, jsonrpc="1.0"),
    "a method that is a number": request(6, method=7),
    "a method that is null": request(7, method=None),
    "a result beside the method": request(8, result={}),
    "an error beside the method": request(9, error={"code": 1, "message": "no"}),
    "an error and a result": request(10, error={"code": 1, "message": "no"}, result={}),
    "half a letter in the params": request(11, params={"\ud83d": "\ude42"}),
    "half a letter in the number": request("\ud83d"),
    "a number that is a long text": request("x" * 1_000_000),
    "a number of 4000 digits": request(10**4000 - 1),
    "5000 digits in the params": request(12, params={"x": 0}).replace(b": 0", b": " + DIGITS),
    "no number at all": request(13, params={"x": float("nan")}),
    "more than a float holds": request(14, params={"x": 0}).replace(b": 0", b": 1e999"),
    "an empty text": request(""),
    "the number twice": request(15).replace(b"15", b'15, "id": 16'),
    **{f"{depth} levels": nested(depth) for depth in (100, 190, 250, 400, 600, 900)},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_a_request_that_makes_no_sense_is_answered(shipped: Shipped, odd: bytes) -> None:
    [number] = ids_to_answer([odd]) or [json.loads(odd.replace(DIGITS, b"0"))["id"]]
    await shipped.host.write(odd + b"\n")
    assert "jsonrpc" in await shipped.host.answer(number)
    await assert_well(shipped.host)


async def test_a_request_that_is_no_json_rpc_is_told_so(shipped: Shipped) -> None:
    await shipped.host.write(request("told", params=[]) + b"\n")
    answer = await shipped.host.answer("told")
    assert answer["error"] == {"code": -32600, "message": "Invalid request"}


NOISE = {
    "words": b"Listening on port 80.",
    "a number that cannot be read": request(0).replace(b'": 0', b'": ' + DIGITS),
    "a number that is no number": request(None),
    "a fraction for a number": request(1.5),
    "true for a number": request(True),
    "a batch": b"[" + request(1) + b"]",
    "half a message": request(1)[:-1],
    "two in a line": request(1) + request(2),
    "binary": bytes(byte for byte in range(256) if byte != 10),
    "an array without an end": b"[" * 100_000,
    "objects without an end": b'{"a":' * 100_000,
    "too deep to be read": nested(100_000),
    "UTF-16": request(1).decode().encode("utf-16"),
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE.keys())
async def test_noise_is_one_line_of_log_at_most_and_nothing_else(shipped: Shipped, noise: bytes) -> None:
    lines = len(shipped.logged())
    before = answered(shipped.host).total()
    await shipped.host.write((noise + b"\n") * 10)
    await assert_well(shipped.host)
    assert answered(shipped.host).total() == before + 2
    said = shipped.logged()[lines:]
    assert len(said) <= 10
    assert not [line for line in said if b"Traceback" in line]


async def test_a_line_that_never_ends_is_not_gathered(shipped: Shipped) -> None:
    for _ in range(70):
        await shipped.host.write(b"x" * (1 << 20))
    await shipped.host.write(b"\n")
    await assert_well(shipped.host)


async def test_calls_that_are_cancelled_in_the_same_breath_never_run(
    shipped: Shipped, model: OpenModel
) -> None:
    before = len(model.endpoint.requests)
    for number in range(50):
        params = {"name": "ask", "arguments": {"prompt": "[[tokens:20000]]"}}
        call = request(f"cancelled {number}", method="tools/call", params=params)
        cancel = {"method": "notifications/cancelled", "params": {"requestId": f"cancelled {number}"}}
        await shipped.host.write(call + b"\n" + json.dumps({"jsonrpc": "2.0", **cancel}).encode() + b"\n")
        assert (await shipped.host.answer(f"cancelled {number}"))["error"]["message"] == "Request cancelled"
    await assert_well(shipped.host)
    asked = model.endpoint.requests[before:-1]
    with anyio.fail_after(10):
        await model.endpoint.wait_for(lambda records: all(record.ended_s for record in records[before:]))
    assert all(record.tokens < 20_000 for record in asked)
