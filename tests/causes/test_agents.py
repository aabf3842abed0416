"""Causes in an agent: what it puts into its requests, makes of its model's words, and chokes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from client_demo.causes import differences, find
from client_demo.causes.findings import Finding
from client_demo.causes.stats import runs_needed
from client_demo.evidence.data import Evidence, Request, RunEvidence
from tests.causes.world import World

PATHS = ("ainvoke", "astream:values", "astream:messages")


def world(paths: Iterable[str] = PATHS, repeat: int = 1) -> Evidence:
    return World().evidence(("local",), tuple(paths), repeat=repeat)


def each(evidence: Evidence, change: Any) -> Evidence:
    """The same with every run changed."""
    return replace(evidence, runs=tuple(change(run) for run in evidence.runs))


def the(code: str, evidence: Evidence) -> Finding:
    return next(one for one in find(evidence) if one.code == code)


def asking(run: RunEvidence, words: str) -> RunEvidence:
    """The run with these words at the head of each of the agent's requests."""

    def head(request: Request) -> Request:
        messages = [{"role": "system", "content": words}, *request.body["messages"]]
        return replace(request, body={**request.body, "messages": messages})

    return replace(run, requests=tuple(head(one) if one.who == "agent" else one for one in run.requests))


@pytest.mark.parametrize("repeat", [1, 2])
def test_a_clock_in_the_agents_prompt_is_noise_and_blames_no_path(repeat: int) -> None:
    found = the(
        "DIFFERENT_REQUEST", each(world(repeat=repeat), lambda run: asking(run, f"It is {run.number}."))
    )
    assert (found.severity, found.sure) == ("warning", "certain")
    assert "from run to run" in found.sentence
    assert "streamed" not in found.sentence
    assert set(found.paths) == set(PATHS)


def test_of_two_runs_it_cannot_be_told_whether_the_path_or_a_clock_makes_the_request_differ() -> None:
    evidence = each(world(("ainvoke", "astream:messages")), lambda run: asking(run, f"It is {run.number}."))
    found = the("DIFFERENT_REQUEST", evidence)
    assert (found.severity, found.sure) == ("warning", "possible")
    assert "--repeat 2 can tell" in found.sentence


def test_a_request_that_differs_with_the_path_each_time_is_harm() -> None:
    evidence = each(world(repeat=2), lambda run: asking(run, f"Paths: {run.run.cell.path == PATHS[2]}"))
    found = the("DIFFERENT_REQUEST", evidence)
    assert (found.severity, found.sure, found.paths) == ("harm", "certain", PATHS[2:])
    assert "between streamed and whole answers" in found.sentence


@pytest.mark.parametrize(
    ("make", "severity"),
    [(lambda told: f"{told} (Checked.)", "warning"), (str.upper, "warning"), (" {} ".format, "note")],
)
def test_an_answer_that_is_not_what_the_agents_model_said_is_postprocessed(make: Any, severity: str) -> None:
    def answered(run: RunEvidence) -> RunEvidence:
        return replace(run, run=replace(run.run, answer=make(run.run.answer), first_answer_token_s=0.7))

    found = the("POSTPROCESSED", each(world(), answered))
    assert found.severity == severity
    assert "agent's answer" in found.sentence


def test_an_answer_that_no_model_said_is_not_called_postprocessed() -> None:
    evidence = each(world(), lambda run: replace(run, run=replace(run.run, answer="Done.")))
    assert "POSTPROCESSED" not in {one.code for one in find(evidence)}


def test_an_agent_that_chokes_on_v3s_blocks_is_told_from_a_tool() -> None:
    def fails(run: RunEvidence) -> RunEvidence:
        if run.run.cell.path != "events:v3":
            return run
        error = "The run ended with AttributeError: 'list' object has no attribute 'upper'."
        return replace(run, run=replace(run.run, status="error", error=error, tool_calls=()), results=())

    found = the("CONTENT_BLOCKS_BREAK_TOOL", each(world(("ainvoke", "events:v3")), fails))
    assert "the agent fails" in found.sentence
    assert (found.sure, found.evidence[0].what) == ("certain", "end")


def test_metadata_that_follows_the_path_is_a_difference_of_its_own() -> None:
    def told(run: RunEvidence) -> RunEvidence:
        reason = "length" if run.run.cell.path == "ainvoke" else "stop"
        return replace(run, state=({"type": "ai", "response_metadata": {"finish_reason": reason}},))

    evidence = each(world(("ainvoke", "astream:values"), repeat=4), told)
    (difference,) = differences(evidence)
    assert (difference.aspect, difference.established) == ("metadata", True)
    assert "(metadata)" in the("UNEXPLAINED", evidence).sentence


def test_what_langchain_keeps_of_whole_answers_only_is_no_difference() -> None:
    def told(run: RunEvidence) -> RunEvidence:
        kept = {"model_name": "m", "finish_reason": "stop", "system_fingerprint": "fp"}
        whole = (
            {"token_usage": {"total_tokens": 3}, "logprobs": None} if run.run.cell.path == "ainvoke" else {}
        )
        return replace(run, state=({"type": "ai", "response_metadata": kept | whole},))

    assert not differences(each(world(repeat=2), told))


def test_the_words_of_an_exception_stand_in_the_evidence_of_what_is_unexplained() -> None:
    def fails(run: RunEvidence) -> RunEvidence:
        if run.run.cell.path != "astream:messages":
            return run
        return replace(run, run=replace(run.run, status="error", error="ValueError (cannot stream)"))

    evidence = each(world(repeat=3), fails)
    assert any("cannot stream" in one.says for one in the("UNEXPLAINED", evidence).evidence)


def test_no_number_of_runs_is_promised_where_outcomes_never_repeat() -> None:
    assert runs_needed(0.05, [["a", "b"], ["c", "d"]]) is None
    assert runs_needed(0.05, [["a"], ["b"]]) is not None


def test_one_of_many_tests_has_to_be_surer_than_one_alone() -> None:
    def other(run: RunEvidence) -> RunEvidence:
        odd = run.run.cell.path == "ainvoke" and run.run.cell.placement == "local"
        return replace(run, run=replace(run.run, answer="Other.")) if odd else run

    paths = ("ainvoke", "astream:values")
    (alone,) = differences(each(World().evidence(("local",), paths, repeat=4), other))
    beside = differences(each(World().evidence(("local", "bridged"), paths, repeat=4), other))
    assert (alone.tests, alone.established) == (1, True)
    assert {(one.tests, one.established) for one in beside} == {(2, False)}
    assert "one of 2 tests" in str(beside[0])
    assert {one.test.p for one in beside} == {alone.test.p}


def test_where_the_warm_up_has_filled_a_cache_it_is_said() -> None:
    silent = each(world(), lambda run: replace(run, requests=()))
    assert "CACHED" not in {one.code for one in find(silent)}
    found = the("CACHED", replace(silent, warmed=frozenset({"agent", "tool"})))
    assert (found.severity, found.paths) == ("note", PATHS)
