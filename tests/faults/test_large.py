"""Ten megabytes in and out; what is too much for a server is a sentence, and the session goes on."""

from __future__ import annotations

import anyio
import pytest

from tests.faults.conftest import Bridged
from tests.faults.web import Served
from throughline.client import open_session
from throughline.errors import RequestRefused
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

MUST_END_S = 60
SIZE = 10_000_000


async def test_ten_megabytes_of_a_result_arrive_whole(bridged: Bridged) -> None:
    with anyio.fail_after(MUST_END_S):
        assert await bridged.tools["big"].ainvoke({"chars": SIZE}) == "x" * SIZE
        await bridged.assert_well()


async def test_ten_megabytes_of_arguments_arrive_whole(bridged: Bridged) -> None:
    with anyio.fail_after(MUST_END_S):
        assert await bridged.tools["echo"].ainvoke({"text": "y" * SIZE}) == "y" * SIZE
        await bridged.assert_well()


async def test_arguments_that_are_too_much_over_http_are_refused_alone_and_in_a_sentence(
    json_web: Served,
) -> None:
    with anyio.fail_after(MUST_END_S):
        async with open_session(json_web.url) as remote:
            tools = {tool.name: tool for tool in await remote.load_tools()}
            async with remote.call("holds", {}, StreamRequest()) as beside:
                with pytest.raises(RequestRefused) as refused:
                    await tools["echo"].ainvoke({"text": "y" * SIZE})
                assert str(refused.value) == (
                    "The MCP server refused the call of 'echo' (HTTP 413: Request body too large): "
                    "send less, or raise `max_request_body_size` where the server is built."
                )
                await tools["release"].ainvoke({})
                _ = [event async for event in beside.events()]
                assert beside.result().content[0].text == "released"
