"""What stands behind the verdict: findings with their exhibits, differences with their texts, answers.

Pure. Decides how much of each is shown, and where on the page an exhibit leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from client_demo.causes.differences import Difference
from client_demo.causes.findings import Exhibit, Finding
from client_demo.experiment.runs import Run
from client_demo.report.html.data import cited
from client_demo.report.html.texts import difference_sides
from client_demo.report.html.view import AnswerView, DifferenceView, ExhibitView, FindingView

EXHIBITS = 6
DIFFERENCES = 8
ANSWERS = 6
ANSWER_CHARS = 4_000
SAYS_CHARS = 400
NAMED = 4


def finding(one: Finding) -> FindingView:
    """A finding, with as many proofs as a reader will look at."""
    shown = one.evidence[:EXHIBITS]
    return FindingView(
        code=one.code,
        severity=one.severity,
        sure=one.sure,
        sentence=one.sentence,
        remedy=one.remedy,
        where=f"{', '.join(one.placements)} on {_some(one.paths, 'paths')}",
        exhibits=tuple(_exhibit(exhibit) for exhibit in shown),
        more=len(one.evidence) - len(shown),
    )


def _exhibit(one: Exhibit) -> ExhibitView:
    mark = cited(one)
    href = f"#run-{one.run}" if mark is None else f"#run-{mark[0]}-{mark[1]}-{mark[2]}"
    return ExhibitView(href, f"run {one.run}, {one.what}", _cut(" ".join(one.says.split()), SAYS_CHARS))


def differences(found: Sequence[Difference]) -> Iterator[DifferenceView]:
    """The differences, the established ones first; only so many."""
    for one in sorted(found, key=lambda one: not one.established)[:DIFFERENCES]:
        told = f"{one}."
        yield DifferenceView(
            one.aspect, one.within, one.established, told[0].upper() + told[1:], difference_sides(one)
        )


def answers(runs: Sequence[Run]) -> Iterator[AnswerView]:
    """Each answer that was given, the most frequent first, and by whom."""
    given: dict[str, list[Run]] = {}
    for run in runs:
        if run.answer is not None:
            given.setdefault(run.answer, []).append(run)
    most = sorted(given.items(), key=lambda item: -len(item[1]))
    for text, own in most[:ANSWERS]:
        yield AnswerView(_cut(text, ANSWER_CHARS), _whose(own, given))
    if len(most) > ANSWERS:
        yield AnswerView("...", f"and {len(most) - ANSWERS} more answers, in the recording")


def _whose(own: Sequence[Run], given: dict[str, list[Run]]) -> str:
    every = sum(map(len, given.values()))
    if len(own) == every:
        return f"given by every run that came to an answer ({every})"
    places = list(dict.fromkeys(f"{run.cell.placement} on {run.cell.path}" for run in own))
    return f"{len(own)} of {every} runs: {_some(places, 'places')}"


def _some(names: Sequence[str], what: str) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: NAMED - 1])} and {len(names) - NAMED + 1} more {what}"


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: chars - 3]}..."
