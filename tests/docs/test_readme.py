"""The README, in both languages: its code runs, its commands are there, and both say the same."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import click
import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from client_demo.cli import cli
from tests.docs.page import blocks
from tests.docs.play import execute
from tests.docs.run import HANDBOOK, ROOT

README, KOREAN = ROOT / "README.md", HANDBOOK / "ko" / "README.md"
SERVER = f"""#!/bin/sh
exec env PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m mcp_server --model scripted
"""
WITH_A_MODEL = """
import os
from throughline.model import chat_model, read_settings

llm = chat_model(read_settings(os.environ, dotenv=None), who="tool")
"""
AGENT = """
from langchain.agents import create_agent

def make(model, tools):
    return create_agent(model, tools)
"""
MARKED = """
import pytest

pytestmark = pytest.mark.throughline(
    model="scripted?pace_ms=0", paths=["ainvoke", "astream:messages", "events:v3"]
)
"""
NUMBER = r"\d+(?:[.,]\d+)*"
PYTHON = [text for info, text in blocks(README) if info == "python"]
SHELL = "\n".join(text for info, text in blocks(README) if info == "sh")
COMMANDS = re.findall(r"^(?:\.venv/bin/)?throughline .*?(?=\s+# |$)", SHELL, re.MULTILINE)


def python(holding: str) -> str:
    """The block of Python that holds this."""
    (found,) = [source for source in PYTHON if holding in source]
    return found


async def heard(tools: list[BaseTool]) -> list[str]:
    """Call `ask` in a graph; return its model's words, as `messages` shows them before the result."""
    (ask,) = [tool for tool in tools if tool.name == "ask"]
    builder = StateGraph(MessagesState).add_node("tools", ToolNode([ask])).add_edge(START, "tools")
    graph: Any = builder.compile()
    call = {"name": "ask", "args": {"prompt": "[[reply:Any words you like]]"}, "id": "call-1"}
    stream = graph.astream({"messages": [AIMessage("", tool_calls=[call])]}, stream_mode="messages")
    return [one.text async for one, _ in stream if one.text and not isinstance(one, ToolMessage)]


@pytest.mark.anyio
async def test_the_three_lines_make_the_servers_tools_stream_and_so_does_its_interceptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "throughline-server"
    command.write_text(SERVER)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (kept,) = re.findall(r"`(load_mcp_tools\(.+?\))`", README.read_text())
    asked = f"    said = [await heard(tools), await heard(await {kept})]\n"
    names: dict[str, Any] = {"heard": heard}
    with anyio.fail_after(60):
        await execute("from langchain_mcp_adapters.tools import load_mcp_tools", "README.md", names)
        await execute(python("open_session") + asked, "README.md", names)
    assert names["said"] == [["Any ", "words ", "you ", "like"]] * 2


def test_the_test_holds_an_agent_with_the_tool_of_that_server(tmp_path: Path) -> None:
    (tmp_path / "my_agent.py").write_text(AGENT)
    (tmp_path / "my_server.py").write_text(WITH_A_MODEL + python("@streamed") + "\nmcp.run()\n")
    (tmp_path / "test_it.py").write_text(MARKED + python("def test_"))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", "kept", "test_it.py"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout


def test_every_block_of_python_is_one_of_those_that_are_run() -> None:
    run = [python("open_session"), python("@streamed"), python("def test_")]
    assert run == PYTHON


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_has_the_options_that_it_is_given(line: str) -> None:
    command: click.Command = cli
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    context = click.Context(command)
    command.make_parser(context).parse_args(words)


def sections(page: Path) -> list[str]:
    """The parts of a page between its headings, without code and without the targets of links."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.split(r"^## .*$", re.sub(r"\]\([^)]*\)", "]", text), flags=re.MULTILINE)


def test_the_translation_has_the_blocks_of_the_readme() -> None:
    assert blocks(KOREAN) == blocks(README)


def test_the_translation_has_the_numbers_of_the_readme() -> None:
    theirs, ours = ([set(re.findall(NUMBER, part)) for part in sections(page)] for page in (KOREAN, README))
    assert theirs == ours


def test_the_translation_has_the_rows_of_the_readme() -> None:
    def rows(page: Path) -> list[list[str]]:
        told = re.findall(r"^\|.*", page.read_text(), re.MULTILINE)
        return [re.findall(rf"`[^`]+`|>=|<=|{NUMBER}", re.sub(r"\]\([^)]*\)", "]", row)) for row in told]

    assert rows(KOREAN) == rows(README)


@pytest.mark.parametrize("page", [README, KOREAN], ids=["English", "Korean"])
def test_each_readme_leads_to_the_other_at_its_top(page: Path) -> None:
    top, other = page.read_text().split("\n\n")[1], KOREAN if page == README else README
    (target,) = re.findall(r"\]\((.+?)\)", top)
    assert (page.parent / target).resolve() == other
