"""What a tool call waits for and `initialize` does not: LangChain imported, and the model open.

Knows when the server may start to get ready (once `initialize` is answered), what it imports and where its
model comes from. Refuses to know tools and MCP. Nothing heavy is imported here: that is the point.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module

import anyio
import anyio.to_thread

from mcp_server.config import ServerConfig
from mcp_server.tools import configure
from throughline.errors import ThroughlineError

logger = logging.getLogger(__name__)

WARM_UP = (
    "langsmith.client",
    "langchain_core.messages",
    "langchain_core.runnables",
    "langchain_core.language_models",
    "openai.types",
    "openai",
    "langchain_openai",
    "langgraph.graph",
    "throughline.server.graph",
)
"""Imported one by one, so that a server that is told to end need only wait for one of them."""


class Readiness:
    """One server's way from answering `initialize` to running tools."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._wanted = anyio.Event()
        self._settled = anyio.Event()
        self._ending = anyio.Event()
        self._failure: ThroughlineError | None = None

    def begin(self) -> None:
        """Start getting ready in the background; more than once is once."""
        self._wanted.set()

    async def wait(self) -> None:
        """Return when tools can run, or raise what stands in their way."""
        self.begin()
        await self._settled.wait()
        if self._failure is not None:
            raise self._failure

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be ready when asked, until the block ends; the model is closed with it."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            try:
                yield
            finally:
                self._ending.set()
                self._wanted.set()

    async def _run(self) -> None:
        await self._wanted.wait()
        await self._warm_up()
        async with AsyncExitStack() as stack:
            try:
                if not self._ending.is_set():
                    await self._open_model(stack)
            except ThroughlineError as error:
                self._failure = error
            self._settled.set()
            await self._ending.wait()

    async def _warm_up(self) -> None:
        for name in WARM_UP:
            if self._ending.is_set():
                return
            await anyio.to_thread.run_sync(_import, name)

    async def _open_model(self, stack: AsyncExitStack) -> None:
        if self._config.endpoint is not None:
            configure(self._config.endpoint)
            return
        from throughline.model import open_model

        model = await stack.enter_async_context(open_model(self._config.model, env=self._config.env))
        if model.notice:
            logger.warning("%s", model.notice)
        configure(model.settings)


def _import(name: str) -> None:
    # A module that moved only makes the first call slower; one that is broken fails there, in its own words.
    with suppress(ImportError):
        import_module(name)
