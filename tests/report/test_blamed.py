"""What findings do to conditions: harm always keeps one from being held, chance never, and the rest by what
its code explains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client_demo.causes.codes import CODES, LOSS
from client_demo.causes.findings import Exhibit, Finding, Severity, Sure
from client_demo.experiment.compare import Plan
from client_demo.report.gate import Breach, breaches, exit_code, expected, read_conditions
from client_demo.report.story import Story, tell
from tests.causes.world import World
from tests.compare.made import run
from tests.report.made import header, story

PATHS = ("ainvoke", "astream:messages", "astream:tools")
PLAN = Plan("What?", "list_items", ("local", "bridged"), PATHS, repeat=2)
ONE = replace(PLAN, paths=("astream:messages",), repeat=1)
WARNED = {"CACHED", "STATEFUL_TOOL", "POSTPROCESSED", "ERROR_RAISED_VS_RETURNED"}
HARM = sorted(code for code, one in CODES.items() if one.severity == "harm")


def held(told: Story, conditions: str = "loss,difference,error") -> tuple[Breach, ...]:
    return breaches(told, read_conditions([conditions]))


def lived(*quirks: str, tool: str = "list_items", plan: Plan = PLAN) -> Story:
    """The story of a world with these quirks."""
    evidence = World(frozenset(quirks), tool=tool).evidence(plan.placements, plan.paths, repeat=plan.repeat)
    timed = [replace(one, run=replace(one.run, first_tool_token_s=0.2)) for one in evidence.runs]
    return tell(header(plan), replace(evidence, runs=tuple(timed)))


def found(
    code: str, severity: Severity, *, placement: str = "bridged", sure: Sure = "certain", what: str = "answer"
) -> Story:
    """The story of a run in each placement, in which something was found."""
    proof = (Exhibit(1, what, "It says so."),)
    one = Finding(code, severity, "It is so.", proof, sure, "mend it.", (placement,), ("astream:messages",))
    runs = [run(name) for name in ONE.placements]
    return replace(story(ONE, runs), findings=(one,))


@pytest.mark.parametrize("code", HARM)
@pytest.mark.parametrize("placement", ["local", "bridged"])
def test_harm_is_never_held_and_ends_with_1(code: str, placement: str) -> None:
    told = found(code, "harm", placement=placement)
    (one,) = held(told)
    explains = CODES[code].explains
    assert one.kind == ("loss" if explains and explains <= LOSS else "difference")
    assert one.sentence == f"{code}: It is so. ({placement} on astream:messages)"
    assert (expected(told), exit_code(told)) == ((one,), 1)


@pytest.mark.parametrize(
    ("quirk", "code", "tool"),
    [
        ("reordered", "REORDERED", "ask"),
        ("lossy", "LOST_FRAMES", "ask"),
        ("late", "LATE_PROGRESS", "ask"),
        ("other_request", "DIFFERENT_REQUEST", "list_items"),
        ("other_model_streaming", "DIFFERENT_MODEL_WHEN_STREAMING", "list_items"),
        ("cut_arguments", "TRUNCATED_ARGUMENTS_EXECUTED", "list_items"),
    ],
)
def test_a_world_that_does_harm_ends_with_1_and_names_the_code(quirk: str, code: str, tool: str) -> None:
    told = lived(quirk, tool=tool)
    assert [one for one in held(told) if one.sentence.startswith(f"{code}: ")]
    assert [one for one in expected(told) if one.sentence.startswith(f"{code}: ")]
    assert exit_code(told) == 1


@pytest.mark.parametrize(
    ("quirk", "code", "kind"),
    [
        ("cached", "CACHED", "difference"),
        ("stateful", "STATEFUL_TOOL", "difference"),
        ("postprocessed", "POSTPROCESSED", "difference"),
        ("wrong_partials", "PARTIAL_VALUES_WRONG", "loss"),
    ],
)
def test_a_world_that_only_warns_is_not_held_where_somebody_sets_conditions(
    quirk: str, code: str, kind: str
) -> None:
    told = lived(quirk)
    assert kind in {one.kind for one in held(told) if one.sentence.startswith(f"{code}: ")}
    assert exit_code(told) == 0


@pytest.mark.parametrize("tool", ["list_items", "ask"])
def test_a_healthy_world_holds_everything(tool: str) -> None:
    told = lived(tool=tool)
    assert (held(told), exit_code(told)) == ((), 0)


def test_chance_is_no_difference_and_neither_is_usage_that_a_stream_lacks() -> None:
    assert {one.code for one in lived("bare_stream").findings} == {"STREAM_ENDPOINT_DIFFERS"}
    assert held(lived("bare_stream")) == ()
    assert held(found("NONDETERMINISM", "warning")) == ()


@pytest.mark.parametrize("code", sorted(WARNED))
def test_a_warning_that_explains_outcomes_is_a_difference(code: str) -> None:
    (one,) = held(found(code, "warning"))
    assert one.kind == "difference"
    assert exit_code(found(code, "warning")) == 0


@pytest.mark.parametrize("code", ["TOKENS_STOP_AT_BOUNDARY", "NO_PROGRESS_REQUESTED", "CONTEXT_LOST"])
def test_what_plain_placements_lose_by_nature_is_counted_and_not_blamed(code: str) -> None:
    assert held(found(code, "warning", placement="held")) == ()
    assert exit_code(found(code, "harm", placement="held")) == 0
    assert [one.kind for one in held(found(code, "warning"))] == ["loss"]


def test_without_local_losses_are_what_the_findings_say() -> None:
    told = replace(found("CONTEXT_LOST", "warning", placement="held"), runs=(run("held"), run("bridged")))
    assert [one.kind for one in held(told)] == ["loss"]


def test_the_unexplained_is_a_difference_unless_runs_of_one_kind_differ_as_much() -> None:
    assert [one.kind for one in held(found("UNEXPLAINED", "warning", sure="possible"))] == ["difference"]
    noisy = replace(found("UNEXPLAINED", "warning", sure="possible"), differences=lived("random").differences)
    assert any(one.noise for one in noisy.differences)
    blamed = [one for one in held(noisy) if one.sentence.startswith("UNEXPLAINED")]
    assert blamed == []
