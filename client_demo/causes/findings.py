"""What a diagnosis says: findings, each with what proves it.

Pure data. Knows the shape of a finding; refuses to know how one is come by (`causes`) and how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning", "harm"]
Sure = Literal["certain", "likely", "possible"]

SEVERITIES: tuple[Severity, ...] = ("note", "warning", "harm")
"""From what is by design and announced, over what is lost, to what is wrong."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One thing that proves a finding: in which run, which request, message or event, and what it says."""

    run: int
    what: str
    says: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause: its stable code, one sentence, what proves it, how sure that is, and what to do.

    `placements` and `paths` are those of the runs that it is about.
    """

    code: str
    severity: Severity
    sentence: str
    evidence: tuple[Exhibit, ...]
    sure: Sure
    remedy: str
    placements: tuple[str, ...]
    paths: tuple[str, ...]


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings for people: the gravest first, and as they came among equals."""
    return tuple(sorted(findings, key=lambda one: -SEVERITIES.index(one.severity)))


def at_least(findings: Iterable[Finding], severity: Severity) -> tuple[Finding, ...]:
    """Keep the findings of this severity and of graver ones."""
    least = SEVERITIES.index(severity)
    return tuple(one for one in findings if SEVERITIES.index(one.severity) >= least)
