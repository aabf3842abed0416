"""PROGRESS and STDOUT: judged by everything that was heard, over all calls.

Pure. Knows what MCP says of progress, and what its hosts make of progress that is otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeGuard

from client_demo.doctor.checks import Check, bad, good, not_applicable, warning, worst
from client_demo.doctor.patient import NAME_ONE, Patient, without_tool
from client_demo.doctor.record import Call, brief, span

SHOWN = 3
SILENT_S = 2.0
"""Seconds from which on a person wants to be told that something goes on."""


def judge_progress(patient: Patient) -> Check:
    """PROGRESS."""
    if patient.choice is None:
        return without_tool("PROGRESS")
    calls = patient.record.calls
    found = [check for check in (_strays(patient), _late(calls), _numbers(calls)) if check is not None]
    return worst([*found, _heard(patient)])


def _heard(patient: Patient) -> Check:
    calls = patient.record.calls
    count = sum(len(call.progress) for call in calls)
    if count:
        messages = [str(p["message"]) for call in calls for _, p in call.progress if p.get("message")]
        evidence = f"{count} notifications in {len(calls)} calls"
        said = (f"the first says {brief(messages[0])!r}",) if messages else ()
        return good(
            "PROGRESS", "it carries the caller's token, grows, and ends with the result", evidence, *said
        )
    failed = next((call for call in calls if call.ended is not None and not call.succeeded), None)
    if failed is not None and not any(call.succeeded for call in calls):
        sentence = f"{patient.tool} did not succeed with the arguments that were made up for it"
        return not_applicable("PROGRESS", sentence, failed.said, remedy="give it some: --args JSON.")
    ends = ((call.ended or call.cancelled or call.began) - call.began for call in calls)
    longest = max(ends, default=0.0)
    if longest >= SILENT_S:
        sentence = f"{patient.tool} works for {span(longest)} and sends no progress"
        return warning("PROGRESS", sentence, remedy="report progress where the caller sent a progress token.")
    sentence = f"{patient.tool} is done in {span(longest)} and sends no progress"
    return not_applicable("PROGRESS", sentence, remedy=NAME_ONE)


def _strays(patient: Patient) -> Check | None:
    strays = patient.record.strays
    if not strays:
        return None
    remedy = "send the caller's token and id back as they came, of the same type."
    return bad("PROGRESS", "messages come that belong to no call", *strays[:SHOWN], remedy=remedy)


def _late(calls: Sequence[Call]) -> Check | None:
    late = [(t - call.ended, call) for call in calls if call.ended is not None for t, _ in call.late]
    ends = [one for one in late if one[1].cancelled is None]
    if not ends:
        return None
    evidence = f"{len(ends)} notifications, the last {span(max(ends)[0])} after its result"
    remedy = "wait for what a tool has started before its result is sent; some hosts drop the connection."
    return bad("PROGRESS", "progress comes after the result", evidence, remedy=remedy)


def _numbers(calls: Sequence[Call]) -> Check | None:
    for call in calls:
        told = [params.get("progress") for _, params in call.progress]
        numbers = [value for value in told if _is_finite(value)]
        if len(numbers) < len(told):
            evidence = f"it said {next(value for value in told if not _is_finite(value))!r}"
            remedy = "send a finite number in each notification."
            return bad("PROGRESS", "progress is not always a number", evidence, remedy=remedy)
        if shrunk := next((pair for pair in pairwise(numbers) if not pair[1] > pair[0]), None):
            evidence = f"{shrunk[0]:g} and then {shrunk[1]:g}"
            return bad("PROGRESS", "progress does not always grow", evidence, remedy="let it grow each time.")
        totals = [(number, p.get("total")) for number, (_, p) in zip(numbers, call.progress, strict=True)]
        over = next(((n, total) for n, total in totals if _is_finite(total) and n > total), None)
        if over:
            evidence = f"{over[0]:g} of {over[1]:g}"
            return warning("PROGRESS", "progress exceeds its total", evidence, remedy="correct `total`.")
    return None


def _is_finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def judge_stdout(patient: Patient) -> Check:
    """STDOUT."""
    if patient.dialogue.wire.transport != "stdio":
        return not_applicable("STDOUT", "it is spoken to over HTTP")
    noise = patient.record.noise
    if not noise:
        return good("STDOUT", "every line is an MCP message")
    count = "1 line is" if len(noise) == 1 else f"{len(noise)} lines are"
    lines = [repr(brief(line)) for line in noise[:SHOWN]]
    remedy = "log and print to stderr; a line without its newline costs a client the message after it."
    return bad("STDOUT", f"{count} not MCP", *lines, remedy=remedy)
