"""Conditions for CI: what each of them is about, and which sentence says that it was not held."""

from __future__ import annotations

from dataclasses import replace

import pytest
from langchain_core.messages import ToolMessage

from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Cell, Run, ToolCall
from client_demo.report.gate import (
    Breach,
    Condition,
    ConditionUnknown,
    breaches,
    expected,
    read_conditions,
    untold,
)
from tests.compare.made import failed, run, silent
from tests.report.made import story

PLAN = Plan("What?", "list_items", ("local", "adapters", "bridged"), ("astream:messages",))
ALIKE = (run(), run("adapters"), run("bridged"))
LOSING = (run(), silent("adapters"), run("bridged"))


def held(runs: tuple[Run, ...], conditions: str, plan: Plan = PLAN) -> tuple[Breach, ...]:
    return breaches(story(plan, runs), read_conditions([conditions]))


def test_conditions_are_read_from_a_list() -> None:
    read = read_conditions(["loss, overhead=7.5%", "error"])
    assert read == (Condition("loss"), Condition("overhead", 7.5), Condition("error"))
    assert read_conditions(["overhead=10"]) == (Condition("overhead", 10.0),)
    assert read_conditions(["none"]) == read_conditions(["None"]) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("los", "did you mean 'loss'?"),
        ("diffrence,error", "did you mean 'difference'?"),
        ("overhead", ": write overhead=10%"),
        ("overhead=much", ": write overhead=10%"),
        ("overhead=-5%", ": write overhead=10%"),
        ("loss=3", ": loss takes no value, write loss alone."),
        ("None=1", ": none takes no value, write none alone."),
        ("non", "did you mean 'none'?"),
        ("", "take loss, difference, error"),
    ],
)
def test_an_unknown_condition_is_told_with_the_nearest(given: str, words: str) -> None:
    with pytest.raises(ConditionUnknown, match=r"--fail-on cannot hold .* against a comparison") as caught:
        read_conditions([given])
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_nothing_is_broken_where_all_is_alike() -> None:
    assert held(ALIKE, "loss,difference,error") == ()


def test_tokens_that_local_shows_and_another_does_not_are_a_loss() -> None:
    assert held(LOSING, "loss") == (
        Breach(
            "loss",
            "adapters",
            "astream:messages",
            "adapters shows 0 of the 2 tool tokens on astream:messages that local shows.",
        ),
    )


def test_a_run_that_is_not_what_its_reference_is_is_a_difference() -> None:
    (told,) = held(LOSING, "difference")
    assert (told.placement, told.path) == ("adapters", "astream:messages")
    assert told.sentence == (
        "adapters is not what local is on astream:messages, in 1 run: tokens of the tool are missing."
    )


def test_other_words_of_the_model_are_no_difference() -> None:
    assert held((run(), run("bridged", words=("x", "y", "z"))), "difference,loss") == ()


def test_a_run_that_failed_is_an_error_and_ends_otherwise_than_local() -> None:
    runs = (run(), run("adapters"), failed("bridged"))
    assert [one.sentence for one in held(runs, "error")] == [
        "bridged failed on astream:messages, in 1 run: It broke: mend it."
    ]
    told = held(runs, "difference")
    assert told[0].sentence == "bridged does not end on astream:messages as local does, in 1 run."
    assert all(one.sentence.startswith("UNEXPLAINED: ") for one in told[1:])


def test_a_recording_that_was_cut_off_and_one_without_runs_hold_nothing() -> None:
    cut = breaches(story(PLAN, ALIKE[:2], complete=False), read_conditions(["error"]))
    assert [one.sentence for one in cut] == [
        "The recording ends before its last run did: 2 of 3 runs came to their end."
    ]
    assert "No run was made" in held((), "error")[0].sentence


def test_an_overhead_above_the_limit_says_both_medians_and_when_it_is_weak() -> None:
    slow = replace(run("bridged"), seconds=1.2)
    (told,) = held((run(), slow), "overhead=10%")
    assert told.path == "astream:messages"
    assert told.sentence == (
        "bridged takes 20.0 % longer than local on astream:messages, and 10 % are allowed "
        "(medians 1.200 s and 1.000 s of 1 run each, which is weak: take --repeat 3 at least)."
    )
    assert held((run(), slow), "overhead=21%") == ()
    cells = [(name, n) for name in ("local", "bridged") for n in (1, 2, 3)]
    many = [
        run(name, seconds=1.0 if name == "local" else 1.3, cell=Cell(name, "ainvoke", n)) for name, n in cells
    ]
    (strong,) = held(tuple(many), "overhead=10%", replace(PLAN, paths=("ainvoke",), repeat=3))
    assert "of 3 runs each)" in strong.sentence


def test_an_overhead_that_cannot_be_told_is_not_held() -> None:
    (told,) = held((run("adapters"), run("bridged")), "overhead=10%")
    assert told.sentence.startswith("The overhead cannot be told")


def test_a_loss_that_nobody_can_tell_is_no_breach_and_is_said() -> None:
    unseen = tuple(silent(name) for name in ("adapters", "bridged"))
    conditions = read_conditions(["loss"])
    for placements, takes in ((("adapters", "bridged"), ": add the placement local."), (PLAN.placements, "")):
        told = story(replace(PLAN, placements=placements), unseen)
        (said,) = untold(told, conditions)
        assert said.startswith(
            "Whether tokens are lost cannot be told (no token of a tool was made or seen in any run"
        )
        assert said.endswith(takes or "so that its tokens are counted.")
        assert breaches(told, conditions) == ()
    assert untold(story(PLAN, unseen), read_conditions(["difference,error"])) == ()
    for known in ((silent("local"), *unseen), (*unseen, run("bridged", "astream:tools"))):
        assert untold(story(PLAN, known), conditions) == ()


def test_without_local_equal_calls_have_to_have_equal_results() -> None:
    agent = replace(PLAN, args={"place": "attic"}, placements=("bridged",), paths=("ainvoke", "events:v2"))
    calls = (ToolCall("look", {}, "ok"),)
    runs = tuple(
        run("bridged", path, tool_calls=calls, conversation=(result,))
        for path, result in zip(agent.paths, results("one", "two"), strict=True)
    )
    assert [one.sentence for one in held(runs, "difference", agent)] == [
        "Equal calls of tools had different results."
    ]


def test_a_call_that_fails_now_and_then_has_not_the_same_results() -> None:
    plan = replace(PLAN, placements=("adapters",), repeat=2)
    good = replace(run("adapters"), tool_calls=(ToolCall("t", {}, "ok"),), conversation=(*results("seven"),))
    bad = replace(good, tool_calls=(ToolCall("t", {}, "error"),), conversation=(*results("out of order"),))
    again = replace(bad, cell=replace(bad.cell, repeat=2))
    assert [one.kind for one in held((good, again), "difference", plan)] == ["difference"]


def results(*texts: str) -> list[ToolMessage]:
    return [ToolMessage(text, tool_call_id="x") for text in texts]


def test_where_nobody_sets_conditions_only_bridged_is_expected_to_be_equal() -> None:
    assert expected(story(PLAN, LOSING)) == ()
    (told,) = expected(story(PLAN, (run(), silent("bridged"))))
    assert told.placement == "bridged"
