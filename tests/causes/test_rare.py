"""Causes that take probes or evidence made by hand: parallel calls, cancellation, callbacks, what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from client_demo.causes import differences, find
from client_demo.causes.findings import Finding
from client_demo.evidence.data import Evidence, Message, RunEvidence, Sight, ToolResult
from client_demo.experiment.runs import Cell
from client_demo.transparency.law import Event
from tests.causes.wired import Wired
from tests.causes.world import World

BEDS, TOOLS = ("A ", "bed ", "and ", "a ", "pillow."), ("One ", "hammer, ", "two ", "saws.")


def only(*runs: RunEvidence) -> Evidence:
    return Evidence("", "list_items", {}, runs)


def changed(
    evidence: Evidence, change: Callable[[RunEvidence], RunEvidence], *, where: Callable[[Cell], bool]
) -> Evidence:
    runs = tuple(change(run) if where(run.run.cell) else run for run in evidence.runs)
    return replace(evidence, runs=runs)


def codes(evidence: Evidence) -> list[str]:
    return [one.code for one in find(evidence) if one.severity != "note"]


def the(code: str, evidence: Evidence) -> Finding:
    return next(one for one in find(evidence) if one.code == code)


def probe(name: str, **notes: Any) -> RunEvidence:
    run = World().run(Cell("bridged", "astream:messages"))
    return replace(run, number=99, probe=name, notes=notes, messages=(), requests=(), sights=())


def parallel(*, swapped: bool, upto: int = 99) -> RunEvidence:
    """Two calls at once, whose frames come under their own tokens or, for a while, under the other's."""
    cell = Cell("bridged", "astream:messages")
    calls = [
        Wired(cell, words, (), "".join(words), "", frozenset(), hears=True, token=token, call_id=number)
        for number, (words, token) in enumerate([(BEDS, "remote-1"), (TOOLS, "remote-2")])
    ]
    messages = sorted((one for call in calls for one in call.messages()), key=lambda one: one.t)
    if swapped:
        messages = [swap(one) if n < upto else one for n, one in enumerate(messages)]
    run = World().run(cell)
    return replace(run, number=99, probe="parallel", messages=tuple(messages), requests=(), sights=())


def swap(message: Message) -> Message:
    params = message.body.get("params", {})
    if message.body.get("method") != "notifications/progress":
        return message
    other = {"remote-1": "remote-2", "remote-2": "remote-1"}[params["progressToken"]]
    return replace(message, body={**message.body, "params": {**params, "progressToken": other}})


@pytest.mark.parametrize("upto", [99, 8], ids=["all frames", "some frames"])
def test_frames_under_the_other_calls_token_are_misattributed_and_nothing_else(upto: int) -> None:
    assert codes(only(parallel(swapped=True, upto=upto))) == ["MISATTRIBUTED"]


def test_parallel_calls_whose_frames_come_under_their_own_tokens_are_fine() -> None:
    assert codes(only(parallel(swapped=False))) == []


def test_words_shown_under_another_calls_id_are_misattributed_in_any_placement() -> None:
    def shown(text: str, call_id: str) -> Sight:
        return Sight(0.2, "custom", "custom", Event("custom", (), "", text), "tool", text, call_id)

    results = tuple(
        ToolResult(call_id, "ask", "success", text, text)
        for call_id, text in (("a", "A bed."), ("b", "Two saws."))
    )
    run = replace(parallel(swapped=False), messages=(), results=results)
    right = replace(run, sights=(shown("A bed.", "a"), shown("Two saws.", "b")))
    wrong = replace(run, sights=(shown("A bed.", "b"), shown("Two saws.", "a")))
    assert codes(only(right)) == []
    assert codes(only(wrong)) == ["MISATTRIBUTED"]


@pytest.mark.parametrize(
    ("code", "bad", "good"),
    [
        (
            "CANCEL_LEAK",
            {"left_s": 0.5, "tokens_after": 40, "reader_left": False},
            {"left_s": 0.5, "tokens_after": 2, "reader_left": True},
        ),
        (
            "SLOW_CONSUMER_STALLS_GRAPH",
            {"tool_started_s": 0.9, "quick_tool_started_s": 0.05},
            {"tool_started_s": 0.06, "quick_tool_started_s": 0.05},
        ),
        ("SYNC_TOOL_BLOCKS", {"ping_s": 0.5}, {"ping_s": 0.01}),
        ("SYNC_TOOL_BLOCKS", {"ping_s": 0.5, "idle_ping_s": 0.01}, {"ping_s": 0.5, "idle_ping_s": 0.4}),
    ],
)
def test_a_probe_proves_its_cause_and_a_good_one_proves_nothing(
    code: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert [one.code for one in find(only(probe("", **bad)))] == [code]
    assert find(only(probe("", **good))) == ()


def test_a_ping_that_waits_once_and_not_again_is_a_hiccup_of_the_machine() -> None:
    assert find(only(probe("ping", ping_s=0.5), probe("ping", ping_s=0.01))) == ()


def test_a_model_that_is_done_as_its_caller_leaves_has_not_gone_on() -> None:
    done = probe("cancel", left_s=0.5, tokens_after=4, after_s=0.05, reader_left=False)
    assert find(only(done)) == ()


def test_a_model_that_was_stopped_when_it_was_tried_again_has_not_gone_on() -> None:
    went_on = probe("cancel", left_s=0.1, tokens_after=9, after_s=0.4, reader_left=False)
    stopped = probe("cancel", left_s=0.1, tokens_after=2, after_s=0.1, reader_left=True)
    assert [one.code for one in find(only(went_on, went_on))] == ["CANCEL_LEAK"]
    assert find(only(went_on, stopped)) == ()


def test_the_stall_of_a_slow_reader_is_langgraphs_design_and_so_a_note() -> None:
    found = find(only(probe("slow reader", tool_started_s=0.9, quick_tool_started_s=0.05)))
    assert [one.severity for one in found] == ["note"]


def test_probes_take_no_part_in_the_comparison() -> None:
    odd = replace(probe("cancel", left_s=0.1, tokens_after=0, reader_left=True), number=500)
    odd = replace(odd, run=replace(odd.run, answer="cut sh", status="error"))
    healthy = World().evidence(("local", "bridged"))
    assert find(replace(healthy, runs=(*healthy.runs, odd))) == find(healthy)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Progress callback raised an exception: boom", "CALLBACK_SWALLOWED"),
        (
            "Progress callback raised an exception: Called get_config outside of a runnable context",
            "CONTEXT_LOST",
        ),
    ],
)
def test_what_a_callback_raised_is_told_from_where_it_ran(line: str, code: str) -> None:
    run = replace(probe("callback"), log=("Listening", line))
    assert codes(only(run)) == [code]


def test_progress_that_comes_in_a_later_run_is_late_and_not_lost() -> None:
    evidence = World(frozenset({"late"})).evidence(("bridged",), ["astream:messages"], repeat=1)
    first = evidence.runs[0]
    later = World().run(Cell("bridged", "astream:updates"))
    moved = replace(later, number=2, messages=(replace(first.messages[-1], t=0.01),))
    early = replace(first, messages=first.messages[:-1])
    found = codes(replace(evidence, runs=(early, moved)))
    assert "LATE_PROGRESS" in found
    assert "LOST_FRAMES" not in found


def test_frames_that_never_come_over_a_pipe_are_lost_and_over_http_a_json_response() -> None:
    evidence = World(frozenset({"json_response"})).evidence(("bridged",), ["astream:messages"])
    assert codes(evidence) == ["JSON_RESPONSE_MODE"]
    piped = changed(evidence, lambda run: replace(run, notes={"transport": "stdio"}), where=lambda _: True)
    assert codes(piped) == ["LOST_FRAMES"]
    proxied = changed(evidence, lambda run: replace(run, notes={"transport": "http"}), where=lambda _: True)
    assert the("JSON_RESPONSE_MODE", proxied).sure == "likely"


def test_plain_progress_that_goes_backwards_is_likely_reordered() -> None:
    run = World(frozenset({"drops"}), "ask").run(Cell("held", "astream:custom"))
    steps = [message for message in run.messages if message.body.get("method") == "notifications/progress"]
    backwards = tuple(
        replace(steps[0], body={**steps[0].body, "params": {"progressToken": 7, "progress": progress}})
        for progress in (2, 1)
    )
    first, *rest = (one for one in run.messages if one not in steps)
    found = the("REORDERED", only(replace(run, messages=(first, *backwards, *rest))))
    assert found.sure == "likely"


def test_one_hiccup_of_a_busy_machine_is_no_buffering() -> None:
    healthy = World().evidence(("bridged",), ["astream:messages"], repeat=4)
    slow = World(frozenset({"buffered"})).run(Cell("bridged", "astream:messages", 9))
    assert codes(replace(healthy, runs=(*healthy.runs, replace(slow, number=9)))) == []


def test_usage_that_the_stream_was_not_asked_for_has_its_own_remedy() -> None:
    def without(run: RunEvidence) -> RunEvidence:
        requests = tuple(
            replace(one, answer={k: v for k, v in one.answer.items() if k != "usage"})
            if one.streamed
            else one
            for one in run.requests
        )
        return replace(run, requests=requests)

    evidence = changed(World().evidence(("local",)), without, where=lambda _: True)
    assert codes(evidence) == ["STREAM_ENDPOINT_DIFFERS"]
    assert "stream_usage=True" in the("STREAM_ENDPOINT_DIFFERS", evidence).remedy


def other_answer(run: RunEvidence) -> RunEvidence:
    return replace(run, run=replace(run.run, answer="Something else."))


def test_a_difference_that_nothing_accounts_for_is_unexplained_with_both_runs() -> None:
    evidence = changed(
        World().evidence(("local", "bridged"), repeat=4),
        other_answer,
        where=lambda cell: cell.path == "ainvoke",
    )
    found = the("UNEXPLAINED", evidence)
    assert codes(evidence) == ["UNEXPLAINED"]
    assert "ainvoke" in found.paths
    assert any("Something else." in proof.says for proof in found.evidence)
    assert found.sure == "certain"


def test_with_too_few_runs_an_unexplained_difference_is_possible_and_the_number_is_told() -> None:
    evidence = World().evidence(("local",), ["ainvoke", "astream:values"], repeat=1)
    found = the("UNEXPLAINED", changed(evidence, other_answer, where=lambda cell: cell.path == "ainvoke"))
    assert found.sure == "possible"
    assert "4 of each would do" in found.sentence


def test_a_difference_that_a_cause_accounts_for_is_not_told_twice() -> None:
    evidence = World(frozenset({"random"})).evidence(("local", "bridged"))
    assert codes(evidence) == ["NONDETERMINISM"]


def test_a_cause_elsewhere_does_not_account_for_a_difference_here() -> None:
    evidence = World(frozenset({"late"})).evidence(("local", "bridged"))
    local = changed(evidence, other_answer, where=lambda cell: cell.path == "ainvoke")
    assert codes(local) == ["LATE_PROGRESS", "UNEXPLAINED"]


def test_bridged_events_that_no_local_run_has_are_unexplained_when_all_else_is_equal() -> None:
    def extra(run: RunEvidence) -> RunEvidence:
        more = (*run.run.events, Event("custom", (), "", "stray"))
        return replace(run, run=replace(run.run, events=more))

    evidence = changed(
        World().evidence(("local", "bridged")),
        extra,
        where=lambda cell: cell == Cell("bridged", "astream:custom", 2),
    )
    found = the("UNEXPLAINED", evidence)
    assert (found.placements, found.paths) == (("local", "bridged"), ("astream:custom",))
    assert any("stray" in proof.says for proof in found.evidence)


def test_missing_tokens_without_a_cause_are_unexplained() -> None:
    def fewer(run: RunEvidence) -> RunEvidence:
        return replace(run, run=replace(run.run, tool_tokens=replace(run.run.tool_tokens, seen=3)))

    evidence = changed(
        World().evidence(("local", "bridged")),
        fewer,
        where=lambda cell: cell == Cell("bridged", "events:v2", 1),
    )
    assert codes(evidence) == ["UNEXPLAINED"]
    assert "tool tokens" in the("UNEXPLAINED", evidence).sentence


def test_a_difference_is_established_between_paths_only_where_it_is_more_than_noise() -> None:
    steady = changed(
        World().evidence(("local",), ["ainvoke", "astream:values"], repeat=4),
        other_answer,
        where=lambda cell: cell.path == "ainvoke",
    )
    (told,) = differences(steady)
    assert (told.aspect, told.between, told.established, told.noise) == ("answer", "paths", True, False)
    noisy = changed(steady, other_answer, where=lambda cell: cell.repeat > 2)
    (told,) = differences(noisy)
    assert told.noise
    assert not told.established


def test_the_tokens_of_a_graph_in_the_tool_are_below_the_caller_by_langgraphs_design() -> None:
    def below(run: RunEvidence) -> RunEvidence:
        if run.run.cell.path == "astream:messages":
            return replace(run, sights=run.sights[-1:])
        where = ("LangGraph", "tools", "tell_joke", "LangGraph", "generate_joke")
        sights = (replace(one, event=one.event._replace(where=where)) for one in run.sights)
        return replace(run, sights=tuple(sights))

    evidence = World().evidence(("local",), ["astream:messages", "events:v2"])
    found = the("INNER_STREAM_DARK", changed(evidence, below, where=lambda _: True))
    assert (found.severity, found.paths) == ("note", ("astream:messages",))
    assert "subgraphs=True" in found.remedy
    alone = World().evidence(("local",), ["astream:messages"])
    found = the("INNER_STREAM_DARK", changed(alone, below, where=lambda _: True))
    assert (found.severity, found.sure) == ("note", "possible")


def test_v3_tells_a_graph_in_the_tool_by_the_nodes_above_its_model() -> None:
    def below(run: RunEvidence) -> RunEvidence:
        if run.run.cell.path == "astream:messages":
            return replace(run, sights=run.sights[-1:])
        where = ("tools", "generate_joke")
        sights = (replace(one, event=one.event._replace(where=where)) for one in run.sights)
        return replace(run, sights=tuple(sights))

    evidence = World().evidence(("local",), ["astream:messages", "events:v3"])
    found = the("INNER_STREAM_DARK", changed(evidence, below, where=lambda _: True))
    assert (found.severity, found.paths) == ("note", ("astream:messages",))
    assert "subgraphs=True" in found.remedy


def test_a_request_that_follows_from_another_answer_is_no_difference_of_its_own() -> None:
    evidence = World(frozenset({"other_model_streaming"})).evidence(("local",))
    assert "DIFFERENT_REQUEST" not in codes(evidence)


def test_a_healthy_empty_comparison_has_no_findings() -> None:
    assert find(only()) == ()
