"""The verdict in one sentence, for who reads nothing else.

Pure. Knows verdicts, findings and which runs are equal; invents no judgement of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from client_demo.causes.findings import Finding
from client_demo.experiment.compare import equal_to, reference_of
from client_demo.experiment.runs import Run
from client_demo.report.verdict import Finding as Said
from client_demo.report.verdict import Tone


def headline(verdict: Sequence[Said], runs: Sequence[Run], findings: Sequence[Finding]) -> tuple[Tone, str]:
    """Say which placements are as the reference is, which are not, how many runs failed, and what harms."""
    failed = sum(run.status == "error" for run in runs)
    harms = list(dict.fromkeys(one.code for one in findings if one.severity == "harm"))
    told = [
        *_held(verdict, runs),
        *([f"{failed} of {len(runs)} runs failed."] if failed else []),
        *([f"Harm was found: {', '.join(harms)}."] if harms else []),
        *[one.text for one in verdict if one.tone == "bad" and not one.subject][:1],
    ]
    bad = failed or harms or any(one.tone == "bad" for one in verdict)
    if told:
        return "bad" if bad else "good", " ".join(told)
    return "note", "Nothing differs that is expected to be equal." if runs else "No run came to its end."


def _held(verdict: Sequence[Said], runs: Sequence[Run]) -> Iterator[str]:
    """Which placements differ and which do not, in one sentence."""
    reference = reference_of(run.cell.placement for run in runs)
    equal = equal_to(reference, runs)
    bad, good = _subjects(verdict, "bad"), _subjects(verdict, "good")
    parts = {name: [one for one in equal.get(name, {}).values() if not one] for name in (*bad, *good)}
    differ = [f"{name} ({_share(len(parts[name]), len(equal[name]))})" for name in bad if parts[name]]
    fine = [name for name in good if name not in bad]
    sentences = (
        (differ, "differ", f" from {reference}"),
        ([name for name in fine if not parts[name]], "see", f" what {reference} sees"),
        ([name for name in fine if parts[name]], "see", " the same events in other words"),
        (
            [name for name in bad if not parts[name] and not _failed(name, runs)],
            "ask",
            " the provider otherwise",
        ),
    )
    told = [
        f"{_and(names)} {verb}{'' if names[1:] else 's'}{rest}" for names, verb, rest in sentences if names
    ]
    if told:
        yield f"{'; '.join(told)}."


def _share(count: int, of: int) -> str:
    return f"{count} of {of} path{'' if of == 1 else 's'}"


def _failed(placement: str, runs: Sequence[Run]) -> bool:
    return any(run.status == "error" for run in runs if run.cell.placement == placement)


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _subjects(verdict: Sequence[Said], tone: Literal["good", "bad"]) -> list[str]:
    return list(dict.fromkeys(one.subject for one in verdict if one.tone == tone and one.subject))
