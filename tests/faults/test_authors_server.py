"""The five lines of docs/boundary.md, in a server with nothing else of ours, on the SDK's own transport."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig
from mcp import StdioServerParameters

from tests.faults.conftest import Bridged
from tests.faults.host import MUST_END_S, ROOT
from tests.faults.streams import ToolStream
from tests.law import graphs
from throughline.client import open_session
from throughline.model import OpenModel
from throughline.model.chat import WHO_HEADER, chat_model

pytestmark = pytest.mark.anyio

BEFORE = f"""
from langchain_openai import ChatOpenAI
from mcp.server.fastmcp import FastMCP

llm = ChatOpenAI(model="scripted?pace_ms=5", default_headers={{"{WHO_HEADER}": "tool"}})
mcp = FastMCP("author")
"""
AFTER = "mcp.run()\n"


def the_five_lines() -> str:
    page = (ROOT / "docs" / "boundary.md").read_text()
    section = page.partition("## Five lines for a server's author")[2].partition("\n## ")[0]
    [lines] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return str(lines)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("author") / "server.py"
    path.write_text(BEFORE + the_five_lines() + AFTER)
    return path


@pytest.fixture(scope="module")
async def author(model: OpenModel, script: Path) -> AsyncIterator[Bridged]:
    server = StdioServerParameters(
        command=sys.executable, args=[str(script)], env=model.settings.to_env(), cwd=ROOT
    )
    async with open_session(server, strict=True) as remote:
        yield Bridged(model, remote, await remote.load_tools())


async def tool_tokens(author: Bridged, words: str) -> AsyncGenerator[str, None]:
    """What the lane `messages` shows of the tool."""
    agent = graphs.agent(author.tools, chat_model(author.model.settings, who="agent"))
    inputs = {"messages": [("user", f'[[call:joke {{"topic": "{words}"}}]]')]}
    config = RunnableConfig(configurable={"thread_id": words})
    chunks = cast("AsyncGenerator[Any, None]", agent.astream(inputs, config, stream_mode="messages"))
    async with aclosing(chunks):
        async for chunk, metadata in chunks:
            if metadata["langgraph_node"] == "tools" and isinstance(chunk, AIMessageChunk) and chunk.text:
                yield str(chunk.text)


def test_the_lines_are_five() -> None:
    lines = [line for line in the_five_lines().splitlines() if line]
    assert len(lines) == 5


async def test_its_tokens_stream_into_messages_as_the_provider_made_them(author: Bridged) -> None:
    stream = ToolStream(author.model)
    with anyio.fail_after(MUST_END_S):
        told = [token async for token in tool_tokens(author, "[[tokens:50]]")]
    assert "".join(told).split() == [f"t{number}" for number in range(50)]
    assert len(told) == stream.tokens() == 50
    assert author.remote.ledgers[-1].received == author.remote.ledgers[-1].sent


async def test_leaving_its_stream_closes_the_providers_and_keeps_the_session(author: Bridged) -> None:
    stream = ToolStream(author.model)
    with anyio.fail_after(MUST_END_S):
        async with aclosing(tool_tokens(author, "[[tokens:20000]]")) as tokens:
            await anext(tokens)
            stream.left()
        await stream.assert_closed()
        assert await author.tools["joke"].ainvoke({"topic": "[[reply:still here]]"}) == "still here"
