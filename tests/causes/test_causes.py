"""Each cause is found where its evidence is, and nowhere else.

Evidence is made by `world.py`: every placement and path as real runs come out, with quirks on demand.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from client_demo.causes import CAUSES, CODES, find
from client_demo.causes.findings import Finding, at_least, by_weight
from client_demo.causes.making import near
from client_demo.evidence.data import Evidence
from tests.causes.world import ALL_PATHS, PLACEMENTS, World

OURS = ("local", "bridged")
QUIRKS = {
    "random": "NONDETERMINISM",
    "bare_stream": "STREAM_ENDPOINT_DIFFERS",
    "other_model_streaming": "DIFFERENT_MODEL_WHEN_STREAMING",
    "cached": "CACHED",
    "stateful": "STATEFUL_TOOL",
    "postprocessed": "POSTPROCESSED",
    "other_request": "DIFFERENT_REQUEST",
    "cut_arguments": "TRUNCATED_ARGUMENTS_EXECUTED",
    "content_upper": "CONTENT_BLOCKS_BREAK_TOOL",
    "content_spelled": "CONTENT_BLOCKS_BREAK_TOOL",
    "explicit_astream": "INNER_STREAM_DARK",
    "raises": "ERROR_RAISED_VS_RETURNED",
    "late": "LATE_PROGRESS",
    "reordered": "REORDERED",
    "lossy": "LOST_FRAMES",
    "buffered": "REPLAYED_AT_END",
    "json_response": "JSON_RESPONSE_MODE",
    "wrong_partials": "PARTIAL_VALUES_WRONG",
}
PLAIN_LOSSES = {
    "adapters": {"TOKENS_STOP_AT_BOUNDARY", "NO_PROGRESS_REQUESTED", "SESSION_PER_CALL"},
    "held": {"TOKENS_STOP_AT_BOUNDARY"},
}
TWO = (
    ("stateful", "postprocessed"),
    ("stateful", "cached"),
    ("stateful", "lossy"),
    ("random", "postprocessed"),
    ("random", "stateful"),
    ("raises", "content_upper"),
    ("other_request", "stateful"),
    ("other_model_streaming", "bare_stream"),
    ("wrong_partials", "postprocessed"),
    ("late", "explicit_astream"),
    ("late", "reordered"),
    ("buffered", "lossy"),
    ("cut_arguments", "bare_stream"),
)


def made(*quirks: str, tool: str = "list_items", repeat: int = 2, of: Iterable[str] = OURS) -> Evidence:
    return World(frozenset(quirks), tool).evidence(tuple(of), repeat=repeat)


def grave(findings: Iterable[Finding]) -> set[str]:
    return {one.code for one in at_least(tuple(findings), "warning")}


def test_every_code_of_the_catalogue_has_a_function_a_meaning_and_a_remedy() -> None:
    assert [*CAUSES, "UNEXPLAINED"] == list(CODES)
    assert len(CAUSES) == 26
    assert all(code.meaning and code.remedy.endswith(".") for code in CODES.values())


@pytest.mark.parametrize("tool", ["list_items", "ask"])
@pytest.mark.parametrize("repeat", [1, 3])
def test_healthy_runs_on_local_and_bridged_give_notes_at_most(tool: str, repeat: int) -> None:
    findings = find(made(tool=tool, repeat=repeat))
    assert not grave(findings)
    assert {one.code for one in findings} <= {"STREAM_ENDPOINT_DIFFERS", "INNER_STREAM_DARK"}


@pytest.mark.parametrize("tool", ["list_items", "ask"])
@pytest.mark.parametrize("path", ALL_PATHS)
def test_healthy_runs_of_one_path_give_nothing_in_twenty_repeats(path: str, tool: str) -> None:
    evidence = World(tool=tool).evidence(OURS, [path], repeat=20)
    assert not grave(find(evidence))


@pytest.mark.parametrize("tool", ["list_items", "ask"])
@pytest.mark.parametrize("placement", ["adapters", "held"])
def test_plain_placements_give_what_they_are_known_to_lose(placement: str, tool: str) -> None:
    findings = find(made(tool=tool, of=["local", placement]))
    assert grave(findings) == PLAIN_LOSSES[placement]
    plain = [one for one in findings if one.code in PLAIN_LOSSES[placement]]
    assert {one.placements for one in plain} == {(placement,)}


def test_without_local_runs_the_tokens_that_a_path_is_made_for_are_still_missed() -> None:
    assert "TOKENS_STOP_AT_BOUNDARY" in grave(find(made(tool="ask", of=["held"])))
    assert "TOKENS_STOP_AT_BOUNDARY" not in grave(find(made(tool="ask", of=["bridged"])))


@pytest.mark.parametrize(("tool", "repeat"), [("list_items", 2), ("ask", 1)])
@pytest.mark.parametrize("quirk", QUIRKS)
def test_each_quirk_gives_its_own_code_and_no_other(quirk: str, repeat: int, tool: str) -> None:
    findings = find(made(quirk, tool=tool, repeat=repeat))
    assert QUIRKS[quirk] in {one.code for one in findings}
    assert grave(findings) <= {QUIRKS[quirk]}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_beside_plain_placements_each_quirk_is_told_as_well(quirk: str) -> None:
    findings = find(made(quirk, of=PLACEMENTS))
    assert QUIRKS[quirk] in grave(findings)
    assert grave(findings) <= {QUIRKS[quirk]} | PLAIN_LOSSES["adapters"]


@pytest.mark.parametrize("quirks", TWO, ids="+".join)
def test_two_quirks_at_once_give_both_codes(quirks: tuple[str, str]) -> None:
    assert grave(find(made(*quirks))) == {QUIRKS[quirk] for quirk in quirks}


def test_a_progress_callback_without_its_context_is_found_on_the_held_session() -> None:
    findings = find(made("drops", tool="ask", of=["local", "held"]))
    assert grave(findings) == {"TOKENS_STOP_AT_BOUNDARY", "CONTEXT_LOST"}
    lost = next(one for one in findings if one.code == "CONTEXT_LOST")
    assert lost.placements == ("held",)


@pytest.mark.parametrize("quirks", [(), *TWO], ids=str)
def test_every_finding_is_proved_by_runs_that_exist(quirks: tuple[str, ...]) -> None:
    evidence = made(*quirks, of=PLACEMENTS, repeat=1)
    numbers = {run.number for run in evidence.runs}
    for one in find(evidence):
        assert one.evidence, one.code
        assert {proof.run for proof in one.evidence} <= numbers
        assert one.placements
        assert one.paths
        assert one.sentence.endswith(".")


def test_findings_are_the_same_each_time_and_the_gravest_come_first_when_they_are_weighed() -> None:
    evidence = made("bare_stream", "late", of=PLACEMENTS)
    assert find(evidence) == find(evidence)
    weights = [one.severity for one in by_weight(find(evidence))]
    assert weights == sorted(weights, key=["harm", "warning", "note"].index)


def test_what_it_costs_to_open_a_session_for_each_call_is_told_in_milliseconds() -> None:
    found = next(one for one in find(made(of=PLACEMENTS)) if one.code == "SESSION_PER_CALL")
    assert "costs 80 ms" in found.sentence
    assert "50 ms on a held session; a whole run takes " in found.sentence
    alone = next(one for one in find(made(of=["local", "adapters"])) if one.code == "SESSION_PER_CALL")
    assert "against" not in alone.sentence


def test_where_two_requests_part_is_told_to_the_character() -> None:
    found = next(one for one in find(made("other_request")) if one.code == "DIFFERENT_REQUEST")
    assert "messages[1].content, character 24" in found.sentence
    assert "between streamed and whole answers" in found.sentence


def test_a_path_that_flips_streaming_and_loses_nothing_is_noted_as_by_design() -> None:
    notes = [one for one in find(made()) if one.code == "STREAM_ENDPOINT_DIFFERS"]
    assert [one.severity for one in notes] == ["note"]
    assert "astream:messages" in notes[0].paths
    assert "astream:values" not in notes[0].paths


def test_what_a_bare_stream_lacks_is_listed() -> None:
    found = next(one for one in find(made("bare_stream")) if one.code == "STREAM_ENDPOINT_DIFFERS")
    assert all(word in found.sentence for word in ("usage", "system_fingerprint", "refusal", "ids"))


def test_a_dark_inner_stream_is_a_note_where_the_tool_hands_out_its_words_itself() -> None:
    found = next(one for one in find(made(tool="ask")) if one.code == "INNER_STREAM_DARK")
    assert (found.severity, found.sure, found.paths) == ("note", "certain", ("events:v3",))


def test_a_count_is_told_from_a_change_without_repeating_a_path() -> None:
    found = find(World(frozenset({"stateful"})).evidence(("local", "bridged"), repeat=1))
    assert {one.code for one in found if one.severity != "note"} == {"STATEFUL_TOOL"}


def test_a_change_on_one_call_only_may_be_state_and_the_finding_says_so() -> None:
    for quirk in ("stateful", "postprocessed"):
        evidence = World(frozenset({quirk})).evidence(("local",), ["astream:messages"], repeat=1)
        [found] = [one for one in find(evidence) if one.severity != "note"]
        assert (found.code, found.sure) == ("POSTPROCESSED", "possible")
        assert "STATEFUL_TOOL" in found.sentence


def test_the_same_change_on_two_paths_needs_no_repetition_to_be_certain() -> None:
    found = find(World(frozenset({"postprocessed"})).evidence(("local",), repeat=1))
    assert [one.sure for one in found if one.code == "POSTPROCESSED"] == ["certain"]


@pytest.mark.parametrize(
    ("text", "at", "told"),
    [
        ("short", 0, "is 'short'"),
        ("x" * 100, 3, f"begins with '{'x' * 60}'"),
        ("x" * 40 + "y" * 60, 99, f"ends with '{'y' * 60}'"),
        ("x" * 70 + "y" * 30 + "z" * 100, 100, f"has at character 71 '{'y' * 30}{'z' * 30}'"),
    ],
)
def test_a_changed_text_is_quoted_around_the_place_where_it_changes(text: str, at: int, told: str) -> None:
    assert near(text, at) == told
