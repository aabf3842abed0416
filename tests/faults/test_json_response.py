"""A server that answers in one piece of JSON, in which no progress can travel: that is named."""

from __future__ import annotations

import logging

import anyio
import pytest

from tests.faults.streams import ToolStream
from tests.faults.web import Served
from throughline.client import open_session
from throughline.errors import ProgressSuppressed
from throughline.model import OpenModel
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

MUST_END_S = 60


async def test_progress_that_cannot_travel_is_a_finding_and_a_warning(
    json_web: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with anyio.fail_after(MUST_END_S):
        async with open_session(json_web.url) as remote:
            tools = {tool.name: tool for tool in await remote.load_tools()}
            with caplog.at_level(logging.WARNING, "throughline"):
                assert await tools["short"].ainvoke({"text": "all the same"}) == "all the same once more"
            [ledger] = remote.ledgers
    [finding] = ledger.findings
    assert isinstance(finding, ProgressSuppressed)
    assert ledger.sent is not None
    assert (finding.tool, finding.frames) == ("short", ledger.sent.frames)
    assert ledger.received.frames == 0
    assert [record.getMessage() for record in caplog.records] == [f"In a call of short: {finding}"]
    assert "turn `json_response` off" in str(finding)


async def test_where_that_is_to_be_strict_it_is_an_error_of_the_call(json_web: Served) -> None:
    with anyio.fail_after(MUST_END_S):
        async with open_session(json_web.url, strict=True) as remote:
            tools = {tool.name: tool for tool in await remote.load_tools()}
            with pytest.raises(ProgressSuppressed):
                await tools["short"].ainvoke({"text": "strictly"})


async def test_a_call_that_is_left_closes_the_providers_stream_all_the_same(
    json_web: Served, model: OpenModel
) -> None:
    stream = ToolStream(model)
    with anyio.fail_after(MUST_END_S):
        async with open_session(json_web.url) as remote:
            async with remote.call("endless", {"text": "never"}, StreamRequest(streaming=True)):
                await stream.begun()
                stream.left()
            await stream.assert_closed()
