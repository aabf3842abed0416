"""The server as a host meets it: what it says of itself, from wherever it is started, and when."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio.streams.text import TextReceiveStream
from mcp.server.fastmcp import FastMCP
from mcp.types import PromptReference

from mcp_server.app import build_server, lowlevel
from mcp_server.config import ServerConfig
from mcp_server.tools import TOOLS, schema
from tests.server.harness import connected, raw_server
from throughline import __version__

pytestmark = pytest.mark.anyio

HEAVY = ("langchain_core", "langchain_openai", "langgraph", "langsmith", "openai")
NO_MODEL = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


async def test_it_says_its_own_name_and_version_and_what_it_is_for() -> None:
    async with connected(NO_MODEL) as client:
        assert client.greeting.serverInfo.name == "throughline"
        assert client.greeting.serverInfo.version == __version__
        assert all(spec.name in (client.greeting.instructions or "") for spec in TOOLS)


async def test_every_tool_is_listed_with_words_hints_and_the_schema_that_local_placements_use() -> None:
    async with connected(NO_MODEL) as client:
        listed = (await client.session.list_tools()).tools
    assert [tool.name for tool in listed] == [spec.name for spec in TOOLS]
    for tool, spec in zip(listed, TOOLS, strict=True):
        assert tool.inputSchema == schema(spec)
        assert tool.description
        assert tool.title
        assert tool.outputSchema is None
        assert tool.annotations is not None
        assert tool.annotations.readOnlyHint is True
        assert all(argument["description"] for argument in tool.inputSchema["properties"].values())


async def test_ping_log_level_and_completion_are_answered() -> None:
    async with connected(NO_MODEL) as client:
        session = client.session
        await session.send_ping()
        await session.set_logging_level("debug")
        [prompt] = (await session.list_prompts()).prompts
        ref = PromptReference(type="ref/prompt", name=prompt.name)
        completed = await session.complete(ref, {"name": "place", "value": "be"})
        other = await session.complete(ref, {"name": "colour", "value": "b"})
        asked = await session.get_prompt(prompt.name, {"place": "bedroom"})
    assert completed.completion.values == ["bedroom"]
    assert other.completion.values == []
    assert "the bedroom" in asked.messages[0].content.text  # type: ignore[union-attr]


async def test_it_starts_with_no_environment_in_any_directory(tmp_path: Path) -> None:
    async with raw_server({}, cwd=tmp_path) as server:
        assert (await server.initialize())["result"]["serverInfo"]["name"] == "throughline"
        assert await server.leave() == 0


async def test_a_foreign_env_file_and_fastmcp_variables_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"FASTMCP_PORT=not a number\nOPENAI_BASE_URL=nonsense\n\xff\xfe\x00")
    async with raw_server({"FASTMCP_DEPENDENCIES": "{not json"}, cwd=tmp_path) as server:
        assert "result" in await server.initialize()
        assert await server.leave() == 0


async def test_what_fastmcp_reads_for_others_is_as_before() -> None:
    before = dict(FastMCP("before").settings.model_config)
    build_server(ServerConfig())
    assert dict(FastMCP("after").settings.model_config) == before


async def test_initialize_is_answered_before_anything_of_langchain_is_imported(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("wb") as stderr:
        async with raw_server(NO_MODEL, python=("-X", "importtime"), stderr=stderr.fileno()) as server:
            await server.initialize()
            imported = {line.split("|")[-1].strip() for line in read(tmp_path / "stderr")}
            await server.leave()
    assert "mcp_server.tools.tell_joke" in imported
    assert not {name for name in imported if name.split(".")[0] in HEAVY}


async def test_langchain_is_imported_in_the_background_once_initialize_is_answered() -> None:
    async with raw_server(NO_MODEL, python=("-X", "importtime"), stderr=subprocess.PIPE) as server:
        await server.initialize()
        await server.send("notifications/initialized")
        assert server.process.stderr is not None
        seen = ""
        with anyio.fail_after(30):
            while "langgraph.graph.state" not in seen:
                seen = seen[-100:] + await TextReceiveStream(server.process.stderr).receive()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_at_a_terminal_it_says_in_a_sentence_what_it_is_and_ends_with_the_input() -> None:
    keyboard, terminal = os.openpty()
    try:
        async with raw_server(NO_MODEL, stdin=terminal, stderr=subprocess.PIPE) as server:
            assert server.process.stderr is not None
            with anyio.fail_after(20):
                said = await TextReceiveStream(server.process.stderr).receive()
            os.write(keyboard, b"\x04")
            with anyio.fail_after(10):
                assert await server.process.wait() == 0
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert "MCP server on stdio" in said
    assert "--help" in said


def test_building_the_server_and_listing_its_tools_loads_no_langchain() -> None:
    program = (
        "import anyio, sys\n"
        "from mcp_server.app import build_server\n"
        "from mcp_server.config import read_config\n"
        "from mcp_server.tools import TOOLS, schema\n"
        "assert anyio.run(build_server(read_config({})).list_tools) and [schema(spec) for spec in TOOLS]\n"
        f"print(*{{name.split('.')[0] for name in sys.modules}} & set({HEAVY}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == ""


def test_the_names_of_the_sdk_are_where_the_server_looks() -> None:
    server = FastMCP("probe")
    assert lowlevel(server).name == "probe"
    assert hasattr(lowlevel(server), "version")
    assert {"env_file", "env_prefix"} <= set(type(server.settings).model_config)


def read(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()
