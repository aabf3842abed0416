"""What is embedded for the timeline: every moment, or as many as a browser bears, and nothing that acts."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode
from typing import Any

import pytest

from client_demo.causes.findings import Exhibit, Finding
from client_demo.report.html.data import cited, count, in_script, timeline
from client_demo.report.html.moments import LANES, TEXT_CHARS, TO_CLIENT, TOOL, brief, moments
from client_demo.report.html.selection import selected
from tests.html.made import PATH, Made, lossy, many, story


def column(text: str) -> array[int]:
    return array("i", b64decode(text))


def lane(told: dict[str, Any], run: int, which: int) -> range:
    at = run * len(LANES) + which
    return range(told["at"][at], told["at"][at + 1])


def test_every_moment_of_every_run_is_there_by_run_lane_and_time() -> None:
    told = story(Made(1), Made(2, "bridged", words=("a", "b", "c")))
    drawn = timeline(told.evidence, ())
    page = json.loads(drawn.json)
    assert drawn.drawn == count(told.evidence) == sum(len(list(moments(run))) for run in told.evidence.runs)
    times, says = column(page["t"]), column(page["x"])
    tokens = lane(page, 1, TOOL)
    assert [page["words"][says[n]] for n in tokens] == ["a", "b", "c"]
    assert [times[n] * page["tick"] for n in tokens] == pytest.approx([0.1, 0.11, 0.12])
    (answer,) = lane(page, 1, TO_CLIENT)
    assert (page["words"][column(page["w"])[answer]], column(page["k"])[answer]) == ("result", 2)


def test_a_call_of_the_provider_has_its_first_byte_and_its_end() -> None:
    page = json.loads(timeline(story(Made(1)).evidence, ()).json)
    ((moment, first, end),) = page["bars"]
    assert [column(page["t"])[moment], first, end] == [60_000, 90_000, 120_000]


def test_the_path_with_most_to_see_is_shown_first() -> None:
    page = json.loads(timeline(lossy().evidence, ()).json)
    assert page["paths"][page["path"]] == PATH


def test_of_too_many_moments_each_lane_keeps_its_share_and_what_findings_cite() -> None:
    told = many(30_000)
    proof = Exhibit(2, "event 17", "look here")
    finding = Finding("LOST_FRAMES", "harm", "", (proof,), "certain", "", ("bridged",), (PATH,))
    drawn = timeline(told.evidence, (finding,), most=6_000)
    page = json.loads(drawn.json)
    assert count(told.evidence) > 60_000
    assert 5_900 < drawn.drawn < 6_200
    numbers = column(page["k"])
    first, second = ([numbers[n] for n in lane(page, run, TOOL)] for run in (0, 1))
    assert 17 in second
    assert 17 not in first
    assert len(first) == pytest.approx(3_000, abs=2)
    assert all(len(lane(page, 0, which)) == 1 for which in (0, 4, 5, 6))


def test_of_very_many_runs_even_short_lanes_are_thinned() -> None:
    told = story(*(Made(n, repeat=n, words="abcdefgh") for n in range(1, 301)))
    drawn = timeline(told.evidence, (), most=600)
    assert count(told.evidence) == 3_600
    assert drawn.drawn < 2_000


def test_of_too_many_runs_those_stand_there_that_findings_cite_and_the_first_repeats() -> None:
    made = [
        Made(2 * n + at, place, repeat=n) for n in range(1, 40) for at, place in enumerate(("local", "held"))
    ]
    proof = Exhibit(70, "request 700", "look here")
    finding = Finding("LOST_FRAMES", "harm", "", (proof,), "certain", "", ("held",), (PATH,))
    shown = selected(story(*made).evidence, (finding,), most=7)
    assert [run.number for run in shown.runs] == [2, 3, 4, 5, 6, 7, 70]


def test_a_run_of_hours_is_told_in_coarser_ticks() -> None:
    page = json.loads(timeline(story(Made(1, step_s=7200.0)).evidence, ()).json)
    assert page["tick"] == 1e-3
    assert column(page["t"])[lane(page, 0, TOOL)[1]] == 7_200_100


def test_a_recording_without_runs_has_an_empty_timeline() -> None:
    drawn = timeline(story().evidence, ())
    assert (drawn.drawn, json.loads(drawn.json)["runs"]) == (0, [])


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>&amp;", "\u2028\u2029", "\ud83d", "\x00"])
def test_json_in_a_script_has_no_sign_that_html_reads(text: str) -> None:
    told = in_script({text: [text]})
    assert told.isascii()
    assert not set(told) & set("<>&")
    assert json.loads(told) == {text: [text]}


@pytest.mark.parametrize(
    ("what", "mark"),
    [
        ("mcp message 3", (4, "message", 3)),
        ("request 12", (4, "request", 12)),
        ("event 7", (4, "event", 7)),
        ("tool result", None),
        ("log", None),
    ],
)
def test_an_exhibit_names_the_moment_that_it_is_about(what: str, mark: object) -> None:
    assert cited(Exhibit(4, what, "")) == mark


def test_a_deep_and_long_value_is_told_in_a_line() -> None:
    deep: Any = "bottom"
    for _ in range(5_000):
        deep = [deep]
    assert brief(deep) == "..."
    assert len(brief({"key": ["word"] * 100_000})) == TEXT_CHARS
    assert brief(("map", ("message", "ai", None, "A bed."))) == "ai A bed."
