"""Which runs stand on the page one by one, where there are more than anybody reads.

Pure. The matrix, the findings and the answers are of all runs; this is for the timeline and the run table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from client_demo.causes.findings import Finding
from client_demo.evidence.data import Evidence, RunEvidence

RUNS = 1_000


def selected(evidence: Evidence, findings: Sequence[Finding], *, most: int = RUNS) -> Evidence:
    """The evidence of at most so many runs: those that findings cite, probes, then repeat by repeat."""
    if len(evidence.runs) <= most:
        return evidence
    named = {proof.run for one in findings for proof in one.evidence}

    def weight(run: RunEvidence) -> tuple[bool, int, int]:
        return not (run.probe or run.number in named), run.run.cell.repeat, run.number

    kept = {run.number for run in sorted(evidence.runs, key=weight)[:most]}
    return replace(evidence, runs=tuple(run for run in evidence.runs if run.number in kept))
