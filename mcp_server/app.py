"""build_server: the tools and their words on FastMCP; run: that server on a transport.

Everything that names the MCP SDK of today stands here, its private names included. Knows no tool by name,
reads no environment and no file, and imports no LangChain.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import mcp.types as types
from mcp.server.fastmcp import FastMCP
from mcp.server.fastmcp.exceptions import ToolError
from mcp.server.fastmcp.server import Settings
from mcp.server.lowlevel import Server
from pydantic import Field

from mcp_server.config import ServerConfig
from mcp_server.errors import UnknownTool
from mcp_server.logs import OURS, log_to_stderr
from mcp_server.quirks import OVER_HTTP, Wire, quirky
from mcp_server.readiness import Readiness
from mcp_server.tools import TOOLS, ToolSpec, check
from mcp_server.tools.provider import explained
from throughline import __version__
from throughline.errors import ThroughlineError
from throughline.server import streamed
from throughline.server.http import serve_http
from throughline.server.stdio import serve_stdio

NAME = "throughline"
INSTRUCTIONS = (
    "These tools ask a language model of the server's own and stream while they work. "
    "list_items names what is in a place, ask answers a question, tell_joke tells a joke about a topic, "
    "summarize shortens a text of any length. Each result is complete on its own; progress is a bonus."
)
HINTS = types.ToolAnnotations(
    readOnlyHint=True, destructiveHint=False, idempotentHint=False, openWorldHint=True
)
PLACES = ("attic", "bathroom", "bedroom", "cellar", "garage", "garden", "kitchen", "living room", "office")
LEVELS: dict[types.LoggingLevel, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "notice": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "alert": logging.CRITICAL,
    "emergency": logging.CRITICAL,
}

logger = logging.getLogger(__name__)


class Served(FastMCP[None]):
    """FastMCP that says in a sentence what is wrong with a call, and gets ready in the background."""

    def __init__(self, config: ServerConfig) -> None:
        self.readiness = Readiness(config)
        self.wire = Wire(config.quirks)
        # Over HTTP FastMCP's lifespan runs once a session; the model is the process's, see `run`.
        lifespan = (lambda _: self.running()) if config.transport == "stdio" else None
        super().__init__(NAME, instructions=INSTRUCTIONS, lifespan=lifespan, host=config.host)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run what the process has once, however many sessions there are."""
        async with self.readiness.running(), self.wire.running():
            yield

    async def call_tool(
        self, name: str, arguments: dict[str, Any]
    ) -> Sequence[types.ContentBlock] | dict[str, Any]:
        """Run a tool when its arguments fit and the model is there; a ToolError says what is missing."""
        try:
            check(_spec(name), arguments)
            await self.readiness.wait()
        except ThroughlineError as error:
            raise ToolError(str(error)) from None
        return await super().call_tool(name, arguments)


async def run(config: ServerConfig, announce: Callable[[str], None]) -> int:
    """Serve on the transport that the settings name, until it ends, and return the exit code.

    `announce` is told the URL where there is one. Raises OSError where an address cannot be had.
    """
    server = build_server(config)
    if config.transport == "stdio":
        return await serve_stdio(lowlevel(server), sdk=config.sdk_stdio)
    with socket.create_server((config.host, config.port)) as listening:
        async with server.running():
            return await serve_http(
                server, listening=listening, json_response=OVER_HTTP in config.quirks, announce=announce
            )


def build_server(config: ServerConfig) -> Served:
    """Return the server with every tool on it, not yet on any transport."""
    # Before FastMCP, which puts a handler of its own (wrapped at 80 columns) on a root logger that has none.
    log_to_stderr(config.log_level)
    with _environment_unread():
        server = Served(config)
    lowlevel(server).version = __version__  # the SDK's own version otherwise
    if config.quirks:
        logger.warning("This server misbehaves on purpose: %s.", ", ".join(sorted(config.quirks)))
    for spec in (quirky(spec, config.quirks) for spec in TOOLS):
        tool = streamed(explained(spec.body), send_prompts=config.send_prompts, deadline_s=config.deadline_s)
        server.add_tool(
            server.wire.disturbed(tool),
            name=spec.name,
            title=spec.title,
            description=spec.description,
            annotations=HINTS,
            structured_output=False,
        )
    server.prompt(title="What is in a place?")(items_in_place)
    server.completion()(_complete)  # type: ignore[no-untyped-call]
    _add_handlers(server)
    return server


def lowlevel(server: FastMCP[Any]) -> Server[Any, Any]:
    """Return the SDK's own server inside; FastMCP 1.30 has no public name for it."""
    return server._mcp_server  # noqa: SLF001 - guarded by test_the_names_of_the_sdk_are_where_the_server_looks


def items_in_place(
    place: Annotated[str, Field(description="The place to look in, for example bedroom.")],
) -> str:
    """Ask for the items in a place, with the tool that lists them."""
    return f"What items are in the {place}?"


def _add_handlers(server: Served) -> None:
    inner = lowlevel(server)

    @inner.set_logging_level()  # type: ignore[no-untyped-call, untyped-decorator]
    async def set_level(level: types.LoggingLevel) -> None:
        for name in OURS:
            logging.getLogger(name).setLevel(LEVELS[level])

    async def initialized(_: types.InitializedNotification) -> None:
        server.readiness.begin()

    inner.notification_handlers[types.InitializedNotification] = initialized


async def _complete(
    ref: types.PromptReference | types.ResourceTemplateReference,
    argument: types.CompletionArgument,
    context: types.CompletionContext | None,
) -> types.Completion:
    places = PLACES if argument.name == "place" else ()
    typed = argument.value.casefold()
    values = [place for place in places if place.startswith(typed)]
    return types.Completion(values=values, total=len(values), hasMore=False)


def _spec(name: str) -> ToolSpec:
    for spec in TOOLS:
        if spec.name == name:
            return spec
    raise UnknownTool(tool=name, known=[spec.name for spec in TOOLS])


@contextmanager
def _environment_unread() -> Iterator[None]:
    """Keep FastMCP 1.30 from reading FASTMCP_* and the `.env` of wherever it was started.

    Every value is passed, so that all they can do is end the server with a line that does not parse
    (test_a_foreign_env_file_and_fastmcp_variables_are_not_read tells when this can go).
    """
    config = Settings.model_config
    file, prefix = config["env_file"], config["env_prefix"]
    config["env_file"], config["env_prefix"] = None, "THROUGHLINE_UNREAD_"
    try:
        yield
    finally:
        config["env_file"], config["env_prefix"] = file, prefix
