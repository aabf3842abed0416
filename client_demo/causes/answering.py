"""What an agent makes of its model's words: an answer to which its tokens do not add up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from client_demo.causes import making, reading
from client_demo.causes.apart import common_start
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import asked, complete, exhibit, finding, said
from client_demo.evidence.data import Evidence, Request, RunEvidence


class Answer(NamedTuple):
    """An answer that holds words of the agent's model, and is more, or written otherwise."""

    run: RunEvidence
    request: Request
    words: str
    text: str


def changed_answer(evidence: Evidence) -> Iterable[Finding]:
    """What the agent answers is not what its model said, though it holds its words."""
    runs = reading.compared(evidence)
    changed = [one for run in runs if (one := _changed(run))]
    if not changed:
        return
    watched = any(run.run.first_answer_token_s is not None for run in runs)
    faint = all(one.words.split() == one.text.split() for one in changed)
    added = making.added(changed[0].words, changed[0].text)
    how = making.what(added) if added else "in capitals"
    yield finding(
        "POSTPROCESSED",
        [one.run for one in changed],
        f"The agent's answer differs from what its model said ({'only in white space' if faint else how}): "
        + ("tokens that were shown do not add up to it." if watched else "nobody watched its tokens here."),
        evidence=[proof for one in changed for proof in _proofs(one)],
        severity="note" if faint or not watched else None,
    )


def _changed(run: RunEvidence) -> Answer | None:
    text = run.run.answer
    spoken = [one for one in asked(run, "agent") if complete(one) and said(one).text]
    words = making.source([said(one).text for one in spoken], text) if text else None
    if not text or words is None or words == text:
        return None
    if making.added(words, text) is None and not making.faint(words, text):
        return None
    return Answer(run, spoken[-1], words, text)


def _proofs(one: Answer) -> Iterator[Exhibit]:
    at = len(common_start([one.words, one.text]))
    yield exhibit(one.run, one.request, making.near(one.words, at))
    yield Exhibit(one.run.number, "answer", making.near(one.text, at))
