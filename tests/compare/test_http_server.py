"""A server over HTTP in a comparison: all placements reach it through a tap, and are read by it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp.client.stdio import get_default_environment

from client_demo.causes import find
from client_demo.evidence.data import Evidence, RunEvidence
from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.recording.record import read_evidence, recording
from client_demo.servers.target import Target
from throughline.errors import ServerUnavailable
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

PLACES = ("adapters", "held", "bridged")
PATHS = ("ainvoke", "astream:messages")


@asynccontextmanager
async def serving(model: OpenModel, *options: str) -> AsyncIterator[str]:
    """Our own server over HTTP; its URL."""
    command = [sys.executable, "-m", "mcp_server", "--transport", "http", "--port", "0", *options]
    env = {**get_default_environment(), **model.settings.as_seen_by("tool").to_env()}
    async with await anyio.open_process(command, env=env) as process:
        assert process.stderr is not None
        try:
            with anyio.fail_after(30):
                lines = BufferedByteReceiveStream(process.stderr)
                while not (line := await lines.receive_until(b"\n", 1000)).startswith(b"Serving MCP at "):
                    pass
            yield line.decode().split()[-1]
        finally:
            process.terminate()


async def observed(plan: Plan, model: OpenModel, path: Path) -> Evidence:
    with (
        anyio.fail_after(110),
        recording(path, plan, model.settings) as recorder,
        collecting(recorder) as collector,
    ):
        await compare(plan, model, watchers=[collector], tapping=collector.tapped)
        return collector.evidence(plan, model.settings)


@pytest.fixture(scope="module")
async def told(scripted: OpenModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, Evidence]:
    """The evidence as it was taken, and as its recording tells it."""
    path = tmp_path_factory.mktemp("http") / "runs.jsonl"
    async with serving(scripted) as url:
        server = Target("remote", url=url, headers={"Authorization": "Bearer very-secret-token"})
        plan = Plan("What items are in the bedroom?", "list_items", PLACES, PATHS, server=server)
        live = await observed(plan, scripted, path)
    assert "very-secret-token" not in path.read_text()
    return live, read_evidence(path)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
async def test_no_proxy_stands_before_what_is_on_this_machine(
    scripted: OpenModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    async with serving(scripted) as url:
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
        server = Target("remote", url=url)
        plan = Plan("Hello", "list_items", PLACES, PATHS[:1], server=server)
        evidence = await observed(plan, scripted, tmp_path / "runs.jsonl")
    assert [one.run.status for one in evidence.runs] == ["ok"] * 3
    assert all(one.notes["transport"] == "http" for one in evidence.runs)


def run(evidence: Evidence, placement: str, path: str) -> RunEvidence:
    cells = {(one.run.cell.placement, one.run.cell.path): one for one in evidence.runs}
    return cells[placement, path]


@pytest.mark.parametrize("placement", PLACES)
@pytest.mark.parametrize("path", PATHS)
def test_the_messages_of_a_call_over_http_are_there(
    told: tuple[Evidence, Evidence], placement: str, path: str
) -> None:
    live, read = (run(one, placement, path) for one in told)
    methods = [str(one.body.get("method", "answer")) for one in live.messages]
    assert live.run.status == "ok"
    assert methods.count("tools/call") == 1
    assert ("initialize" in methods) == (placement == "adapters")
    assert ("notifications/progress" in methods) == (placement == "bridged")
    assert live.notes["transport"] == "http"
    assert str(live.notes["content_type"]).startswith("text/event-stream")
    assert read.messages == live.messages
    assert read.notes == live.notes


async def test_a_server_that_answers_in_one_piece_is_found_out(scripted: OpenModel, tmp_path: Path) -> None:
    async with serving(scripted, "--quirk", "json_response") as url:
        server = Target("remote", url=url)
        plan = Plan("Hello", "list_items", ("bridged",), PATHS, server=server)
        evidence = await observed(plan, scripted, tmp_path / "runs.jsonl")
    found = {one.code: one for one in find(evidence)}
    assert found["JSON_RESPONSE_MODE"].sure == "certain"
    assert run(evidence, "bridged", "ainvoke").notes["content_type"] == "application/json"


@pytest.mark.parametrize("placement", PLACES)
async def test_a_server_that_is_not_there_is_named_as_the_user_named_it(
    scripted: OpenModel, tmp_path: Path, placement: str
) -> None:
    server = Target("remote", url="http://127.0.0.1:9/mcp?key=abc")
    plan = Plan("Hello", "list_items", (placement,), PATHS, server=server)
    with pytest.raises(ServerUnavailable, match=r"http://127\.0\.0\.1:9/mcp[ ']"):
        await observed(plan, scripted, tmp_path / "runs.jsonl")


DYING = """
import os, socket, uvicorn
from mcp.server.fastmcp import FastMCP
server = FastMCP("dying")
@server.tool()
async def ask(prompt: str) -> str:
    os._exit(3)
with socket.create_server(("127.0.0.1", 0)) as listening:
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_level="critical")
    uvicorn.Server(config).run(sockets=[listening])
"""


@pytest.mark.parametrize(
    ("placement", "limit_s", "words"),
    [
        ("held", 3, "The MCP server '{}' is not available ("),
        ("bridged", 60, "The MCP server went away during"),
    ],
)
async def test_a_server_that_dies_in_a_call_is_told_and_named_as_the_user_named_it(
    scripted: OpenModel, tmp_path: Path, placement: str, limit_s: float, words: str
) -> None:
    async with await anyio.open_process([sys.executable, "-c", DYING]) as process:
        assert process.stdout is not None
        with anyio.fail_after(30):
            port = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 100)
        url = f"http://127.0.0.1:{int(port)}/mcp"
        plan = Plan(
            "Hello", "ask", (placement,), ("ainvoke",), timeout_s=limit_s, server=Target("x", url=url)
        )
        try:
            evidence = await observed(plan, scripted, tmp_path / "runs.jsonl")
        except ServerUnavailable as error:
            told = str(error)
        else:
            told = str(evidence.runs[0].run.error)
    assert told.startswith(words.format(url))  # the adapters hear of it by the limit, and not before
