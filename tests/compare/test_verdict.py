"""What runs mean: sentences that hold, and exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from langchain_core.messages import ToolMessage

from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Run, ToolTokens, Words
from client_demo.report import gate
from client_demo.report.verdict import Finding, Setting, verdict
from tests.compare.made import WHOLE, failed, run, silent
from tests.report.made import story


def exit_code(runs: Sequence[Run]) -> int:
    placements = tuple(dict.fromkeys(run.cell.placement for run in runs))
    return gate.exit_code(story(Plan("What?", "list_items", placements, ("astream:messages",)), runs))


def about(subject: str, runs: Sequence[Run]) -> Finding:
    (found,) = [one for one in verdict(runs, Setting("list_items", scripted=False)) if one.subject == subject]
    return found


def test_bridged_that_sees_everything_is_good() -> None:
    runs = [run(), run("bridged")]
    finding = about("bridged", runs)
    assert finding.tone == "good"
    assert finding.text.startswith(
        "sees what local sees, event for event, on the one path. 2 of 2 tool tokens"
    )
    assert "after 0.20 s (local: 0.20 s)" in finding.text
    assert exit_code(runs) == 0


def test_tokens_that_were_never_made_are_told_as_that() -> None:
    finding = about("adapters", [run(), silent("adapters")])
    assert finding.tone == "bad"
    assert "shows 0 of the 2 tool tokens on astream:messages" in finding.text
    assert "the tool's model was not asked to stream" in finding.text
    assert "Every answer is the same." in finding.text


def test_tokens_that_were_made_and_not_asked_for_are_told_as_that() -> None:
    unsent = silent("held", tool_tokens=ToolTokens(2, 0, 0, {}))
    assert "never left the server, because nobody asked" in about("held", [run(), unsent]).text


def test_tokens_that_left_and_did_not_arrive_are_told_as_that() -> None:
    astray = silent("bridged", tool_tokens=ToolTokens(2, 3, 1, {}))
    runs = [run(), astray]
    assert (
        "shows 1 of the 2 tool tokens on astream:messages: the server sent them."
        in about("bridged", runs).text
    )
    assert exit_code(runs) == 1


def test_reports_that_came_to_nothing_are_counted() -> None:
    finding = about("held", [run(), silent("held", dropped=2)])
    assert "2 progress reports arrived and were dropped" in finding.text


def test_another_answer_is_told() -> None:
    runs = [run(), silent("adapters", answer="Other")]
    assert "The answer differs on astream:messages." in about("adapters", runs).text


def test_bridged_that_asks_the_provider_otherwise_is_a_difference() -> None:
    runs = [silent("local"), silent("bridged", provider=(*WHOLE, *WHOLE))]
    finding = about("bridged", runs)
    assert finding.tone == "bad"
    assert "Yet it asks the provider otherwise than local on astream:messages." in finding.text
    assert exit_code(runs) == 1


def test_a_plain_client_that_asks_otherwise_and_sees_the_same_is_no_difference() -> None:
    runs = [silent("local"), silent("adapters", provider=(*WHOLE, *WHOLE))]
    assert about("adapters", runs).tone == "good"


def test_other_words_of_the_model_are_no_fault_of_the_bridge() -> None:
    runs = [run(), run("bridged", words=("Some ", "other ", "bed."))]
    finding = about("bridged", runs)
    assert finding.tone == "good"
    assert "On astream:messages the model chose other words; the events are the same." in finding.text
    assert exit_code(runs) == 0


SAID = (("agent", "'A bed.'", 2), ("tool", "'A bed.'", 2))
OTHER = (("agent", "'A lamp.'", 2), ("tool", "'A lamp.'", 2))
SHOWN = frozenset({"messages"})
CHANGED = run("bridged", words=("bed.", "A "))


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (Words(SAID, frozenset()), "(the tool's words do not come as its model said them)"),
        (Words(OTHER, frozenset()), "(the tool's words do not come as its model said them)"),
        (Words(SAID, SHOWN), "(its events are of the same kinds, with other contents)"),
    ],
)
def test_words_are_the_models_own_only_where_it_said_them(theirs: Words, told: str) -> None:
    runs = [replace(run(), words=Words(SAID, SHOWN)), replace(CHANGED, words=theirs)]
    finding = about("bridged", runs)
    assert finding.tone == "bad"
    assert finding.text.startswith(f"differs from local on astream:messages {told}.")
    assert "other words" not in finding.text
    assert exit_code(runs) == 1


def test_what_a_model_did_say_otherwise_is_no_fault_of_the_bridge() -> None:
    runs = [replace(run(), words=Words(SAID, SHOWN)), replace(CHANGED, words=Words(OTHER, SHOWN))]
    assert about("bridged", runs).tone == "good"
    assert exit_code(runs) == 0


def test_a_tool_that_says_otherwise_what_its_model_said_alike_is_told() -> None:
    agents = (SAID[0], OTHER[1]), (OTHER[0], OTHER[1])
    runs = [
        replace(one, words=Words(said, SHOWN), conversation=(ToolMessage(text, tool_call_id="x"),))
        for one, said, text in zip((run(), CHANGED), agents, ("visit 1", "visit 2"), strict=True)
    ]
    told = about("bridged", runs).text
    assert "(the tool's results are others, though it was told the same)" in told


def test_missing_tokens_are_never_taken_for_other_words() -> None:
    runs = [run(), run("bridged", words=("A ",), tool_tokens=ToolTokens(2, 1, 1, {}))]
    assert about("bridged", runs).tone == "bad"
    assert exit_code(runs) == 1


@pytest.mark.parametrize("placement", ["local", "adapters", "held", "bridged"])
def test_a_run_that_failed_ends_the_comparison_with_its_sentence(placement: str) -> None:
    runs = [run("local", "ainvoke"), failed(placement)]
    told = [
        one.text for one in verdict(runs, Setting("list_items", scripted=False)) if one.subject == placement
    ]
    assert "failed on astream:messages. It broke: mend it." in told
    assert exit_code(runs) == 5


def test_what_plain_clients_lose_is_expected() -> None:
    assert exit_code([run(), silent("adapters"), silent("held")]) == 0


def test_the_conditions_are_told() -> None:
    told = [one.text for one in verdict([run()], Setting("ask", scripted=True))]
    assert "The first call of ask was forced (tool_choice): small models pick tools badly." in told
    assert "The model was scripted: its words are canned, and its pace is made up." in told


def test_without_local_nothing_is_claimed() -> None:
    told = [one.text for one in verdict([run("bridged")], Setting("ask", scripted=False))]
    assert "Nothing is held against anything: add the placement local." in told


def test_many_paths_are_counted_and_not_recited() -> None:
    runs = [one for n in range(6) for one in (run("local", f"p{n}"), silent("adapters", f"p{n}"))]
    assert "on 6 paths (p0, p1, ...)" in about("adapters", runs).text


def test_a_path_that_does_not_apply_is_told_once() -> None:
    unsupported = replace(silent("local", "invoke"), status="unsupported", error="It cannot: do otherwise.")
    other = replace(unsupported, cell=replace(unsupported.cell, placement="bridged"))
    told = [one.text for one in verdict([run(), unsupported, other], Setting("ask", scripted=False))]
    assert told.count("It cannot: do otherwise.") == 1


def test_what_does_not_apply_is_told_once_for_each_reason_and_another_reference_is_named() -> None:
    unfit = {"local": "its code is not here"}
    setting = Setting("ask", scripted=False, forced=False, local=False, unfit=unfit, notes=("It is so.",))
    told = {one.subject: one.text for one in verdict([run("held"), silent("bridged")], setting)}
    texts = [one.text for one in verdict([run("held"), silent("bridged")], setting)]
    assert told["local"] == "does not apply: its code is not here."
    assert told["held"].startswith("is the reference")
    assert "For want of local, held is what the others are compared with, and no better." in texts
    assert "It is so." in texts
    assert not any("was forced" in text or "add the placement" in text for text in texts)
    worse = [one for one in verdict([run("held"), silent("bridged")], setting) if one.subject == "bridged"]
    assert [one.tone for one in worse] == ["note"]  # to differ from what is no better is no fault


def test_placements_that_do_not_apply_for_one_reason_are_told_together() -> None:
    unfit = dict.fromkeys(("adapters", "held", "bridged"), "it holds its own tools")
    (found,) = [
        one for one in verdict([run()], Setting("", scripted=False, unfit=unfit)) if "own tools" in one.text
    ]
    assert (found.subject, found.text) == (
        "adapters, held and bridged",
        "do not apply: it holds its own tools.",
    )
