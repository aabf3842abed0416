"""JUnit XML: a suite for each placement, a case for each path, and what tools for tests expect of both."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from client_demo.experiment.compare import Plan
from client_demo.report.gate import breaches, read_conditions
from client_demo.report.junit import junit
from client_demo.report.story import Story
from tests.compare.made import failed, run, silent
from tests.report.made import story

PATHS = ("ainvoke", "astream:messages")
PLAN = Plan("What <is> here?", "list_items", ("local", "adapters", "bridged"), PATHS)
UNSUPPORTED = silent("bridged", "ainvoke", status="unsupported", error="It has no sync way.", answer=None)
RUNS = (
    *(silent(name, "ainvoke") for name in ("local", "adapters")),
    UNSUPPORTED,
    *(run(), silent("adapters"), failed("bridged")),
)
# What Jenkins' and GitLab's schemas have in common: the order of what a suite and a case hold.
SUITE = ("properties", "testcase", "system-out", "system-err")
CASE = ("skipped", "error", "failure", "system-out", "system-err")


def drawn(told: Story, conditions: str = "loss,difference,error,overhead=10%") -> Element:
    return ElementTree.fromstring(junit(told, breaches(told, read_conditions([conditions]))))


def case(root: Element, placement: str, path: str) -> Element:
    found = root.find(f"testsuite[@name='{placement}']/testcase[@name='{path}']")
    assert found is not None
    return found


def test_each_placement_is_a_suite_and_each_path_a_case() -> None:
    root = drawn(story(PLAN, RUNS))
    assert [suite.get("name") for suite in root][:3] == ["local", "adapters", "bridged"]
    for suite in list(root)[:3]:
        assert [one.get("name") for one in suite.findall("testcase")] == list(PATHS)


def test_its_shape_is_the_one_that_is_usual() -> None:
    root = drawn(story(PLAN, RUNS))
    assert root.tag == "testsuites"
    assert set(root.keys()) <= {"name", "tests", "failures", "errors", "time"}
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"} <= set(suite.keys())
        order = [SUITE.index(child.tag) for child in suite]
        assert order == sorted(order)
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        assert int(suite.get("failures", "")) == sum(one.find("failure") is not None for one in cases)
        assert int(suite.get("skipped", "")) == sum(one.find("skipped") is not None for one in cases)
        for one in cases:
            assert {"classname", "name", "time"} <= set(one.keys())
            assert float(one.get("time", "")) >= 0
            assert [CASE.index(child.tag) for child in one] == sorted(CASE.index(child.tag) for child in one)
            assert len(one.findall("failure")) <= 1
    assert int(root.get("tests", "")) == sum(int(suite.get("tests", "")) for suite in root)


def test_a_breach_is_a_failure_with_its_sentence_and_what_does_not_apply_is_skipped_with_the_reason() -> None:
    root = drawn(story(PLAN, RUNS))
    failure = case(root, "adapters", "astream:messages").find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("adapters shows 0 of the 2 tool tokens on astream:messages")
    assert failure.get("type") == "loss,difference"
    broken = case(root, "bridged", "astream:messages").find("failure")
    assert broken is not None
    assert "It broke: mend it." in (broken.text or "")
    skipped = case(root, "bridged", "ainvoke").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "It has no sync way."
    assert case(root, "local", "ainvoke").find("failure") is None


def test_a_placement_that_does_not_apply_is_skipped_and_what_holds_nowhere_in_particular_is_told() -> None:
    plan = replace(PLAN, placements=("bridged",), unfit={"local": "its code is not here"})
    root = drawn(story(plan, (run("bridged"),), complete=False))
    skipped = case(root, "local", "ainvoke").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "its code is not here"
    assert case(root, "every placement", "every path").find("failure") is not None
    missing = case(root, "bridged", "ainvoke").find("skipped")
    assert missing is not None
    assert missing.get("message") == "the recording ends before this run did"


def test_what_xml_cannot_hold_is_taken_out_and_markup_is_text() -> None:
    hostile = "]]><x/>\x00\x1b[31m\ud800\uffff\u202egip\u2066\x9b & 'all'"
    runs = (run(answer=hostile), silent("bridged", status="error", error=hostile, answer=None))
    root = drawn(story(replace(PLAN, prompt=hostile), runs))
    assert root.find("testsuite/properties/property[@name='prompt']") is not None
    text = "".join(root.itertext())
    assert "]]><x/>" in text
    assert not re.search("[\x00-\x08\x7f-\x9f\u202a-\u202e\u2066-\u2069\uffff]", text)


def test_runs_are_named_as_findings_name_them() -> None:
    root = drawn(story(PLAN, RUNS))
    shown = case(root, "bridged", "astream:messages").findtext("system-out") or ""
    assert shown.startswith("run 6, repeat 1: error in ")
    broken = case(root, "bridged", "astream:messages").findtext("failure") or ""
    assert "\nrepeat 1: It broke: mend it." in broken
