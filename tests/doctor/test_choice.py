"""Which tool is called, and with what: nothing that may do harm, and nothing that the schema forbids."""

from __future__ import annotations

from typing import Any

import pytest

from client_demo.doctor.choice import Choice, choose, is_harmless, made_up, misfit, wrong

LONG = {
    "name": "trigger-long-running-operation",
    "inputSchema": {
        "type": "object",
        "properties": {
            "duration": {"type": "number", "default": 10},
            "steps": {"type": "number", "default": 5},
        },
    },
}
ECHO = {
    "name": "echo",
    "inputSchema": {"type": "object", "properties": {"m": {"type": "string"}}, "required": ["m"]},
}


@pytest.mark.parametrize(
    "name", ["delete_file", "sendEmail", "db-write", "runQuery", "create_issue", "toggle-logging", "exec"]
)
def test_a_tool_whose_name_may_mean_harm_is_not_called(name: str) -> None:
    assert not is_harmless({"name": name})
    assert is_harmless({"name": name, "annotations": {"readOnlyHint": True}})
    assert choose([{"name": name, "inputSchema": {"type": "object"}}], wanted=None, given=None) is None


@pytest.mark.parametrize("name", ["get_weather", "search", "runtime_info", "listSettings", "long_task"])
def test_a_tool_that_only_sounds_a_little_like_it_is(name: str) -> None:
    assert is_harmless({"name": name})


def test_a_tool_that_calls_itself_destructive_is_not_called_unless_it_is_named() -> None:
    tool = {"name": "search", "annotations": {"destructiveHint": True}, "inputSchema": {"type": "object"}}
    assert choose([tool], wanted=None, given=None) is None
    assert choose([tool], wanted="search", given=None) is not None


def test_the_tool_that_takes_its_time_is_preferred_and_told_how_long() -> None:
    chosen = choose([ECHO, LONG], wanted=None, given=None)
    assert chosen is not None
    assert (chosen.tool, chosen.arguments) == ("trigger-long-running-operation", {"duration": 2, "steps": 8})


def test_what_is_required_is_made_up_and_the_rest_left_out() -> None:
    schema = {
        "type": "object",
        "properties": {"q": {"type": "string"}, "kind": {"enum": ["a", "b"]}, "x": {"type": "integer"}},
        "required": ["q", "kind"],
    }
    assert made_up(schema) == {"q": "What items are in the bedroom?", "kind": "a"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({}, "'m' is missing"),
        ({"m": 3}, "'m' is not of type string"),
        ({"m": "x"}, None),
    ],
)
def test_arguments_are_held_against_the_schema(arguments: dict[str, Any], why: str | None) -> None:
    schema: Any = ECHO["inputSchema"]
    assert misfit(schema, arguments) == why


def test_wrong_arguments_are_wrong_by_the_schema() -> None:
    schema: Any = ECHO["inputSchema"]
    made = wrong(Choice("echo", {"m": "x"}, schema))
    assert made is not None
    assert misfit(schema, made)
    assert wrong(Choice("anything", {}, {"type": "object"})) is None
