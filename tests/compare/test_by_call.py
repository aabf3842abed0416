"""Parallel calls: each call's own stream counts, the order between them does not."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_demo.paths import Seen, normalise, normalise_by_call
from tests.compare.streams import asked, block, event, fresh, now, protocol, result, state, token, told


def one_call(call_id: str, text: str) -> list[Seen]:
    """The tokens and the result of one call, in a task of its own."""
    task, message = fresh(), fresh()
    words = [token(word, task=task, message=message) for word in text.split()]
    return [*words, result(text, call_id, task=task)]


def question(*call_ids: str) -> Seen:
    return state(asked(*(("list_items", {}, call_id) for call_id in call_ids)))


@given(data=st.data())
def test_calls_that_take_turns_in_another_way_are_equal(data: st.DataObject) -> None:
    one, two = one_call("x", "a b c d"), one_call("y", "e f g")
    picks = data.draw(st.permutations([0] * len(one) + [1] * len(two)))
    streams = [iter(one), iter(two)]
    mixed = [next(streams[pick]) for pick in picks]
    straight = [question("x", "y"), *one_call("x", "a b c d"), *one_call("y", "e f g")]
    assert normalise_by_call([question("x", "y"), *mixed]) == normalise_by_call(straight)


def test_tokens_of_one_call_in_another_order_show() -> None:
    def run(text: str) -> list[Seen]:
        return [question("x", "y"), *one_call("x", text)[:-1], result("a b", "x"), *one_call("y", "c d")]

    assert normalise_by_call(run("a b")) == normalise_by_call(run("a b"))
    assert normalise_by_call(run("a b")) != normalise_by_call(run("b a"))


def test_a_token_in_the_other_calls_stream_shows() -> None:
    def run(one: str, two: str) -> list[Seen]:
        return [question("x", "y"), *one_call("x", one), *one_call("y", two)]

    assert normalise_by_call(run("a b", "c")) != normalise_by_call(run("a", "b c"))


def test_groups_are_labelled_by_the_order_of_the_calls() -> None:
    labels = [
        label
        for label, _ in normalise_by_call([question("x", "y"), *one_call("y", "b"), *one_call("x", "a")])
    ]
    assert labels == ["", "call 1", "call 2"]


def test_calls_in_one_task_are_told_apart_by_their_messages() -> None:
    def run(order: tuple[int, ...]) -> list[Seen]:
        task, messages = fresh(), [fresh(), fresh()]
        words = [
            [token(word, task=task, message=messages[n]) for word in text]
            for n, text in enumerate(("ab", "cd"))
        ]
        streams = [iter(one) for one in words]
        results = [result("ab", "x", task=task), result("cd", "y", task=task)]
        return [question("x", "y"), *(next(streams[n]) for n in order), *results]

    assert normalise_by_call(run((0, 0, 1, 1))) == normalise_by_call(run((0, 1, 0, 1)))


def test_the_agents_own_tokens_keep_their_order() -> None:
    one, two = token("a", node="model"), token("b", node="model")
    assert normalise_by_call([one, two]) != normalise_by_call([two, one])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_updates_of_parallel_calls_may_come_in_any_order(order: tuple[int, ...]) -> None:
    def run(which: tuple[int, ...]) -> list[Seen]:
        updates = [{"tools": {"messages": [told(str(n), str(n))]}} for n in range(3)]
        return [question("0", "1", "2"), *(Seen(now(), "state", "updates", updates[n]) for n in which)]

    assert normalise_by_call(run(order)) == normalise_by_call(run((0, 1, 2)))


def test_events_below_a_tool_run_belong_to_its_call() -> None:
    def run(order: tuple[int, ...]) -> list[Seen]:
        tools = [fresh(), fresh()]
        per_call = [
            [
                event("on_tool_start", "tool", tools[n], parents=["root"], input={}),
                event("on_chain_start", f"inner {n}", fresh(), parents=["root", tools[n]]),
                event("on_tool_end", "tool", tools[n], parents=["root"], output=told(str(n), str(n))),
            ]
            for n in range(2)
        ]
        streams = [iter(one) for one in per_call]
        return [question("0", "1"), *(next(streams[n]) for n in order)]

    assert normalise(run((0, 0, 0, 1, 1, 1))) != normalise(run((0, 1, 0, 1, 0, 1)))
    assert normalise_by_call(run((0, 0, 0, 1, 1, 1))) == normalise_by_call(run((0, 1, 0, 1, 0, 1)))


def test_protocol_tokens_and_graphs_below_a_tool_are_grouped() -> None:
    def run(order: tuple[int, ...]) -> list[Seen]:
        per_call = []
        for n in range(2):
            run_id, outer = fresh(), f"tools:{fresh()}"
            inner = {"event": "started", "namespace": [outer], "graph_name": "tools"}
            values = protocol("values", {"n": n}, namespace=[outer])
            per_call.append(
                [protocol("lifecycle", inner), values, block(f"{n}a", run=run_id), block(f"{n}b", run=run_id)]
            )
        streams = [iter(one) for one in per_call]
        return [question("0", "1"), *(next(streams[n]) for n in order)]

    assert normalise_by_call(run((0, 0, 0, 0, 1, 1, 1, 1))) == normalise_by_call(
        run((1, 0, 1, 0, 1, 0, 1, 0))
    )
    assert normalise_by_call(run((0,) * 4)) != normalise_by_call(run((1,) * 4))


def test_custom_values_without_an_id_compare_as_a_heap() -> None:
    values = [Seen(now(), "custom", "custom", {"n": n}) for n in range(3)]
    assert normalise_by_call(values) == normalise_by_call(values[::-1])
    assert normalise_by_call(values) != normalise_by_call(values[:2])
