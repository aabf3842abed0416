"""What the runs of a comparison mean, in plain sentences, each drawn from numbers that stand in the runs.

Pure. Knows what is expected of each placement; refuses to know how findings are shown. Why single events
differ is for causes to say; here stands what was lost, and between which two points it was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from client_demo.experiment.compare import REFERENCE, reference_of
from client_demo.experiment.pairs import Pair, pairs, results, same_results
from client_demo.experiment.runs import Run

Tone = Literal["good", "bad", "note"]
BRIDGED = "bridged"
"""The placement of which equality is expected; of the others it is only told."""


LINE_CHARS = 160


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one placement (or about the whole, with an empty subject)."""

    tone: Tone
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """Under which conditions runs were made: see `compare.Plan`.

    `forced`: it is our agent that was run; `local`: whether there can be such a placement.
    """

    tool: str
    scripted: bool
    forced: bool = True
    local: bool = True
    unfit: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def verdict(runs: Sequence[Run], setting: Setting) -> tuple[Finding, ...]:
    """Say what each placement kept and lost, what failed, and under which conditions that holds."""
    placements = list(dict.fromkeys(run.cell.placement for run in runs))
    reference = reference_of(placements)
    findings: list[Finding] = []
    for placement in placements:
        own = [pair for pair in pairs(runs, reference) if pair.run.cell.placement == placement]
        if placement == reference:
            findings.append(_reference(runs, reference))
        elif own:
            findings.append(_placement(placement, own, reference))
    findings += _unfit(setting.unfit)
    findings += _failures(runs)
    return (*findings, *_conditions(runs, setting, placements, reference))


def _unfit(unfit: Mapping[str, str]) -> Iterator[Finding]:
    for why in dict.fromkeys(unfit.values()):
        names = [name for name, reason in unfit.items() if reason == why]
        yield Finding("note", _paths(names), f"{'do' if names[1:] else 'does'} not apply: {why}.")


def _reference(runs: Sequence[Run], name: str) -> Finding:
    own = [run for run in runs if run.cell.placement == name and run.status == "ok"]
    showing = [run for run in own if run.tool_tokens.seen]
    if not showing:
        return Finding("note", name, "is the reference; on these paths it shows no token of the tool.")
    seen = sum(run.tool_tokens.seen for run in showing)
    where = _paths(run.cell.path for run in showing)
    return Finding("note", name, f"is the reference: {seen} tool tokens, on {where}.")


def _placement(name: str, own: list[Pair], reference: str) -> Finding:
    """What became of a placement; to differ from another reference than `local` is no fault."""
    different = [pair for pair in own if not pair.equal and not pair.other_words_only]
    asked = [pair for pair in own if not pair.asked_alike] if name == BRIDGED else []
    losing = [pair for pair in different if pair.lost]
    told = [
        *([_same(own, reference)] if not different else []),
        *_losses(losing),
        _differs([pair for pair in different if not pair.lost], reference),
        _words([pair for pair in own if pair.other_words_only]),
        _dropped(own),
        _answers(own),
        _asked(asked, reference),
    ]
    text = " ".join(sentence for sentence in told if sentence)
    worse: Tone = "bad" if reference == REFERENCE else "note"
    return Finding(worse if different or asked else "good", name, text)


def _same(own: list[Pair], reference: str) -> str:
    """Everything is as it is with the reference: say of how much that is true, and how soon it came."""
    count = len({pair.run.cell.path for pair in own})
    paths = {1: "the one path", 2: "both paths"}.get(count, f"all {count} paths")
    words = " but for the words" if any(pair.other_words_only for pair in own) else ""
    told = f"sees what {reference} sees, event for event{words}, on {paths}."
    showing = [pair for pair in own if pair.local.tool_tokens.seen]
    if not showing:
        return told
    seen = sum(pair.run.tool_tokens.seen for pair in showing)
    emitted = sum(pair.run.tool_tokens.emitted for pair in showing)
    first = showing[0]
    return (
        f"{told} {seen} of {emitted} tool tokens arrived; on {first.run.cell.path} the first of them "
        f"after {first.run.first_tool_token_s:.2f} s ({reference}: {first.local.first_tool_token_s:.2f} s)."
    )


def _losses(losing: list[Pair]) -> Iterator[str]:
    """Between which two points tokens were lost: provider, server, or this side of the wire."""
    causes = (
        (
            [pair for pair in losing if pair.run.tool_tokens.emitted == 0],
            "nobody told the server that somebody listens, so the tool's model was not asked to stream.",
        ),
        (
            [pair for pair in losing if pair.run.tool_tokens.emitted and not pair.run.tool_tokens.frames],
            "the tool's model streamed, and its tokens never left the server, because nobody asked for them.",
        ),
        ([pair for pair in losing if pair.run.tool_tokens.frames], "the server sent them."),
    )
    for pairs_, cause in causes:
        if pairs_:
            seen = sum(pair.run.tool_tokens.seen for pair in pairs_)
            all_ = sum(pair.local.tool_tokens.seen for pair in pairs_)
            where = _paths(pair.run.cell.path for pair in pairs_)
            yield f"shows {seen} of the {all_} tool tokens on {where}: {cause}"


def _differs(different: list[Pair], reference: str) -> str:
    """In which way, where no token is missing, path by path for each."""
    ways = dict.fromkeys(pair.difference for pair in different)
    told = (f"{_where([one for one in different if one.difference == way])} ({way})" for way in ways)
    return f"differs from {reference} on {'; on '.join(told)}." if different else ""


def _asked(asked: list[Pair], reference: str) -> str:
    return f"Yet it asks the provider otherwise than {reference} on {_where(asked)}." if asked else ""


def _where(some: list[Pair]) -> str:
    return _paths(pair.run.cell.path for pair in some)


def _words(words: list[Pair]) -> str:
    return f"On {_where(words)} the model chose other words; the events are the same." if words else ""


def _dropped(own: list[Pair]) -> str:
    dropped = sum(pair.run.dropped for pair in own)
    if not dropped:
        return ""
    return f"{dropped} progress reports arrived and were dropped: their callback runs outside of the graph."


def _answers(own: list[Pair]) -> str:
    other = [pair for pair in own if pair.run.answer != pair.local.answer]
    return f"The answer differs on {_where(other)}." if other else "Every answer is the same."


def _failures(runs: Sequence[Run]) -> Iterable[Finding]:
    failed = [run for run in runs if run.status == "error"]
    for placement in dict.fromkeys(run.cell.placement for run in failed):
        own = [run for run in failed if run.cell.placement == placement]
        where = _paths(run.cell.path for run in own)
        yield Finding("bad", placement, f"failed on {where}. {own[0].error}")
    unsupported = {run.error: run for run in runs if run.status == "unsupported"}
    for error in unsupported:
        yield Finding("note", "", f"{error}" if error else "A path does not apply here.")


def _conditions(
    runs: Sequence[Run], setting: Setting, placements: Sequence[str], reference: str
) -> Iterable[Finding]:
    if reference != REFERENCE and len(placements) > 1:
        add = ": add the placement local" if setting.local else ""
        text = f"For want of local, {reference} is what the others are compared with, and no better{add}."
        yield Finding("note", "", text)
    elif reference != REFERENCE and setting.local:
        yield Finding("note", "", "Nothing is held against anything: add the placement local.")
    if reference != REFERENCE or not setting.forced:
        yield from _outcomes([run for run in runs if run.status == "ok"])
    if setting.forced:
        text = f"The first call of {setting.tool} was forced (tool_choice): small models pick tools badly."
        yield Finding("note", "", text)
    yield from (Finding("note", "", note) for note in setting.notes)
    if setting.scripted:
        yield Finding("note", "", "The model was scripted: its words are canned, and its pace is made up.")


def _outcomes(runs: Sequence[Run]) -> Iterator[Finding]:
    """What does not depend on a reference: whether it came to the same, whichever way it was called."""
    if any(run.tool_calls for run in runs):
        same = same_results(runs)
        what = "Equal calls of tools had equal results" if same else "Equal calls of tools differ in results"
        yield Finding("note" if same else "bad", "", f"{what}, on every path and in every placement.")
    if failed := [run for run in runs if any(call.status == "error" for call in run.tool_calls)]:
        said = next((text.strip() for text in results(failed[0]) if text.strip()), "without a word")
        line = said.splitlines()[0]
        line = line if len(line) <= LINE_CHARS else f"{line[: LINE_CHARS - 3]}..."
        yield Finding(
            "bad", "", f"The tool's result was an error in {len(failed)} of {len(runs)} runs: {line}"
        )
    if answers := {run.answer for run in runs}:
        told = f"{len(answers)} different answers" if len(answers) > 1 else "the same answer"
        told = "no answer: the last word is not an agent's" if answers == {None} else told
        yield Finding("note", "", f"{len(runs)} run{'s' if runs[1:] else ''} came to {told}.")


def _paths(names: Iterable[str]) -> str:
    """Name up to four paths, or say how many there are."""
    told = list(dict.fromkeys(names))
    if len(told) > 4:
        return f"{len(told)} paths ({', '.join(told[:2])}, ...)"
    return ", ".join(told[:-1]) + " and " + told[-1] if len(told) > 1 else "".join(told)
