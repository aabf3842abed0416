"""Which findings keep a condition from being held.

    harm                       always: a loss where it explains missing tokens only, else a difference
    what explains an outcome   a difference, though only a warning: calls, results, ends or answers follow the
                               path, the order of calls or a cache. Chance at the provider is none
    what explains lost tokens  a loss, though only a warning, where nothing announces it: with the tool
                               in-process, over the bridge, and wherever there is no `local` to count against
    UNEXPLAINED                a difference where it is of outcomes, unless runs of one kind differ as much
                               among themselves; tokens and events are counted by themselves

Pure. Knows findings and what their codes explain; knows no condition's limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from client_demo.causes import Difference
from client_demo.causes.codes import ANSWER, CALLS, CODES, LOSS, OUTCOMES, RESULTS, STATUS, USAGE
from client_demo.causes.findings import Finding
from client_demo.experiment.compare import REFERENCE
from client_demo.report.verdict import BRIDGED

OURS = (REFERENCE, BRIDGED)
"""Where a comparison loses nothing by nature."""
OUTCOME = frozenset({CALLS, RESULTS, STATUS, ANSWER})
UNEXPLAINED = "UNEXPLAINED"
Blamed = tuple[Literal["loss", "difference"], str, Finding]
"""The condition that is not held, the placement, and the finding."""


def blamed(
    findings: Sequence[Finding], differences: Sequence[Difference], *, counted: bool
) -> Iterator[Blamed]:
    """Each such finding, placement by placement; `counted` says that losses are counted against `local`."""
    for one in findings:
        explains = CODES[one.code].explains
        loss = bool(explains) and explains <= LOSS
        for placement in one.placements:
            if one.severity == "harm":
                yield ("loss" if loss else "difference"), placement, one
            elif one.severity == "warning" and loss and (placement in OURS or not counted):
                yield "loss", placement, one
            elif one.severity == "warning" and _outcomes_differ(one, differences):
                yield "difference", placement, one


def _outcomes_differ(one: Finding, differences: Sequence[Difference]) -> bool:
    """Whether a warning is of outcomes that chance does not account for.

    What explains everything is of the provider: the same request answered otherwise, by chance or as a
    stream. Where that makes other answers it is chance, or harm.
    """
    if one.code == UNEXPLAINED:
        aspects = OUTCOME & {proof.what for proof in one.evidence}
        noise = any(other.noise for other in differences if other.aspect in aspects)
        return bool(aspects) and (one.sure == "certain" or not noise)
    explains = CODES[one.code].explains
    return bool(explains & OUTCOME) and not explains >= OUTCOMES | {USAGE}
