"""One scripted model and one spawned server for all laws; tools local and bridged from the same bodies."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from mcp import StdioServerParameters

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


@pytest.fixture(scope="module")
async def bed(model: OpenModel) -> AsyncIterator[Bed]:
    configure(model.settings)
    async with open_session(law_server(model)) as remote:
        bridged = {tool.name: tool for tool in await remote.load_tools()}
        bodies = BODIES | SHIPPED
        local = {
            name: local_tool(
                bodies[name], name=name, description=tool.description, args_schema=tool.args_schema
            )
            for name, tool in bridged.items()
        }
        yield Bed(model, remote, local, bridged)
