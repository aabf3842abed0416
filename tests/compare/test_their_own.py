"""Anybody's server and anybody's agent in a comparison, and every way in which there is none."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from client_demo.commands.comparison import run_comparison
from client_demo.commands.request import Request
from client_demo.report.write import Files
from throughline.errors import (
    EXIT_AUTH,
    EXIT_INTERRUPTED,
    EXIT_TOOL,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    ThroughlineError,
)

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
THEIRS = f"{sys.executable} {HERE / 'their_server.py'}"
AGENTS = f"{HERE / 'their_agents.py'}"
FEW = ("ainvoke", "astream:messages", "events:v2")
REQUEST = Request(
    prompt=None,
    placements=("all",),
    paths=FEW,
    tool=None,
    model="scripted?pace_ms=0",
    repeat=1,
    timeout=60,
    server=None,
    record=None,
    files=Files(json=Path("-")),
    env={},
    dotenv=Path("no.env"),
)


async def told(capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of a comparison."""
    with anyio.fail_after(100):
        code = await run_comparison(replace(REQUEST, **options))
    return code, json.loads(capsys.readouterr().out)


async def refused(**options: Any) -> ThroughlineError:
    """The error of a comparison that cannot be made."""
    with anyio.fail_after(100), pytest.raises(ThroughlineError) as caught:
        await run_comparison(replace(REQUEST, **options))
    assert "\n" not in str(caught.value)
    return caught.value


def statuses(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["placement"], one["status"]) for one in document["runs"]}


def answers(document: dict[str, Any]) -> set[str]:
    return {one["answer"] for one in document["runs"]}


async def test_a_tool_of_any_server_is_called_without_an_agent(capsys: pytest.CaptureFixture[str]) -> None:
    args = '{"word": "tea", "times": 2}'
    code, document = await told(capsys, server=THEIRS, tool="lookup", args=args)
    assert code == 0
    assert statuses(document) == {("adapters", "ok"), ("held", "ok"), ("bridged", "ok")}
    assert answers(document) == {"tea tea"}
    assert not any(one["provider"] for one in document["runs"])
    assert document["not_applicable"].keys() == {"local"}
    assert document["reference"] == "adapters"
    assert document["args"] == {"word": "tea", "times": 2}


async def test_what_a_server_asks_a_provider_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    chosen: dict[str, Any] = {"placements": ("bridged",), "paths": ("ainvoke",)}
    code, document = await told(capsys, server=THEIRS, tool="think", prompt="hello", **chosen)
    assert code == 0
    assert [one["who"] for one in document["runs"][0]["provider"]] == ["agent", "tool", "agent"]


async def test_without_local_equal_calls_with_other_results_are_a_difference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = '{"word": "tea"}'
    code, document = await told(
        capsys, server=THEIRS, tool="by_the_clock", args=args, placements=("held", "bridged")
    )
    assert code == 1
    assert len(answers(document)) == len(document["runs"])


async def test_a_tool_that_does_no_harm_is_chosen_where_none_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, document = await told(capsys, server=THEIRS, placements=("held",), paths=("ainvoke",))
    assert code == 0
    assert document["tool"] == "lookup"
    assert any(note.startswith("lookup was chosen of 5 tools") for note in document["notes"])


async def test_a_server_in_a_file_whose_provider_is_its_own_is_told_as_unseen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command, *arguments = THEIRS.split()
    entry = {"command": command, "args": arguments, "env": {"OPENAI_BASE_URL": "${BASE}"}}
    file = tmp_path / "servers.json"
    file.write_text(json.dumps({"mcpServers": {"mine": entry}}))
    options: dict[str, Any] = {"server": f"{file}#mine", "env": {"BASE": "http://127.0.0.1:9/v1"}}
    args = '{"word": "x"}'
    code, document = await told(
        capsys, tool="lookup", args=args, placements=("held",), paths=("ainvoke",), **options
    )
    assert code == 0
    assert "The server's own file sets OPENAI_*: what it asks a provider is not seen." in document["notes"]


@asynccontextmanager
async def guarded() -> AsyncIterator[str]:
    """The URL of a server that wants a key in a header."""
    command = [sys.executable, "-m", "tests.targets.guarded"]
    async with await anyio.open_process(command, cwd=HERE.parents[1]) as process:
        assert process.stdout is not None
        with anyio.fail_after(30):
            url = (await process.stdout.receive()).decode().strip()
        try:
            yield url
        finally:
            process.terminate()


async def test_a_server_behind_a_key_is_reached_with_the_headers_of_its_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, record = tmp_path / "servers.json", tmp_path / "runs.jsonl"
    async with guarded() as url:
        entry = {"type": "http", "url": url, "headers": {"X-Key": "${KEY}"}}
        file.write_text(json.dumps({"mcpServers": {"guarded": entry}}))
        options: dict[str, Any] = {"server": str(file), "env": {"KEY": "open"}, "record": record}
        code, document = await told(capsys, tool="guarded", args="{}", **options)
        error = await refused(server=url, tool="guarded", args="{}")
    assert code == 0
    assert answers(document) == {"in"}
    assert statuses(document) == {("adapters", "ok"), ("held", "ok"), ("bridged", "ok")}
    header, *lines = record.read_text().splitlines()
    assert json.loads(header)["server"] == url
    assert any('"line": "mcp"' in line for line in lines)
    assert error.exit_code == EXIT_AUTH
    assert "give it its key" in str(error)


async def test_a_tool_of_ours_without_an_agent_streams_in_process_and_bridged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = ("local", "bridged")
    code, document = await told(capsys, tool="ask", args='{"prompt": "hello"}', placements=places)
    assert code == 0
    seen = {(one["path"], one["placement"]): one["tool_tokens"]["seen"] for one in document["runs"]}
    assert seen["astream:messages", "local"] == seen["astream:messages", "bridged"] > 0
    assert {one["who"] for run in document["runs"] for one in run["provider"]} == {"tool"}


async def test_our_own_server_over_http_is_equal_to_local(capsys: pytest.CaptureFixture[str]) -> None:
    places = ("local", "adapters", "held", "bridged")
    code, document = await told(capsys, transport="http", placements=places, paths=FEW[:2])
    assert code == 0
    assert statuses(document) == {(name, "ok") for name in places}
    assert document["equal_to_local"]["bridged"] == {"ainvoke": True, "astream:messages": True}


async def test_a_factory_gets_our_model_and_the_tools_of_each_placement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options: dict[str, Any] = {"agent": f"{AGENTS}:make", "tool": "ask", "prompt": "hello"}
    code, document = await told(capsys, placements=("local", "bridged"), **options)
    assert code == 0
    assert {call["name"] for one in document["runs"] for call in one["tool_calls"]} == {"ask"}
    assert len(answers(document)) == 1


async def test_a_factory_gets_the_tools_of_a_server_of_yours(capsys: pytest.CaptureFixture[str]) -> None:
    prompt = '[[call:lookup {"word": "tea"}]]'
    options: dict[str, Any] = {"agent": f"{AGENTS}:make", "server": THEIRS, "prompt": prompt}
    code, document = await told(capsys, placements=("local", "bridged"), paths=("ainvoke",), **options)
    assert code == 0
    assert [call["name"] for call in document["runs"][0]["tool_calls"]] == ["lookup"]
    assert document["not_applicable"].keys() == {"local"}


async def test_a_compiled_graph_is_run_as_it_is_and_its_own_model_is_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    live: dict[str, str] = {"OPENAI_MODEL": "another"}
    code, document = await told(capsys, agent=f"{AGENTS}:responding", prompt="hello", live_env=live)
    assert live == {"OPENAI_MODEL": "another"}
    assert code == EXIT_TOOL  # it reads this process's environment, which is not `live_env` here
    assert document["not_applicable"].keys() == {"adapters", "held", "bridged"}


async def test_the_environment_of_an_agent_points_at_our_endpoint_while_it_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = dict(os.environ)
    code, document = await told(capsys, agent=f"{AGENTS}:responding", prompt="hello", live_env=os.environ)
    assert dict(os.environ) == before
    assert code == 0
    assert {one["who"] for run in document["runs"] for one in run["provider"]} == {"agent"}
    assert len(answers(document)) == 1


async def test_a_graph_without_messages_has_its_input_and_its_state_for_an_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, document = await told(capsys, agent=f"{AGENTS}:shouting", given='{"text": "quiet"}')
    assert code == 0
    assert answers(document) == {'{"text": "QUIET"}'}


async def test_an_agent_that_insists_on_another_model_is_told_how_to_be_given_this_one() -> None:
    error = await refused(agent=f"{AGENTS}:insisting", prompt="hello", live_env=os.environ)
    assert "it asks for the model 'gpt-0', which is not the one of this comparison" in str(error)
    assert error.exit_code == EXIT_USAGE


async def test_an_agent_with_a_tool_whose_result_depends_on_the_turn_ends_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options: dict[str, Any] = {"agent": f"{AGENTS}:make", "server": THEIRS, "tool": "by_the_clock"}
    code, document = await told(capsys, placements=("held",), prompt="tea", **options)
    assert code == 1
    assert "STATEFUL_TOOL" in {one["code"] for one in document["findings"]}


async def test_an_agent_that_raises_or_never_ends_ends_each_of_its_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, document = await told(capsys, agent=f"{AGENTS}:raising", paths=("ainvoke", "astream:values"))
    assert code == EXIT_TOOL
    where = r"ValueError \(the database is away, their_agents\.py:\d+ in raise_something\)"
    assert all(re.search(where, one["error"]) for one in document["runs"])
    code, document = await told(
        capsys, agent=f"{AGENTS}:endless", paths=("invoke", "ainvoke", "events:v3"), timeout=0.5
    )
    assert code == EXIT_TOOL
    status = {one["path"]: (one["status"], one["error"]) for one in document["runs"]}
    assert status["invoke"][0] == "unsupported"
    assert "was not done within 0.5 s" in status["ainvoke"][1]
    assert "was not done within 0.5 s" in status["events:v3"][1]


async def test_the_simplest_input_tells_a_real_difference_from_one_of_the_input(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options: dict[str, Any] = {"minimal": True, "paths": FEW[:2], "tool": "ask", "prompt": "Long " * 40}
    _, document = await told(capsys, placements=("local", "held"), **options)
    assert document["minimal"]["sentence"] == (
        "With the simplest input the same paths differ: the difference is real, and not of your input."
    )
    assert document["minimal"]["prompt"] == "Say hello."
    _, document = await told(capsys, placements=("local", "bridged"), **options)
    assert document["minimal"]["differ_with_yours"] == []
    assert "Nothing differs" in document["minimal"]["sentence"]


async def test_a_probe_that_has_nothing_to_go_by_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    options: dict[str, Any] = {"tool": "lookup", "args": '{"word": "tea"}', "probe": ("cancel",)}
    request = replace(REQUEST, server=THEIRS, placements=("held", "bridged"), paths=("ainvoke",), **options)
    with anyio.fail_after(60):
        await run_comparison(request)
    said = "The probe cancel says nothing of held, bridged: the tool asked no model that is watched"
    assert said in capsys.readouterr().err


BAD_SERVERS = {
    "a command that is not there": (("no-such-command",), "No such file or directory", EXIT_UNREACHABLE),
    "one that exits": ((f"{sys.executable} -c 'raise SystemExit(3)'",), "exit code 3", EXIT_UNREACHABLE),
    "one that speaks garbage": (("yes",), "is not MCP", EXIT_UNREACHABLE),
    "one that never answers": (
        (f"{sys.executable} -c 'import threading; threading.Event().wait()'",),
        "did not answer `initialize` within 1 s): raise --timeout",
        EXIT_UNREACHABLE,
    ),
    "a URL where nobody is": (("http://127.0.0.1:9/mcp",), "start it, or correct the URL", EXIT_UNREACHABLE),
    "another scheme": (("ws://127.0.0.1:9",), "ws:// is not spoken here", EXIT_USAGE),
    "a file that is not there": (("nowhere.json#x",), "name a file that is there", EXIT_USAGE),
}


@pytest.mark.parametrize("case", BAD_SERVERS)
async def test_a_server_that_cannot_be_used_is_one_sentence(case: str) -> None:
    (server,), words, code = BAD_SERVERS[case]
    error = await refused(server=server, timeout=1, tool="lookup")
    assert words in str(error)
    assert error.exit_code == code


BAD_TOOLS: dict[str, tuple[dict[str, Any], str]] = {
    "not there": ({"tool": "lokup"}, "did you mean 'lookup'?"),
    "an argument of another type": (
        {"tool": "lookup", "args": '{"word": "x", "times": "y"}'},
        "'lookup' ('times': 'y' is not of type 'integer'): it takes word, times.",
    ),
    "an argument that is missing": ({"tool": "lookup", "args": '{"wird": "x"}'}, "'word' is missing"),
    "no JSON": ({"tool": "lookup", "args": "{word}"}, "--args is not JSON"),
    "no object": ({"tool": "lookup", "args": "[1]"}, "--args is not a JSON object"),
    "no tool for them": ({"args": "{}"}, "--args is given without --tool"),
    "only local": ({"tool": "lookup", "placements": ("local",)}, "take one of adapters, held, bridged"),
}


@pytest.mark.parametrize("case", BAD_TOOLS)
async def test_a_tool_that_cannot_be_called_is_one_sentence(case: str) -> None:
    options, words = BAD_TOOLS[case]
    error = await refused(server=THEIRS, **options)
    assert words in str(error)
    assert error.exit_code == EXIT_USAGE


BAD_AGENTS: dict[str, tuple[dict[str, Any], str, int]] = {
    "not there": ({"agent": f"{AGENTS}:makee"}, "did you mean 'make'?", EXIT_USAGE),
    "a factory that raises": ({"agent": f"{AGENTS}:make_error"}, " in make_error): correct it", EXIT_TOOL),
    "a factory that exits": ({"agent": f"{AGENTS}:make_exit"}, " in make_exit): correct it", EXIT_TOOL),
    "a factory that never ends": (
        {"agent": f"{AGENTS}:make_never", "timeout": 0.5},
        "(TimeoutError: it was not done within 0.5 s)",
        EXIT_TOOL,
    ),
    "a factory of nonsense": (
        {"agent": f"{AGENTS}:make_nonsense"},
        "is of type int, and no graph",
        EXIT_USAGE,
    ),
    "no messages": ({"agent": f"{AGENTS}:shouting"}, """--input '{"text": "..."}'""", EXIT_USAGE),
    "a tool for a compiled graph": (
        {"agent": f"{AGENTS}:responding", "tool": "ask"},
        "name a factory that takes `tools`",
        EXIT_USAGE,
    ),
    "another placement for a compiled graph": (
        {"agent": f"{AGENTS}:responding", "placements": ("held",)},
        "take one of local",
        EXIT_USAGE,
    ),
    "arguments and an agent": (
        {"agent": f"{AGENTS}:make", "tool": "ask", "args": "{}"},
        "leave one of them out",
        EXIT_USAGE,
    ),
    "an input without an agent": ({"given": "{}"}, "name it with --agent", EXIT_USAGE),
}


@pytest.mark.parametrize("case", BAD_AGENTS)
async def test_an_agent_that_cannot_be_used_is_one_sentence(case: str) -> None:
    options, words, code = BAD_AGENTS[case]
    error = await refused(placements=options.pop("placements", ("local",)), **options)
    assert words in str(error)
    assert error.exit_code == code


COMMAND: Sequence[str] = (sys.executable, "-m", "client_demo", "compare", "--model", "scripted?pace_ms=0")


@pytest.mark.parametrize("agent", ["stuck", "blocking"])
async def test_an_agent_that_holds_a_thread_or_the_loop_cannot_keep_the_command_from_its_end(
    agent: str,
) -> None:
    options = ("--agent", f"{AGENTS}:{agent}", "--paths", "ainvoke", "--timeout", "0.5", "--repeat", "1")
    with anyio.fail_after(60):
        done = await anyio.run_process([*COMMAND, *options], cwd=HERE.parents[1], check=False)
    assert done.returncode == EXIT_TOOL
    assert b"was not done within 0.5 s" in done.stderr
    assert b"Traceback" not in done.stderr


ENDINGS = {
    "exiting": (
        EXIT_TOOL,
        b"wanted to end the process (SystemExit: there is no configuration): let it raise",
    ),
    "interrupting": (EXIT_INTERRUPTED, b"Interrupted."),
}


@pytest.mark.parametrize("path", ["invoke", "ainvoke"])
@pytest.mark.parametrize("agent", ENDINGS)
async def test_an_agent_that_ends_the_process_is_told_from_a_user_who_does(agent: str, path: str) -> None:
    code, words = ENDINGS[agent]
    with anyio.fail_after(60):
        options = ("--agent", f"{AGENTS}:{agent}", "--paths", path)
        done = await anyio.run_process([*COMMAND, *options], cwd=HERE.parents[1], check=False)
    assert done.returncode == code
    assert words in done.stderr
    assert b"Traceback" not in done.stderr


async def test_a_result_is_written_whole_or_not_at_all(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "result.json"
    file.write_text("what was there")
    error = await refused(server="no-such-command", files=Files(json=file))
    assert error.exit_code == EXIT_UNREACHABLE
    assert file.read_text() == "what was there"
    with anyio.fail_after(60):
        files = Files(json=file, svg=tmp_path / "a.svg")
        await run_comparison(replace(REQUEST, placements=("local",), paths=("ainvoke",), files=files))
    assert json.loads(file.read_text())["schema"] == "throughline.compare/1"
    assert sorted(os.listdir(tmp_path)) == ["a.svg", "result.json"]
