"""The server over streamable HTTP, started as a person would start it."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from throughline.client import open_session
from throughline.model import OpenModel, open_model
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def model() -> AsyncIterator[OpenModel]:
    async with open_model("scripted?pace_ms=0", env={}) as opened:
        yield opened


@asynccontextmanager
async def served(model: OpenModel, *options: str) -> AsyncIterator[tuple[Process, TextReceiveStream]]:
    command = [sys.executable, "-m", "mcp_server", "--transport", "http", *options]
    env = {**os.environ, **model.settings.to_env()}
    async with await anyio.open_process(command, env=env) as process:
        assert process.stderr is not None
        try:
            with anyio.fail_after(60):
                yield process, TextReceiveStream(process.stderr)
        finally:
            if process.returncode is None:
                process.kill()


async def test_sessions_share_one_server_which_streams_to_each_and_ends_on_a_signal(model: OpenModel) -> None:
    async with served(model, "--port", "0") as (process, said):
        url = (await said.receive()).split()[-1]
        for _ in range(2):
            async with open_session(url, strict=True) as remote:
                wanted = StreamRequest(streaming=True)
                async with remote.call("list_items", {"place": "attic"}, wanted) as call:
                    events = [event async for event in call.events()]
                assert len(events) > 2
                assert call.ledger().received.tokens > 5
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 128 + signal.SIGTERM


async def test_a_port_that_is_taken_ends_in_a_sentence(model: OpenModel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with served(model, "--port", str(taken.getsockname()[1])) as (process, said):
            sentence = await said.receive()
            assert await process.wait() == 2
    assert "Nothing can listen on" in sentence
    assert "Traceback" not in sentence
