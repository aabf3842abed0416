"""A client that stops reading: the provider waits, memory is bounded, nothing is lost when it reads on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.faults.host import MUST_END_S, OPT_IN, Host, rss_kib
from tests.faults.web import Served, web_client
from throughline.ledger import Ledger, Totals
from throughline.model import OpenModel
from throughline.wire import read_frame, read_ledger

pytestmark = pytest.mark.anyio

FLOOD = {"answers": 16, "tokens": 1000, "chars": 4000}
"""Several times what pipes, sockets, the emitter and the SDK's streams hold together."""
WARM = FLOOD | {"answers": 1}
TOKENS = FLOOD["answers"] * FLOOD["tokens"]
META = {"progressToken": "slow", "throughline/stream": OPT_IN}
GROWTH_KIB = 45_000
"""More than is held back, in however many copies, and less than one copy of all (62,500)."""
ROUNDS = 3


async def test_a_reader_that_stops_makes_the_provider_wait_and_loses_nothing(
    host: Host, model: OpenModel
) -> None:
    await host.answer(await host.call("flood", META | {"progressToken": "warm"}, **WARM))
    before = rss_kib(host.process.pid)
    asked = len(model.endpoint.requests)
    with host.deaf():
        number = await host.call("flood", META, **FLOOD)
        assert await standing_still(model, asked, host.process.pid) < TOKENS / 2
        assert rss_kib(host.process.pid) - before < GROWTH_KIB
    answer = await host.answer(number)
    assert_whole(host.progress("slow"), answer["result"])
    assert await host.ask("ping")


async def test_the_same_over_http(web: Served, model: OpenModel) -> None:
    async with web_client(web.url) as client:
        async with client.calling("flood", META | {"progressToken": "warm"}, **WARM) as messages:
            assert [message async for message in messages]
        before = rss_kib(web.pid)
        asked = len(model.endpoint.requests)
        async with client.calling("flood", META, **FLOOD) as messages:
            assert await standing_still(model, asked, web.pid) < TOKENS / 2
            assert rss_kib(web.pid) - before < GROWTH_KIB
            with anyio.fail_after(MUST_END_S):
                *told, answer = [message async for message in messages]
        assert_whole([message["params"] for message in told], answer["result"])


async def standing_still(model: OpenModel, asked: int, pid: int) -> int:
    """Wait until the answers to the requests after the first `asked` do not grow; returns their tokens.

    What the waiting is measured in are answers of the same endpoint to somebody else, each as long as the one
    that waits: if that could go on, it would meanwhile. The server does not work either.
    """
    with anyio.fail_after(MUST_END_S):
        await model.endpoint.wait_for(lambda records: len(records) > asked)
        seen, same = (-1, -1), 0
        while same < ROUNDS:
            await somebody_else_is_answered(model)
            mine = [record.tokens for record in model.endpoint.requests[asked:] if record.who == "tool"]
            now = sum(mine), cpu_ticks(pid)
            same = same + 1 if now == seen else 0
            seen = now
    return seen[0]


async def somebody_else_is_answered(model: OpenModel) -> None:
    body = {
        "model": "scripted?pace_ms=0",
        "stream": True,
        "messages": [{"role": "user", "content": "[[tokens:3000]]"}],
    }
    headers = {"authorization": f"Bearer {model.endpoint.api_key}"}
    async with httpx.AsyncClient(headers=headers, timeout=MUST_END_S) as http:
        await http.post(f"{model.endpoint.base_url}/chat/completions", json=body)


def cpu_ticks(pid: int) -> int:
    """What a process has used of the processors (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def assert_whole(told: Iterable[dict[str, Any]], result: dict[str, Any]) -> None:
    """Every frame that was sent came, in order, and says what the ledger of the result says."""
    received = Ledger()
    for params in told:
        frame = read_frame(params["_meta"])
        assert frame is not None
        assert frame.seq == received.frames + 1
        received.add(frame)
    sent = read_ledger(result["_meta"])
    assert isinstance(sent, Totals)
    assert received.totals() == sent
    assert (sent.tokens, sent.chars) == (TOKENS, TOKENS * FLOOD["chars"])
    assert result["content"][0]["text"] == str(TOKENS)
