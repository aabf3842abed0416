"""The comparison for programs: one JSON object, of a versioned schema.

Pure: runs in, JSON values out. Knows the schema and nothing of how it is written to a file.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from client_demo.causes.findings import Finding
from client_demo.experiment.compare import REFERENCE, equal_to, equal_to_local, reference_of
from client_demo.experiment.runs import Run
from client_demo.report import apart
from client_demo.report.story import Story
from client_demo.text.redaction import without_keys

SCHEMA = "throughline.compare/1"


def document(story: Story) -> dict[str, Any]:
    """The whole comparison."""
    return {
        "schema": SCHEMA,
        "prompt": story.header.prompt,
        "model": dict(story.header.model),
        "runs": [row(run) for run in story.runs],
        "equal_to_local": equal_to_local(story.runs),
        **_theirs(story),
        "findings": [_finding(one) for one in story.findings],
        "differences": apart.document(story.differences),
        "complete": story.complete,
    }


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
