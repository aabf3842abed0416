"""One scripted model and one spawned server for all laws; tools local and bridged from the same bodies."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from mcp import StdioServerParameters
from mcp.client.stdio import get_default_environment

from mcp_server.tools import configure
from tests.law.bodies import BODIES, SHIPPED
from tests.law.graphs import Tools
from throughline.client import RemoteSession, local_tool, open_session
from throughline.model import OpenModel, open_model
from throughline.model.chat import chat_model

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Bed:
    """What a law is tried on."""

    model: OpenModel
    remote: RemoteSession
    local: Tools
    bridged: Tools

    def agent_model(self) -> BaseChatModel:
        return chat_model(self.model.settings, who="agent")


def law_server(model: OpenModel, *args: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "tests.law.server", *args], env=model.settings.to_env(), cwd=ROOT
    )


@pytest.fixture(scope="module")
async def model(anyio_backend: str) -> AsyncIterator[OpenModel]:
    async with open_model("scripted?pace_ms=0", env={}) as opened:
        yield opened


@asynccontextmanager
async def spawned_http(model: OpenModel, *args: str) -> AsyncIterator[str]:
    """The server over HTTP, by its URL, for as long as the context is open."""
    command = [sys.executable, "-m", "tests.law.server", "--http", *args]
    env = {**get_default_environment(), **model.settings.to_env()}
    async with await anyio.open_process(command, env=env, cwd=ROOT, stderr=None) as process:
        assert process.stdout is not None
        with anyio.fail_after(30):
            url = (await process.stdout.receive()).decode().strip()
        try:
            yield url
        finally:
            process.terminate()
            with anyio.fail_after(30, shield=True):
                assert await process.wait() == 128 + signal.SIGTERM


def listed(tool: BaseTool) -> dict[str, Any]:
    """The input schema that the server lists for a tool."""
    assert isinstance(tool.args_schema, dict)
    return tool.args_schema


@asynccontextmanager
async def opened_bed(model: OpenModel, server: StdioServerParameters | str) -> AsyncIterator[Bed]:
    configure(model.settings)
    async with open_session(server, strict=True) as remote:
        bridged = {tool.name: tool for tool in await remote.load_tools()}
        bodies = BODIES | SHIPPED
        local = {
            name: local_tool(bodies[name], name=name, description=tool.description, args_schema=listed(tool))
            for name, tool in bridged.items()
        }
        yield Bed(model, remote, local, bridged)


@pytest.fixture(scope="module")
async def bed(model: OpenModel) -> AsyncIterator[Bed]:
    """Over stdio."""
    async with opened_bed(model, law_server(model)) as opened:
        yield opened


@pytest.fixture(scope="module")
async def http_bed(model: OpenModel) -> AsyncIterator[Bed]:
    """Over streamable HTTP."""
    async with spawned_http(model) as url, opened_bed(model, url) as opened:
        yield opened


@pytest.fixture(scope="module", params=["stdio", "http"])
async def any_bed(request: pytest.FixtureRequest, model: OpenModel) -> AsyncIterator[Bed]:
    """One test body over both."""
    async with AsyncExitStack() as stack:
        server = (
            law_server(model)
            if request.param == "stdio"
            else await stack.enter_async_context(spawned_http(model))
        )
        yield await stack.enter_async_context(opened_bed(model, server))
