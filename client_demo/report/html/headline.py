"""The verdict in one sentence, for who reads nothing else.

Pure. Knows verdicts and which runs are equal; invents no judgement of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from client_demo.compare import equal_to, reference_of
from client_demo.runs import Run
from client_demo.verdict import Finding, Tone


def headline(verdict: Sequence[Finding], runs: Sequence[Run]) -> tuple[Tone, str]:
    """Say which placements are as the reference is, which are not, and how many runs failed."""
    bad = _subjects(verdict, "bad")
    good = [name for name in _subjects(verdict, "good") if name not in bad]
    failed = sum(run.status == "error" for run in runs)
    told = _held(bad, good, runs)
    if failed:
        told.append(f"{failed} of {len(runs)} runs failed.")
    told += [one.text for one in verdict if one.tone == "bad" and not one.subject][:1]
    if told:
        tone: Tone = "bad" if failed or any(one.tone == "bad" for one in verdict) else "good"
        return tone, " ".join(told)
    return "note", "Nothing differs that is expected to be equal." if runs else "No run came to its end."


def _held(bad: list[str], good: list[str], runs: Sequence[Run]) -> list[str]:
    reference = reference_of(run.cell.placement for run in runs)
    equal = equal_to(reference, runs)
    parts = [name for name in bad if not all(equal.get(name, {}).values())]
    differ = [f"{name} ({_share(equal[name])})" for name in parts]
    kept = " and ".join(good)
    same = f"{kept} {'see' if good[1:] else 'sees'} what {reference} sees" if good else ""
    if differ:
        verb = "differ" if differ[1:] else "differs"
        return [f"{' and '.join(differ)} {verb} from {reference}{f'; {same}' if same else ''}."]
    return [f"{same} on every path."] if same else []


def _share(paths: dict[str, bool]) -> str:
    return f"{sum(not one for one in paths.values())} of {len(paths)} paths"


def _subjects(verdict: Sequence[Finding], tone: Literal["good", "bad"]) -> list[str]:
    return list(dict.fromkeys(one.subject for one in verdict if one.tone == tone and one.subject))
