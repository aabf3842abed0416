"""What every page of the handbook shares: a model to ask, servers to call, and a way to show pieces.

The model is throughline's scripted one, asked over real HTTP on loopback through `ChatOpenAI`; its words are
canned. `[[reply:TEXT]]` in a prompt makes it answer TEXT, `[[tokens:N]]` makes it count, and with tools
`[[call:NAME {"json": "arguments"}]]` makes it call one.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

from langchain_core.tools import BaseTool
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_openai import ChatOpenAI
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from throughline.client import open_session
from throughline.model import ModelSettings, OpenModel, chat_model, open_model

CODE = Path(__file__).parent


@cache
def provider() -> OpenModel:
    """The scripted provider, running in a thread until the program ends. `provider().endpoint.requests` are
    the requests so far: `who` asked, `streamed`, `tokens`, `reader_left`."""
    opened: Future[OpenModel] = Future()

    async def hold() -> None:
        async with open_model("scripted", env={}) as model:
            opened.set_result(model)
            await asyncio.Event().wait()

    threading.Thread(target=asyncio.run, args=(hold(),), daemon=True).start()
    return opened.result()


def settings(options: str = "pace_ms=0") -> ModelSettings:
    """Where the provider is, its key, and the name of the model with options (`pace_ms=0&tokens=7`)."""
    where = provider().settings
    return ModelSettings(where.base_url, where.api_key, f"scripted?{options}", "scripted")


def model(options: str = "pace_ms=0", *, who: Literal["agent", "tool"] = "agent", **more: Any) -> ChatOpenAI:
    """A ChatOpenAI that asks the provider and says who it is; `more` goes to ChatOpenAI."""
    return chat_model(settings(options), who=who, **more)


def server(name: str = "server", options: str = "pace_ms=0") -> StdioServerParameters:
    """How to start a server of docs/handbook/code (or the page's own file NAME.py) over stdio."""
    own = Path(f"{name}.py").resolve()
    script = own if own.is_file() else CODE / f"{name}.py"
    env = settings(options).to_env() | {"PYTHONPATH": str(CODE)}
    return StdioServerParameters(command=sys.executable, args=[str(script)], env=env)


@asynccontextmanager
async def plain_tools(where: StdioServerParameters) -> AsyncIterator[list[BaseTool]]:
    """The tools of a server as langchain-mcp-adapters loads them, in a held session."""
    async with stdio_client(where) as (reading, writing), ClientSession(reading, writing) as session:
        await session.initialize()
        yield await load_mcp_tools(session)


@asynccontextmanager
async def bridged_tools(where: StdioServerParameters) -> AsyncIterator[list[BaseTool]]:
    """The same tools through throughline's bridge."""
    async with open_session(where) as remote:
        yield await remote.load_tools()


def joined(pieces: Iterable[str]) -> str:
    """Pieces with bars between them, so that one sees where each ends."""
    return "|".join(pieces)


def asked(since: int = 0) -> list[str]:
    """Who asked the provider, and how: one line a request, from number `since` on."""
    return [
        f"{one.who}: {'stream' if one.streamed else 'whole'}, {one.tokens} tokens"
        + (", left before its end" if one.reader_left else "")
        for one in provider().endpoint.requests[since:]
    ]
