"""The law of transparency itself: what it lets pass, and what it never does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from langchain_core.messages.content import create_image_block
from langchain_core.prompt_values import ChatPromptValue
from langgraph.types import Command, Send

from client_demo.paths import Seen, first_difference, normalise
from client_demo.transparency.law import Event
from tests.compare import streams
from tests.compare.streams import asked, block, call_token, event, fresh, protocol, result, state, token, told

TEXTS = st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=8)


def a_conversation() -> list[Seen]:
    """The same run each time, as every path of astream tells it, under ids that are never the same."""
    first, second, root, tool = fresh(), fresh(), fresh(), fresh()
    question = asked(("list_items", {"place": "bedroom"}, first), ("ask", {"prompt": "why"}, second))
    return [
        call_token("list_items", "", call_id=first),
        call_token(None, '{"place": "bedroom"}'),
        token("A "),
        token("bed."),
        result("A bed.", first),
        token("There is ", node="model"),
        state(question, told("A bed.", first), told("Because.", second)),
        Seen(streams.now(), "state", "updates", {"model": {"messages": [question]}}),
        Seen(
            streams.now(), "custom", "custom", {"type": "status", "tool_call_id": first, "message": "Looking"}
        ),
        Seen(
            streams.now(),
            "tools",
            "tools",
            {"event": "tool-started", "tool_call_id": first, "tool_name": "ask"},
        ),
        Seen(streams.now(), "state", "tasks", {"id": fresh(), "name": "tools", "result": {"found": 1}}),
        event(
            "on_chain_start", "LangGraph", root, node="__start__", input={"messages": [HumanMessage("hi")]}
        ),
        event("on_tool_start", "list_items", tool, parents=[root], input={"place": "bedroom"}),
        event("on_chat_model_stream", "ChatOpenAI", fresh(), parents=[root, tool], chunk=HumanMessage("A ")),
        event("on_parser_end", "JsonOutputParser", fresh(), parents=[root, tool], output={"items": ["bed"]}),
        block("A "),
        protocol("tools", {"event": "tool-finished", "tool_call_id": second, "output": told("Yes", second)}),
        protocol("values", {"messages": [question]}, namespace=[f"tools:{fresh()}"]),
        Seen(streams.now(), "result", "result", {"messages": [question, told("A bed.", first)]}),
    ]


def test_the_same_run_under_other_ids_at_other_times_is_equal() -> None:
    assert normalise(a_conversation()) == normalise(a_conversation())
    assert first_difference(normalise(a_conversation()), normalise(a_conversation())) is None


@pytest.mark.parametrize("n", range(len(a_conversation())))
def test_a_missing_event_shows(n: int) -> None:
    shorter = a_conversation()
    del shorter[n]
    assert normalise(a_conversation()) != normalise(shorter)


@pytest.mark.parametrize("n", range(len(a_conversation())))
def test_a_repeated_event_shows(n: int) -> None:
    longer = a_conversation()
    longer.insert(n, longer[n])
    assert normalise(a_conversation()) != normalise(longer)


@pytest.mark.parametrize("n", range(len(a_conversation()) - 1))
def test_two_events_in_the_other_order_show(n: int) -> None:
    swapped = a_conversation()
    swapped[n], swapped[n + 1] = swapped[n + 1], swapped[n]
    assert normalise(a_conversation()) != normalise(swapped)


@given(texts=TEXTS, data=st.data())
def test_any_change_of_any_token_shows(texts: list[str], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(texts) - 1))
    other = data.draw(st.text(max_size=8).filter(lambda text: text != texts[n]))
    changed = [*texts[:n], other, *texts[n + 1 :]]
    for make in (token, block):
        assert normalise(map(make, texts)) == normalise(map(make, texts))
        assert normalise(map(make, texts)) != normalise(map(make, changed))


@given(texts=TEXTS)
def test_tokens_that_arrive_joined_are_not_the_tokens_that_were_sent(texts: list[str]) -> None:
    assert normalise(map(token, texts)) != normalise([token("".join(texts))])


DIFFERENT = {
    "node": (token("a", node="tools"), token("a", node="model")),
    "lane": (token("a"), block("a")),
    "text of a result": (result("a", "x"), result("b", "x")),
    "name of a run": (event("on_chain_start", "a", "1"), event("on_chain_start", "b", "1")),
    "kind of event": (event("on_chain_start", "a", "1"), event("on_chain_end", "a", "1")),
    "output of a run": (
        event("on_parser_end", "p", "1", output={"a": 1}),
        event("on_parser_end", "p", "1", output={"a": 2}),
    ),
    "namespace": (protocol("values", {}), protocol("values", {}, namespace=["tools:1"])),
    "arguments": (state(asked(("f", {"a": 1}, "x"))), state(asked(("f", {"a": 2}, "x")))),
    "tool": (state(asked(("f", {}, "x"))), state(asked(("g", {}, "x")))),
    "number of calls": (state(asked(("f", {}, "x"))), state(asked(("f", {}, "x"), ("f", {}, "y")))),
    "status of a result": (
        state(told("a", "x")),
        state(told("a", "x").model_copy(update={"status": "error"})),
    ),
    "artifact of a result": (state(told("a", "x")), state(told("a", "x").model_copy(update={"artifact": 1}))),
    "a value in the state": (
        Seen(0, "state", "values", {"found": {"deep": [1, 2]}}),
        Seen(0, "state", "values", {"found": {"deep": [2, 1]}}),
    ),
    "a custom value": (Seen(0, "custom", "custom", {"a": 1}), Seen(0, "custom", "custom", {"a": True})),
    "an id of the user's own": (
        Seen(0, "custom", "custom", {"id": 1}),
        Seen(0, "custom", "custom", {"id": 2}),
    ),
    "an error": (
        Seen(0, "state", "tasks", {"name": "tools", "error": "one"}),
        Seen(0, "state", "tasks", {"name": "tools", "error": "two"}),
    ),
    "a command": (
        Seen(0, "state", "values", Command(goto="a")),
        Seen(0, "state", "values", Command(goto="b")),
    ),
    "a packet": (Seen(0, "state", "values", Send("a", 1)), Seen(0, "state", "values", Send("a", 2))),
}


@pytest.mark.parametrize("what", list(DIFFERENT))
def test_a_difference_shows_in(what: str) -> None:
    one, other = DIFFERENT[what]
    assert normalise([one]) == normalise([one])
    assert normalise([one]) != normalise([other])


def test_a_list_of_text_blocks_is_its_text() -> None:
    blocks = [{"type": "text", "text": "A ", "id": "lc_1"}, {"type": "text", "text": "bed.", "id": "lc_2"}]
    assert normalise([result(blocks, "x")]) == normalise([result("A bed.", "y")])


def test_a_block_that_is_no_text_is_kept() -> None:
    picture = {"type": "image", "url": "data:,"}
    assert normalise([result(["A bed.", picture], "x")]) != normalise([result("A bed.", "x")])


def picture(block_id: str) -> dict[str, Any]:
    return {"type": "image", "base64": "aWNl", "mime_type": "image/png", "id": block_id}


def test_the_id_that_langchain_makes_up_for_a_block_does_not_count_and_one_of_the_users_own_does() -> None:
    def seen(block: Any) -> tuple[Event, ...]:
        return normalise([result([block], "x"), Seen(0, "custom", "custom", block)])

    one, other = create_image_block(base64="aWNl"), create_image_block(base64="aWNl")
    assert one["id"] != other["id"]
    assert seen(one) == seen(other)
    assert seen(picture("lc_ice")) != seen(picture("lc_fire"))
    assert seen(one) != seen({**one, "base64": "ZmlyZQ=="})


def test_results_that_went_to_the_wrong_call_show() -> None:
    def answers(first: str, second: str) -> list[Seen]:
        question = asked(("f", {}, "x"), ("f", {}, "y"))
        return [state(question, told(first, "x"), told(second, "y"))]

    crossed = [state(asked(("f", {}, "x"), ("f", {}, "y")), told("one", "y"), told("two", "x"))]
    assert normalise(answers("one", "two")) != normalise(crossed)


def test_the_place_of_a_run_among_its_ancestors_counts() -> None:
    def seen(parents: list[str]) -> list[Seen]:
        return [
            event("on_chain_start", "agent", "1"),
            event("on_tool_start", "tool", "2", parents=["1"]),
            event("on_chain_start", "inner", "3", parents=parents),
        ]

    assert normalise(seen(["1", "2"])) != normalise(seen(["1"]))


def test_a_custom_event_does_not_rename_the_run_around_it() -> None:
    seen = [
        event("on_tool_start", "tool", "1"),
        event("on_custom_event", "status", "1"),
        event("on_chain_start", "inner", "2", parents=["1"]),
    ]
    assert normalise(seen)[-1].where == ("tool", "tools")


def test_prompts_inside_a_tool_stay_there_and_those_around_it_count() -> None:
    def seen(inner: str, outer: str) -> list[Seen]:
        prompt = ChatPromptValue(messages=[HumanMessage(inner)])
        return [
            event("on_tool_start", "tool", "1", input={"text": outer}),
            event("on_chat_model_start", "ChatOpenAI", "2", parents=["1"], input={"messages": [[inner]]}),
            event("on_prompt_end", "Prompt", "3", parents=["1"], output=prompt),
        ]

    assert normalise(seen("one", "same")) == normalise(seen("two", "same"))
    assert normalise(seen("same", "one")) != normalise(seen("same", "two"))


def test_the_first_difference_is_told_with_both_sides() -> None:
    expected, actual = normalise([token("a"), token("b")]), normalise([token("a"), token("c")])
    told_ = first_difference(expected, actual)
    assert told_ is not None
    assert told_.startswith("event 2 of 2: expected messages tools")
    assert "'b'" in told_
    assert "'c'" in told_


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        ([token("a")], [token("a"), token("b")], "2 events instead of 1"),
        ([token("a"), token("b")], [token("a")], "1 events instead of 2"),
    ],
)
def test_a_sequence_that_ends_early_or_late_is_told(
    expected: list[Any], actual: list[Any], words: str
) -> None:
    assert words in (first_difference(normalise(expected), normalise(actual)) or "")
