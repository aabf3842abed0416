"""The comparison for programs: one JSON object, of a versioned schema.

Pure: runs in, JSON values out. Knows the schema and nothing of how it is written to a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from client_demo.causes.findings import Finding
from client_demo.experiment.compare import REFERENCE, equal_to, equal_to_local, reference_of
from client_demo.experiment.runs import Run
from client_demo.report import apart
from client_demo.report.conditions import Condition
from client_demo.report.gate import breaches, exit_code, expected, untold
from client_demo.report.story import Story
from client_demo.text.redaction import without_keys
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK

SCHEMA = "throughline.compare/1"


def document(story: Story) -> dict[str, Any]:
    """The whole comparison. A finding's evidence names runs by their `number`, which a probe has as well."""
    header = story.header
    return {
        "schema": SCHEMA,
        "throughline": header.throughline,
        "at": header.at,
        "prompt": header.prompt,
        "model": dict(header.model),
        "placements": list(header.placements),
        "paths": list(header.paths),
        "repeat": header.repeat,
        "verdict": [{**asdict(one), "text": without_keys(one.text)} for one in story.verdict],
        "gate": gate(story),
        "runs": list(_runs(story)),
        "probes": list(_probes(story)),
        "equal_to_local": equal_to_local(story.runs),
        **_theirs(story),
        "findings": [_finding(one) for one in story.findings],
        "differences": apart.document(story.differences),
        "overhead": [{**asdict(one), "percent": round(one.percent, 2)} for one in story.overhead],
        "complete": story.complete,
    }


def gate(story: Story, conditions: Sequence[Condition] | None = None) -> dict[str, Any]:
    """What the comparison was to hold, and did not; without conditions, what is expected of every one."""
    if conditions is None:
        told, code = expected(story), exit_code(story)
    else:
        told = breaches(story, conditions)
        code = EXIT_DIFFERENCE if told else EXIT_OK
    return {
        "conditions": None if conditions is None else [str(one) for one in conditions],
        "breaches": [{**asdict(one), "sentence": without_keys(one.sentence)} for one in told],
        "untold": list(untold(story, conditions or ())),
        "exit_code": code,
    }


def _runs(story: Story) -> Iterator[dict[str, Any]]:
    numbers = (one.number for one in story.evidence.runs if not one.probe)
    for number, run in zip(numbers, story.runs, strict=True):
        yield {"number": number, **row(run)}


def _probes(story: Story) -> Iterator[dict[str, Any]]:
    for one in story.evidence.runs:
        if one.probe:
            cell = one.run.cell
            told = {"number": one.number, "probe": one.probe, "placement": cell.placement, "path": cell.path}
            yield {**told, "status": one.run.status, "error": one.run.error}


def _theirs(story: Story) -> dict[str, Any]:
    """What there is to say of a comparison that is not of our own agent, and our own server over stdio."""
    header = story.header
    ours = header.agent is None and header.args is None
    if header.server is None and ours and header.transport == "stdio":
        return {}
    told: dict[str, Any] = {"tool": header.tool}
    if header.server is not None:
        told["server"] = header.server
    elif header.transport != "stdio":
        told["transport"] = header.transport
    if header.agent is not None:
        told["agent"] = header.agent
    if header.args is not None:
        told["args"] = dict(header.args)
    if (name := reference_of(header.placements)) != REFERENCE:
        told |= {"reference": name, "equal_to_reference": equal_to(name, story.runs)}
    return {**told, "not_applicable": dict(header.unfit), "notes": list(header.notes)}


def _finding(finding: Finding) -> dict[str, Any]:
    """A finding; what it quotes is from requests and messages, and is cleaned as a recording is."""
    exhibits = [{**asdict(one), "says": without_keys(one.says)} for one in finding.evidence]
    return {**asdict(finding), "sentence": without_keys(finding.sentence), "evidence": exhibits}


def row(run: Run) -> dict[str, Any]:
    """One run; times are seconds, to the tenth of a millisecond."""
    return {
        "placement": run.cell.placement,
        "path": run.cell.path,
        "repeat": run.cell.repeat,
        "status": run.status,
        "error": run.error,
        "seconds": round(run.seconds, 4),
        "first_event_s": _rounded(run.first_event_s),
        "first_tool_token_s": _rounded(run.first_tool_token_s),
        "first_answer_token_s": _rounded(run.first_answer_token_s),
        "tool_tokens": asdict(run.tool_tokens),
        "provider": [asdict(one) for one in run.provider],
        "tool_calls": [asdict(one) for one in run.tool_calls],
        "answer": run.answer,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
