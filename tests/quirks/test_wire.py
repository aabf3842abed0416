"""Each wire quirk does what its sentence says, on the wire itself; without them, nothing does."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.streams.text import TextReceiveStream

from mcp_server.quirks import Wire
from tests.quirks.harness import Caller, each_quirk, misbehaving
from throughline.client import open_session
from throughline.errors import ProgressSuppressed
from throughline.model import OpenModel
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

LONG = "[[tokens:60]]"


@pytest.fixture(scope="module")
async def caller(model: OpenModel) -> AsyncIterator[Caller]:
    async with each_quirk(model) as opened:
        yield opened


async def test_late_progress_comes_after_the_result(caller: Caller) -> None:
    caller.tool = "late"
    heard = await caller.watch(LONG)
    last = await caller.server.receive()
    assert heard.seqs == list(range(1, heard.frames_sent))
    assert last["params"]["_meta"]["throughline/frame"]["seq"] == heard.frames_sent


async def test_reordered_progress_comes_in_pairs_the_second_first(caller: Caller) -> None:
    caller.tool = "reordered"
    heard = await caller.watch(LONG)
    firsts = range(1, heard.frames_sent, 2)
    pairs = [seq for first in firsts for seq in (first + 1, first)]
    assert heard.seqs == pairs + [heard.frames_sent] * (heard.frames_sent % 2)


async def test_lossy_leaves_out_the_second_message(caller: Caller) -> None:
    caller.tool = "lossy"
    heard = await caller.watch(LONG)
    assert heard.seqs == [1, *range(3, heard.frames_sent + 1)]


async def test_buffered_progress_comes_when_the_tool_is_done(model: OpenModel, caller: Caller) -> None:
    caller.tool = "buffered"
    number = await caller.begin(LONG, streaming=True)
    await caller.first_progress()
    assert model.endpoint.requests[-1].tokens == 60
    heard = await caller.end(number)
    assert heard.seqs == list(range(2, heard.frames_sent + 1))


async def test_misattributed_progress_goes_out_as_the_other_call_s(caller: Caller) -> None:
    caller.tool = "misattributed"
    alone = await caller.watch(LONG)
    first = await caller.begin(f"[[reply:{'a ' * 60}]]", streaming=True)
    second = await caller.begin(f"[[reply:{'b ' * 60}]]", streaming=True)
    heard = await caller.end_all(first, second)
    assert {one["progressToken"] for one in alone.progress} == {f"t{alone.number}"}
    seen = {(one["params"]["progressToken"], word) for one in heard for word in words_in(one)}
    assert {(f"t{first}", "b "), (f"t{second}", "a ")} <= seen


def words_in(message: dict[str, object]) -> list[str]:
    return [word for word in ("a ", "b ") if f"'{word}'" in str(message.get("params"))]


async def test_ignores_cancel_lets_the_tool_and_its_model_go_on_as_long_as_the_server_does(
    model: OpenModel,
) -> None:
    async with misbehaving(model, "ignores_cancel") as caller:
        async with caller.under_way("[[tokens:80]]") as (number, until):
            await caller.server.send("notifications/cancelled", {"requestId": number})
            record = await until(lambda record: record.ended_s is not None)
        assert (record.tokens, record.reader_left) == (80, False)
        assert (await caller.watch("[[reply:still here]]")).text == "still here"
        async with caller.under_way("[[tokens:100000]]") as (number, until):
            await caller.server.send("notifications/cancelled", {"requestId": number})
            assert await caller.server.leave() == 0
            assert (await until(lambda record: record.ended_s is not None)).reader_left


async def test_two_wire_quirks_at_once_do_both(model: OpenModel) -> None:
    async with misbehaving(model, "lossy,late,ignores_cancel") as caller:
        heard = await caller.watch(LONG)
        last = await caller.server.receive()
    assert heard.seqs == [1, *range(3, heard.frames_sent)]
    assert last["params"]["_meta"]["throughline/frame"]["seq"] == heard.frames_sent


async def test_without_quirks_nothing_is_disturbed(model: OpenModel) -> None:
    async with misbehaving(model, "") as caller:
        for _ in range(2):
            heard = await caller.watch(LONG)
            assert heard.seqs == list(range(1, heard.frames_sent + 1))
            assert heard.streamed == heard.text
        async with caller.under_way("[[tokens:100000]]") as (number, until):
            await caller.first_progress()  # before the model is done
            await caller.server.send("notifications/cancelled", {"requestId": number})
            await until(lambda record: record.reader_left)


def test_without_quirks_a_tool_is_itself() -> None:
    async def tool() -> None: ...

    assert Wire(()).disturbed(tool) is tool  # type: ignore[arg-type, comparison-overlap]


@asynccontextmanager
async def served_over_http(model: OpenModel, quirks: str) -> AsyncIterator[str]:
    command = [sys.executable, "-m", "mcp_server", "--transport", "http", "--port", "0"]
    env = {**os.environ, **model.settings.to_env(), "THROUGHLINE_QUIRKS": quirks}
    env["THROUGHLINE_LOG_LEVEL"] = "error"
    async with await anyio.open_process(command, env=env) as process:
        assert process.stderr is not None
        try:
            with anyio.fail_after(30):
                yield (await TextReceiveStream(process.stderr).receive()).split()[-1]
        finally:
            process.kill()


async def test_json_response_carries_no_progress_over_http(model: OpenModel) -> None:
    async with served_over_http(model, "json_response") as url, open_session(url) as remote:
        async with remote.call("list_items", {"place": LONG}, StreamRequest(streaming=True)) as call:
            assert not [event async for event in call.events()]
        ledger = call.ledger()
    assert ledger.received.frames == 0
    assert [type(finding) for finding in ledger.findings] == [ProgressSuppressed]


async def test_wire_quirks_work_over_http_as_well(model: OpenModel) -> None:
    async with served_over_http(model, "lossy, ignores_cancel") as url, open_session(url) as remote:
        async with remote.call("list_items", {"place": LONG}, StreamRequest(streaming=True)) as call:
            async for _ in call.events():
                pass
        ledger = call.ledger()
        assert ledger.sent is not None
        assert ledger.received.frames == ledger.sent.frames - 1
        asked = len(model.endpoint.requests)
        with anyio.fail_after(20):
            async with remote.call("list_items", {"place": LONG}, StreamRequest(streaming=True)):
                await model.endpoint.wait_for(lambda records: len(records) > asked and records[-1].tokens > 0)
            [*_, record] = await model.endpoint.wait_for(lambda records: records[-1].ended_s is not None)
    assert (record.tokens, record.reader_left) == (60, False)
