"""The comparison as JUnit XML, for what shows tests in CI: a suite for each placement, a case for each path.

Pure. A breach of a condition is a failure, a path that does not apply is skipped with its reason. What holds
for no single placement or path stands in a suite, or a case, of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from client_demo.causes.findings import Finding
from client_demo.experiment.runs import Run
from client_demo.report.causes import told
from client_demo.report.gate import Breach
from client_demo.report.story import Story

EVERYWHERE = "every placement"
WHOLE = "every path"
_NOT_TEXT = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
"""What XML cannot hold, controls, and what turns the direction of a text around."""


def junit(story: Story, breaches: Sequence[Breach]) -> str:
    """The whole document."""
    root = Element("testsuites", name="throughline compare")
    for placement in (*story.header.placements, *story.header.unfit):
        _suite(root, placement, story, [one for one in breaches if one.placement == placement])
    placed = {*story.header.placements, *story.header.unfit}
    if left := [one for one in breaches if one.placement not in placed]:
        _suite(root, EVERYWHERE, story, left)
    for name in ("tests", "failures", "errors"):  # Jenkins' schema knows no other here
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", _seconds(story.runs))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False).join((HEAD, "\n"))


HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _suite(root: Element, placement: str, story: Story, breaches: Sequence[Breach]) -> None:
    own = [run for run in story.runs if run.cell.placement == placement]
    suite = SubElement(root, "testsuite", name=_clean(placement), time=_seconds(own))
    suite.set("timestamp", _clean(story.header.at.partition("+")[0]))
    _properties(suite, story)
    paths = [*story.header.paths] if placement != EVERYWHERE else []
    paths += [one.path or WHOLE for one in breaches if (one.path or WHOLE) not in paths]
    for path in dict.fromkeys(paths):
        failing = [one for one in breaches if (one.path or WHOLE) == path]
        _case(suite, placement, path, [run for run in own if run.cell.path == path], failing, story)
    if found := [one for one in story.findings if placement in one.placements]:
        SubElement(suite, "system-out").text = _clean(_findings(found))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _properties(suite: Element, story: Story) -> None:
    properties = SubElement(suite, "properties")
    header = story.header
    told_ = {"prompt": header.prompt, "tool": header.tool or "every tool", "model": header.model["name"]}
    for name, value in {**told_, "throughline": header.throughline, "recorded": header.at}.items():
        SubElement(properties, "property", name=name, value=_clean(value))


def _case(
    suite: Element, placement: str, path: str, runs: Sequence[Run], failing: Sequence[Breach], story: Story
) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=_clean(f"throughline.{placement}"),
        name=_clean(path),
        time=_seconds(runs),
    )
    if failing:  # the schema allows one failure a case
        kinds = ",".join(dict.fromkeys(one.kind for one in failing))
        first, more = _clean(failing[0].sentence), len(failing) - 1
        failure = SubElement(case, "failure", type=kinds)
        failure.set("message", first + (f" (and {more} more)" if more else ""))
        failure.text = _clean("\n".join(_proof(failing, runs)))
    elif reason := _not_run(placement, path, runs, story):
        SubElement(case, "skipped", message=_clean(reason))
    if lines := [_line(run, story) for run in runs]:
        SubElement(case, "system-out").text = _clean("\n".join(lines))


def _not_run(placement: str, path: str, runs: Sequence[Run], story: Story) -> str:
    """Why a path did not run here, where it did not."""
    if placement in story.header.unfit:
        return story.header.unfit[placement]
    if not runs and placement in story.header.placements and path in story.header.paths:
        return "the recording ends before this run did"
    if runs and all(run.status == "unsupported" for run in runs):
        return runs[0].error or "this path does not apply here"
    return ""


def _proof(failing: Sequence[Breach], runs: Sequence[Run]) -> Iterator[str]:
    yield from (f"{one.kind}: {one.sentence}" for one in failing)
    yield from (f"repeat {run.cell.repeat}: {run.error}" for run in runs if run.status == "error")


def _line(run: Run, story: Story) -> str:
    """A run, with the number that findings name it by."""
    number = next(one.number for one in story.evidence.runs if one.run is run)
    tokens = run.tool_tokens
    answer = " ".join((run.answer or "none").split())
    told_ = f"{run.status} in {run.seconds:.3f} s, {tokens.seen} of {tokens.emitted} tool tokens seen"
    return f"run {number}, repeat {run.cell.repeat}: {told_}, answer: {answer[:200]}"


def _findings(found: Sequence[Finding]) -> str:
    return "\n".join(told(found))


def _seconds(runs: Sequence[Run]) -> str:
    return f"{sum(run.seconds for run in runs):.3f}"


def _clean(text: str) -> str:
    """A text that XML can hold, and that does nothing where it is shown."""
    return _NOT_TEXT.sub("\ufffd", text)
