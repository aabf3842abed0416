"""One scripted model for all faults, one server over HTTP, and a session with one over each transport."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from tempfile import TemporaryFile

import pytest
from langchain_core.tools import BaseTool
from mcp import StdioServerParameters

from tests.faults.host import ROOT, Host, hosted
from tests.faults.web import Served, served
from throughline.client import RemoteSession, open_session
from throughline.model import OpenModel, open_model

DEADLINE_S = "0.2"


class Bridged:
    """A session with the server of faults, its tools, and the model that they ask."""

    def __init__(self, model: OpenModel, remote: RemoteSession, tools: list[BaseTool]) -> None:
        self.model = model
        self.remote = remote
        self.tools = {tool.name: tool for tool in tools}

    async def assert_well(self) -> None:
        """A call of a tool gives what it should."""
        assert await self.tools["short"].ainvoke({"text": "still"}) == "still once more"


def faults_server(model: OpenModel, *options: str) -> StdioServerParameters:
    """The server of faults over stdio."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "tests.faults.server", *options],
        env=model.settings.to_env(),
        cwd=ROOT,
    )


@pytest.fixture(scope="package")
async def model(anyio_backend: str) -> AsyncIterator[OpenModel]:
    """Paces are chosen a tool at a time, by the model's name."""
    async with open_model("scripted?pace_ms=0", env={}) as opened:
        yield opened


@pytest.fixture(scope="package")
async def web(model: OpenModel) -> AsyncIterator[Served]:
    """The server of faults over HTTP, which takes twenty megabytes."""
    with TemporaryFile() as log:
        async with served(model, "--body-bytes", "20000000", log=log) as server:
            yield server


@pytest.fixture(scope="package")
async def json_web(model: OpenModel) -> AsyncIterator[Served]:
    """The same, which answers in JSON and takes what FastMCP takes: four megabytes."""
    with TemporaryFile() as log:
        async with served(model, "--json", log=log) as server:
            yield server


@pytest.fixture(scope="package")
async def host(model: OpenModel) -> AsyncIterator[Host]:
    """A host on raw pipes, of a server with a deadline."""
    command = ("-m", "tests.faults.server", "--deadline", DEADLINE_S)
    async with hosted(*command, env=model.settings.to_env()) as opened:
        yield opened
        assert await opened.leave() == 0


@pytest.fixture(scope="package", params=["stdio", "http"])
async def bridged(request: pytest.FixtureRequest, model: OpenModel, web: Served) -> AsyncIterator[Bridged]:
    """One test body over both transports."""
    server = faults_server(model) if request.param == "stdio" else web.url
    async with open_session(server, strict=True) as remote:
        opened = Bridged(model, remote, await remote.load_tools())
        await opened.assert_well()
        yield opened
