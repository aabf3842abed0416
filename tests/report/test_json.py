"""The JSON of a comparison: all that a program needs to follow what a report says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from client_demo.causes.findings import Exhibit, Finding
from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Cell
from client_demo.report.gate import read_conditions
from client_demo.report.json import document, gate
from client_demo.report.story import Story
from tests.compare.made import run, silent
from tests.report.made import AT, story

PLAN = Plan("What?", "list_items", ("local", "bridged"), ("astream:messages",))
PROBED = run("local", cell=Cell("local", "ainvoke", probe="cancel"))
ALIKE = story(PLAN, (PROBED, run(), replace(run("bridged"), seconds=1.25)))
LOSING = story(PLAN, (run(), silent("bridged")))


def told(of: Story) -> Any:
    return json.loads(json.dumps(document(of)))


def test_runs_and_probes_have_the_numbers_by_which_evidence_names_them() -> None:
    made = told(ALIKE)
    assert [(one["number"], one["placement"]) for one in made["runs"]] == [(2, "local"), (3, "bridged")]
    assert made["probes"] == [
        {
            "number": 1,
            "probe": "cancel",
            "placement": "local",
            "path": "ainvoke",
            "status": "ok",
            "error": None,
        }
    ]
    proof = (Exhibit(3, "request 1", "It says so."),)
    found = Finding("CACHED", "warning", "So.", proof, "certain", "mend it.", ("bridged",), ("ainvoke",))
    made = told(replace(ALIKE, findings=(found,)))
    numbers = {one["number"] for one in (*made["runs"], *made["probes"])}
    assert {one["run"] for one in made["findings"][0]["evidence"]} <= numbers


def test_it_says_what_was_asked_when_and_by_what() -> None:
    made = told(ALIKE)
    assert (made["throughline"], made["at"], made["repeat"]) == ("0.1.0", AT, 1)
    assert (made["placements"], made["paths"]) == (["local", "bridged"], ["astream:messages"])


def test_it_has_the_sentences_of_the_verdict_and_the_overhead() -> None:
    made = told(ALIKE)
    assert [(one["tone"], one["subject"]) for one in made["verdict"]][:2] == [
        ("note", "local"),
        ("good", "bridged"),
    ]
    assert made["verdict"][0]["text"] == ALIKE.verdict[0].text
    assert made["overhead"] == [
        {
            "path": "astream:messages",
            "placement": "bridged",
            "reference": "local",
            "seconds": 1.25,
            "reference_s": 1.0,
            "repeats": 1,
            "percent": 25.0,
        }
    ]


def test_without_conditions_the_gate_is_what_the_exit_code_is_about() -> None:
    assert told(ALIKE)["gate"] == {"conditions": None, "breaches": [], "untold": [], "exit_code": 0}
    made = told(LOSING)["gate"]
    assert made["exit_code"] == 1
    assert [(one["kind"], one["placement"]) for one in made["breaches"]] == [("difference", "bridged")]


def test_with_conditions_the_gate_says_which_were_held() -> None:
    made = gate(LOSING, read_conditions(["loss, overhead=10"]))
    assert made["conditions"] == ["loss", "overhead=10%"]
    assert [one["kind"] for one in made["breaches"]] == ["loss"]
    assert made["exit_code"] == 1
    unseen = gate(story(PLAN, (silent("bridged"),)), read_conditions(["loss"]))
    assert len(unseen["untold"]) == 1
    assert unseen["exit_code"] == 0
