"""The comparison for programs: one JSON object, of a versioned schema.

Pure: runs in, JSON values out. Knows the schema and nothing of how it is written to a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from client_demo.compare import REFERENCE, Plan, equal_to, equal_to_local, reference_of
from client_demo.findings import Finding
from client_demo.redaction import redacted, without_keys
from client_demo.runs import Run
from throughline.model.settings import ModelSettings

SCHEMA = "throughline.compare/1"


def document(
    plan: Plan, model: ModelSettings, runs: Sequence[Run], findings: Sequence[Finding] = ()
) -> dict[str, Any]:
    """The whole comparison."""
    return {
        "schema": SCHEMA,
        "prompt": plan.prompt,
        "model": {"kind": model.kind, "name": model.model},
        "runs": [row(run) for run in runs],
        "equal_to_local": equal_to_local(runs),
        **_theirs(plan, runs),
        "findings": [_finding(one, model.api_key) for one in findings],
    }


def _theirs(plan: Plan, runs: Sequence[Run]) -> dict[str, Any]:
    """What there is to say of a comparison that is not of our own agent, and our own server over stdio."""
    if plan.server is None and plan.subject is None and plan.transport == "stdio":
        return {}
    told: dict[str, Any] = {"tool": plan.tool, **whose(plan)}
    if (name := reference_of(plan.placements)) != REFERENCE:
        told |= {"reference": name, "equal_to_reference": equal_to(name, runs)}
    return {**told, "not_applicable": dict(plan.unfit), "notes": list(plan.notes)}


def whose(plan: Plan) -> dict[str, Any]:
    """Whose server and agent it was, and how a tool was called, where that is not the ordinary way."""
    told: dict[str, Any] = {}
    if plan.server is not None:
        told["server"] = plan.server.title
    elif plan.transport != "stdio":
        told["transport"] = plan.transport
    if plan.agent is not None:
        told["agent"] = plan.agent.given
    if plan.args is not None:
        told["args"] = redacted(dict(plan.args))
    return told


def _finding(finding: Finding, key: str) -> dict[str, Any]:
    """A finding; what it quotes is from requests and messages, and is cleaned as a recording is."""
    exhibits = [{**asdict(one), "says": without_keys(one.says, key)} for one in finding.evidence]
    return {**asdict(finding), "sentence": without_keys(finding.sentence, key), "evidence": exhibits}


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
