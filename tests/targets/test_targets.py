"""A server from one string, in every form that hosts write down, and every way to get it wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import StdioServerParameters

from client_demo.errors import UnknownName, UsageError
from client_demo.servers.files import EntryInvalid, FileUnreadable, SeveralServers, VariablesUnset
from client_demo.servers.naming import read_target
from client_demo.servers.target import Target, TargetInvalid
from throughline.client import open_session
from throughline.client.connection import HttpServer
from throughline.errors import EXIT_USAGE

ROOT = Path(__file__).parents[2]
MUST_END_S = 30


def written(path: Path, document: Any) -> str:
    file = path / "servers.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(file)


def test_a_command_line_is_split_as_a_shell_would() -> None:
    target = read_target("node -m 'my server' --verbose", env={})
    assert target.command == ("node", "-m", "my server", "--verbose")
    server = target.server()
    assert isinstance(server, StdioServerParameters)
    assert (server.command, server.args) == ("node", ["-m", "my server", "--verbose"])
    connection = target.connection()
    assert connection["transport"] == "stdio"
    assert connection["args"] == ["-m", "my server", "--verbose"]


@pytest.mark.parametrize("name", ["python", "python3"])
def test_a_command_line_of_pythons_is_run_by_the_one_that_throughline_runs_on(
    tmp_path: Path, name: str
) -> None:
    assert read_target(f"{name} server.py", env={}).command == (sys.executable, "server.py")
    assert read_target(f"/usr/bin/{name} server.py", env={}).command[0] == f"/usr/bin/{name}"
    file = written(tmp_path, {"mcpServers": {"one": {"command": name}}})
    assert read_target(file, env={}).command == (name,)  # other programs read the file as well


def test_a_url_is_a_streamable_http_endpoint() -> None:
    target = read_target("http://127.0.0.1:8000/mcp", env={})
    assert target.server() == HttpServer("http://127.0.0.1:8000/mcp", {})
    connection = {**target.connection()}
    assert connection.pop("httpx_client_factory"), "which goes past proxies"
    assert connection == {"transport": "streamable_http", "url": "http://127.0.0.1:8000/mcp", "headers": {}}
    assert "httpx_client_factory" not in read_target("https://example.com/mcp", env={}).connection()


def test_claude_desktops_form_is_read_with_its_variables(tmp_path: Path) -> None:
    entry = {
        "command": "${HOME_OF_IT}/serve",
        "args": ["--mode", "${MODE:-fast}"],
        "env": {"KEY": "${SECRET}", "EMPTY": "${NOTHING:-}"},
        "cwd": "/srv",
    }
    file = written(tmp_path, {"mcpServers": {"one": entry}, "theme": "dark"})
    target = read_target(file, env={"HOME_OF_IT": "/opt", "SECRET": "s3", "MODE": ""})
    assert target == Target(
        "one", ("/opt/serve", "--mode", "fast"), env={"KEY": "s3", "EMPTY": ""}, cwd="/srv"
    )
    assert "s3" not in repr(target)


def test_the_adapters_form_is_read_over_stdio_and_http(tmp_path: Path) -> None:
    document = {
        "near": {"transport": "stdio", "command": "serve", "args": []},
        "far": {"transport": "streamable_http", "url": "https://x.example/mcp", "headers": {"A": "${B}"}},
    }
    file = written(tmp_path, document)
    assert read_target(f"{file}#near", env={}).command == ("serve",)
    assert read_target(f"{file}#far", env={"B": "b"}).server() == HttpServer(
        "https://x.example/mcp", {"A": "b"}
    )


@pytest.mark.parametrize("kind", [{}, {"type": "http"}, {"type": "streamable-http"}])
def test_a_url_in_a_file_needs_no_type(tmp_path: Path, kind: dict[str, str]) -> None:
    file = written(tmp_path, {"servers": {"far": {"url": "https://x.example/mcp", **kind}}})
    assert read_target(file, env={}).url == "https://x.example/mcp"


def test_one_of_several_is_picked_by_name_and_otherwise_they_are_listed(tmp_path: Path) -> None:
    file = written(tmp_path, {"mcpServers": {"one": {"command": "a"}, "two": {"command": "b"}}})
    assert read_target(f"{file}#two", env={}).command == ("b",)
    with pytest.raises(SeveralServers, match=r"names 2 servers \(one, two\): choose one.*#one"):
        read_target(file, env={})
    with pytest.raises(UnknownName, match="did you mean 'two'"):
        read_target(f"{file}#tow", env={})


def test_variables_matter_for_the_chosen_server_only_and_all_that_are_unset_are_named(tmp_path: Path) -> None:
    document = {
        "mcpServers": {
            "one": {"command": "a", "args": ["${X}", "${Y}", "${X}"]},
            "two": {"command": "b"},
        }
    }
    file = written(tmp_path, document)
    assert read_target(f"{file}#two", env={}).command == ("b",)
    with pytest.raises(VariablesUnset, match=r"variables that are not set \(X, Y\): set them"):
        read_target(f"{file}#one", env={})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"args": []}, "it has no `command`"),
        ({"command": 3}, "`command` is not a string"),
        ({"command": "a", "args": "b"}, "`args` is not a list of strings"),
        ({"command": "a", "env": {"PORT": 1}}, "`env.PORT` is not a string"),
        ({"command": "a", "env": []}, None),
        ({"type": "sse", "url": "http://x.example"}, "its transport is 'sse'"),
        ({"url": "ftp://x.example"}, "ftp:// is not spoken here"),
        ("serve", "it is not an object"),
    ],
)
def test_a_wrong_entry_is_told_by_file_server_and_field(
    tmp_path: Path, entry: Any, words: str | None
) -> None:
    file = written(tmp_path, {"mcpServers": {"one": entry}})
    if words is None:
        assert read_target(file, env={}).env == {}
        return
    with pytest.raises(EntryInvalid) as caught:
        read_target(file, env={})
    assert words in str(caught.value)
    assert "'one'" in str(caught.value)
    assert caught.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not JSON"),
        ([], "it names no server"),
        ({"mcpServers": {}}, "it names no server"),
        ({"name": "my-package", "version": {"a": 1}}, "it has no `mcpServers`"),
    ],
)
def test_a_file_that_names_no_servers_is_told(tmp_path: Path, document: Any, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        read_target(written(tmp_path, document), env={})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "it is empty"),
        ("python 'my server", "close its quotes"),
        ("ws://127.0.0.1", "ws:// is not spoken here"),
        ("http:///mcp", "has no host"),
        ("http://x.example:port/mcp", "correct the URL"),
    ],
)
def test_what_names_no_server_is_told_with_the_remedy(given: str, words: str) -> None:
    with pytest.raises(TargetInvalid, match=words):
        read_target(given, env={})


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_target("missing.json", env={})


def test_what_looks_like_a_key_is_not_shown() -> None:
    assert "sk-" not in read_target("serve --key sk-abcdefghijkl", env={}).title
    url = read_target("https://user:word@x.example/mcp?token=abc", env={})
    assert url.title == "https://x.example/mcp"


def test_variables_of_ours_never_override_those_of_the_file() -> None:
    target = Target("one", ("serve",), env={"A": "theirs"}).with_env({"A": "ours", "B": "ours"})
    assert target.env == {"A": "theirs", "B": "ours"}


@pytest.mark.anyio
async def test_headers_reach_an_endpoint_that_asks_for_them() -> None:
    command = [sys.executable, "-m", "tests.targets.guarded"]
    async with await anyio.open_process(command, cwd=ROOT, stderr=None) as process:
        assert process.stdout is not None
        try:
            with anyio.fail_after(MUST_END_S):
                url = (await process.stdout.receive()).decode().strip()
                target = Target("guarded", url=url, headers={"X-Key": "open"})
                async with open_session(target.server()) as remote:
                    assert [tool.name for tool in await remote.load_tools()] == ["guarded"]
        finally:
            process.terminate()
