"""Anybody's agent from `module:attribute`, and every way in which there is none."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from client_demo.errors import UnknownName
from client_demo.experiment.blame import explain
from client_demo.experiment.culprit import place_of
from client_demo.experiment.foreign import AgentRaised, AgentUnusable, load_agent
from throughline.client import local_tool
from throughline.errors import EXIT_TOOL, EXIT_USAGE

pytestmark = pytest.mark.anyio

SOURCE = """
from typing import TypedDict
from langgraph.graph import StateGraph, START

class State(TypedDict):
    text: str

def answer(state: State) -> State:
    return {"text": state["text"].upper()}

builder = StateGraph(State)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
graph = builder.compile()
seen = []

def make(model, tools):
    seen.append((model, tools))
    return graph

async def make_later(*, tools):
    seen.append(tools)
    return builder

def make_alone():
    return graph

def make_any(**given):
    seen.append(sorted(given))
    return graph

def make_wrong(model):
    return {"not": "a graph"}

def make_none(model):
    pass

def make_error(model):
    raise ValueError("the database is away")

def needs_more(model, database):
    return graph

number = 7

class Agent:
    pass
"""


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    path = tmp_path / "agents.py"
    path.write_text(dedent(SOURCE))
    return path


async def body(place: str, **_: Any) -> str:
    return place


TOOL = local_tool(body, name="look", description="Look.", args_schema={"type": "object", "properties": {}})
MODEL = FakeListChatModel(responses=["yes"])


@pytest.mark.parametrize("name", ["graph", "builder", "make", "make_later", "make_alone", "make_any"])
async def test_graphs_and_factories_of_every_kind_make_a_graph_that_runs(agents: Path, name: str) -> None:
    agent = load_agent(f"{agents}:{name}")
    assert agent.is_factory == name.startswith("make")
    graph = await agent.build(model=MODEL, tools=[TOOL])
    assert await graph.ainvoke({"text": "sea"}) == {"text": "SEA"}


@pytest.mark.parametrize(
    ("name", "wants"),
    [
        ("make", {"model", "tools"}),
        ("make_later", {"tools"}),
        ("make_alone", set()),
        ("make_any", {"model", "tools"}),
    ],
)
async def test_a_factory_is_given_what_its_signature_has(agents: Path, name: str, wants: set[str]) -> None:
    assert load_agent(f"{agents}:{name}").wants == wants


def test_a_module_is_found_by_its_name_from_the_working_directory(
    agents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(agents.parent)
    assert not load_agent("agents:graph").is_factory


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("agents.py", "it has no module, or no attribute"),
        (":graph", "it has no module, or no attribute"),
        ("no_such_module_of_anybody:graph", "there is no module 'no_such_module_of_anybody'"),
        ("no/such/file.py:graph", "there is no file no/such/file.py"),
    ],
)
def test_what_is_not_there_is_told(given: str, words: str) -> None:
    with pytest.raises(AgentUnusable, match=words) as caught:
        load_agent(given)
    assert caught.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("number", "it is of type int, and neither a graph nor a function"),
        ("Agent", "it is the class Agent"),
        ("needs_more", "its factory needs 'database'"),
    ],
)
def test_what_is_neither_a_graph_nor_a_factory_is_told(agents: Path, name: str, words: str) -> None:
    with pytest.raises(AgentUnusable, match=words):
        load_agent(f"{agents}:{name}")


def test_an_attribute_that_is_missing_is_told_with_the_nearest(agents: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'graph'"):
        load_agent(f"{agents}:grahp")


@pytest.mark.parametrize(
    ("name", "words"),
    [("make_wrong", "returned is of type dict, and no graph"), ("make_none", "returned is None")],
)
async def test_a_factory_that_returns_something_else_is_told(agents: Path, name: str, words: str) -> None:
    with pytest.raises(AgentUnusable, match=words):
        await load_agent(f"{agents}:{name}").build(model=MODEL, tools=[TOOL])


async def test_a_factory_that_raises_is_told_in_its_own_words(agents: Path) -> None:
    with pytest.raises(AgentRaised, match="ValueError: the database is away") as caught:
        await load_agent(f"{agents}:make_error").build(model=MODEL, tools=[TOOL])
    assert caught.value.exit_code == EXIT_TOOL


async def test_it_is_told_where_in_their_code_an_error_was_raised(tmp_path: Path) -> None:
    path = tmp_path / "failing.py"
    path.write_text("import json\ndef helper(): return json.loads('{')\ndef make(): return helper()\n")
    words = r"fails while its factory runs \(JSONDecodeError: .*, failing\.py:2 in helper\)"
    with pytest.raises(AgentRaised, match=words) as caught:
        await load_agent(f"{path}:make").build(model=MODEL, tools=[TOOL])
    told = str(explain(caught.value.error, address=""))
    assert told.startswith("The run ended with JSONDecodeError (")
    assert ", failing.py:2 in helper): " in told


def test_of_an_error_that_is_not_from_their_code_no_place_is_told() -> None:
    with pytest.raises(AgentUnusable) as caught:
        load_agent("nothing")
    ours = caught.value.__traceback__
    assert ours is not None
    assert place_of(caught.value.with_traceback(ours.tb_next)) == ""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_dependency", "No module named 'no_such_dependency'"),
        ("raise RuntimeError('no settings')", "RuntimeError: no settings"),
        ("import sys; sys.exit('usage: me')", "SystemExit: usage: me"),
        ("def (", "SyntaxError"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_in_its_own_words(
    tmp_path: Path, source: str, words: str
) -> None:
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(AgentRaised, match=words):
        load_agent(f"{path}:graph")
