"""Causes in the tool: state that it keeps, changes after its model has spoken, and values that it takes back.

Pure. A result is held against the words of the tool's own model in the same run. What changes from call to
call, where everything that led to it was the same, is state (or a clock or chance of the tool's own); what is
the same each time is post-processing. Both can be in one result and are taken apart (`apart`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from client_demo.causes import making, reading
from client_demo.causes.answering import changed_answer
from client_demo.causes.apart import common_start, constant_part
from client_demo.causes.asking import unsteady
from client_demo.causes.calling import spelled
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import asked, complete, finding, once, question, said, short
from client_demo.evidence.data import Evidence, RunEvidence

ONCE = (
    " Each was called once: it may do so each time, or keep state (STATEFUL_TOOL), which --repeat 2 can tell."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result of a tool beside the words of its model; `added` where it holds these words as they are."""

    run: RunEvidence
    words: str | None
    result: str
    added: making.Added | None
    exchange: tuple[object, ...]

    @property
    def trait(self) -> str:
        """What should be the same for equal inputs: what was added, else the whole result."""
        return "\0".join(self.added) if self.added else self.result


@once
def outcomes(evidence: Evidence) -> list[Outcome]:
    """The results that stand alone in their run; of several, whose words are whose cannot be told.

    Where v3's blocks were written out, that is what became of the words (CONTENT_BLOCKS_BREAK_TOOL).
    """
    spelled_out = {run.number for run in spelled(evidence)}
    own = [run for run in reading.compared(evidence) if run.number not in spelled_out]
    runs = [run for run in own if not reading.failed(run)]
    return [_outcome(run, texts[0]) for run in runs if len(texts := reading.results(run)) == 1]


def _outcome(run: RunEvidence, result: str) -> Outcome:
    requests = asked(run, "tool")
    answers = [said(one).text for one in requests if complete(one) and said(one).text]
    words = making.source(answers, result)
    exchange = tuple(sorted((question(one), one.streamed, said(one)) for one in requests))
    return Outcome(run, words, result, making.added(words, result), exchange)


def _varied(found: Iterable[Outcome]) -> list[list[Outcome]]:
    """Outcomes that differ though their calls, and what the provider said to them, were alike."""
    groups: defaultdict[tuple[object, ...], list[Outcome]] = defaultdict(list)
    for one in found:
        manner = reading.manner(one.run)
        groups[manner if one.added else (*manner, one.exchange)].append(one)
    return [group for group in groups.values() if len({one.trait for one in group}) > 1]


def _counting(found: Iterable[Outcome]) -> list[list[Outcome]]:
    """Outcomes of one placement and call, of whatever paths, that differ in a number that grows in turn."""
    groups: defaultdict[tuple[object, ...], list[Outcome]] = defaultdict(list)
    for one in found:
        if one.added:
            groups[reading.manner(one.run)[:2]].append(one)
    return [group for group in groups.values() if len(group) > 1 and _grows(group)]


def _states(evidence: Evidence) -> list[list[Outcome]]:
    """Groups of outcomes in which state shows: by repetition, else by a number that counts the calls."""
    found = outcomes(evidence)
    return _varied(found) or _counting(found)


def stateful(evidence: Evidence) -> Iterable[Finding]:
    """The result, or the request, changes from call to call and not with the path."""
    if varied := _states(evidence):
        every = [one for group in varied for one in group]
        places = {reading.spot(one.run).placement for one in every}
        yield finding(
            "STATEFUL_TOOL",  # state is the tool's, whichever path it was called by
            [one.run for one in outcomes(evidence) if reading.spot(one.run).placement in places],
            "The same call, with the same answer from the provider, comes to another result each time: the "
            "tool keeps state (or has a clock or chance of its own); what a path shows depends on its turn.",
            evidence=[Exhibit(one.run.number, "tool result", short(one.result[-80:])) for one in every],
            sure="certain" if _repeated(evidence) and any(map(_grows, varied)) else "likely",
        )
        return
    runs = [run for same in unsteady(reading.compared(evidence)).values() for run in same]
    if runs:
        yield finding(
            "STATEFUL_TOOL",
            runs,
            "Called with the same arguments, the tool asks its model something else each time: it keeps "
            "state, or has a clock or chance of its own.",
            evidence=[
                reading.exhibit(run, one, short(one.body.get("messages")))
                for run in runs
                for one in asked(run, "tool")[:1]
            ],
            sure="likely",
        )


def _grows(group: Sequence[Outcome]) -> bool:
    """Whether what changes is a number that grows with the calls."""
    texts = [one.trait for one in sorted(group, key=lambda one: one.run.number)]
    head = len(common_start(texts))
    numbers = [int(digits) for text in texts if (digits := _digits(text, head))]
    return len(numbers) == len(texts) and numbers == sorted(set(numbers))


def _digits(text: str, at: int) -> str:
    while at and text[at - 1].isdecimal():
        at -= 1
    end = at
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[at:end]


def _repeated(evidence: Evidence) -> bool:
    """Whether something was called twice in the same manner, so that state could show."""
    manners = [reading.manner(one.run) for one in outcomes(evidence)]
    return len(set(manners)) < len(manners)


def postprocessed(evidence: Evidence) -> Iterable[Finding]:
    """What is returned is not what the model said, by the tool or the agent: tokens showed another text."""
    yield from _changed_result(evidence)
    yield from changed_answer(evidence)


def _changed_result(evidence: Evidence) -> Iterable[Finding]:
    found = outcomes(evidence)
    states = [[one.trait for one in group] for group in _states(evidence)]
    changed = [one for one in found if one.words is not None and _changed(one, states)]
    if not changed:
        return
    watched = any(run.run.tool_tokens.seen for run in reading.compared(evidence))
    steady = _repeated(evidence) or bool(states) or _same(changed)
    faint = all(making.faint(one.words or "", one.result) for one in changed)
    what = "only in white space and capitals" if faint else making.what(changed[0].added)
    yield finding(
        "POSTPROCESSED",
        [one.run for one in changed],
        f"The tool's result differs from what its model said ({what}): "
        + ("tokens that were shown do not add up to it." if watched else "nobody watched its tokens here.")
        + ("" if steady else ONCE),
        evidence=[proof for one in changed for proof in _said_and_made(one)],
        sure="certain" if steady else "possible",
        severity="note" if faint or not watched else None,
    )


def _changed(one: Outcome, states: Sequence[Sequence[str]]) -> bool:
    if one.result == one.words:
        return False
    trait = one.trait
    for texts in states:
        left = constant_part(texts, trait)
        if left is not None:
            return one.added is not None and bool(left.replace("\0", "").strip())
    return True


def _same(changed: Sequence[Outcome]) -> bool:
    """Whether two calls in one placement came to the same change: what counts them would not."""
    kinds = [(reading.manner(one.run)[:2], one.trait) for one in changed if one.added]
    return len(set(kinds)) < len(kinds)


def _said_and_made(one: Outcome) -> Iterator[Exhibit]:
    last = asked(one.run, "tool")[-1]
    words = one.words or ""
    at = len(common_start([words, one.result]))
    yield reading.exhibit(one.run, last, making.near(words, at))
    yield Exhibit(one.run.number, "tool result", making.near(one.result, at))
