"""What the doctor says: a verdict for each code, with one sentence, what it was seen by, and what to do.

Pure data. Knows the codes and their order; refuses to know how a verdict is come by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Verdict = Literal["good", "warning", "bad", "not applicable"]

CODES: dict[str, str] = {
    "CONNECT": "the server starts, or is reached, and answers `initialize`",
    "TOOLS": "its tools are listed with names, descriptions and schemas that hosts can use",
    "PROGRESS": "progress carries the caller's token, grows, and ends with the result",
    "TOKENS": "what its tools' models write crosses the boundary, complete and in order",
    "CANCELLATION": "a call that is cancelled stops, and the session stays usable",
    "TIMEOUT": "a caller with a time limit hears signs of life, and may give up without harm",
    "PARALLEL": "calls run side by side, and the server answers while they do",
    "STDOUT": "nothing but MCP is written on standard output",
    "ERRORS": "requests that make no sense are answered, and break nothing",
    "SHUTDOWN": "it ends when its client leaves, within 2 s",
}
WEIGHT: dict[Verdict, int] = {"bad": 3, "warning": 2, "good": 1, "not applicable": 0}


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict. `evidence` is what was seen; `remedy` what to do, where there is something to do."""

    code: str
    verdict: Verdict
    sentence: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One examination, its checks in the order of `CODES`.

    `unreachable` where there was nobody to examine, `key_refused` where that was for want of a key.
    """

    target: str
    transport: str
    server: dict[str, Any]
    tool: str | None
    arguments: dict[str, Any]
    checks: tuple[Check, ...]
    seconds: float
    unreachable: bool = False
    key_refused: bool = False


def good(code: str, sentence: str, *evidence: str) -> Check:
    """It behaves."""
    return Check(code, "good", sentence, evidence)


def warning(code: str, sentence: str, *evidence: str, remedy: str) -> Check:
    """Something is lost, and some hosts will miss it."""
    return Check(code, "warning", sentence, evidence, remedy)


def bad(code: str, sentence: str, *evidence: str, remedy: str) -> Check:
    """Hosts will stumble over it."""
    return Check(code, "bad", sentence, evidence, remedy)


def not_applicable(code: str, sentence: str, *evidence: str, remedy: str = "") -> Check:
    """There is nothing to judge by."""
    return Check(code, "not applicable", sentence, evidence, remedy)


def worst(checks: Sequence[Check]) -> Check:
    """The gravest of several verdicts on one code, with the other grave ones among its evidence."""
    first, *others = sorted(checks, key=lambda one: -WEIGHT[one.verdict])
    said = [one.sentence for one in others if WEIGHT[one.verdict] >= WEIGHT["warning"]]
    return replace(first, evidence=(*first.evidence, *said))
