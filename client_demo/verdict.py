"""What the runs of a comparison mean, in plain sentences, each drawn from numbers that stand in the runs.

Pure. Knows what is expected of each placement; refuses to know how findings are shown. Why single events
differ is for causes to say; here stands what was lost, and between which two points it was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from client_demo.compare import REFERENCE
from client_demo.law import Event, message_type
from client_demo.runs import Run
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK, EXIT_TOOL

Tone = Literal["good", "bad", "note"]
BRIDGED = "bridged"
"""The placement of which equality is expected; of the others it is only told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one placement (or about the whole, with an empty subject)."""

    tone: Tone
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A run, and the run of `local` that it is held against."""

    run: Run
    local: Run

    @property
    def equal(self) -> bool:
        """Whether both saw the same, as the law has it."""
        return self.run.status == self.local.status and self.run.events == self.local.events

    @property
    def asked_alike(self) -> bool:
        """Whether the provider was asked the same number of times, streaming or not in the same places."""
        mine, theirs = ([(one.who, one.streamed) for one in run.provider] for run in (self.run, self.local))
        return mine == theirs

    @property
    def other_words_only(self) -> bool:
        """Whether both saw the same kinds of events, and every token, but the model chose other words."""
        tokens, expected = self.run.tool_tokens, self.local.tool_tokens
        complete = tokens.seen == tokens.emitted > 0 if expected.seen else tokens.seen == 0
        alike = _outline(self.run.events) == _outline(self.local.events)
        return not self.equal and self.run.status == self.local.status and complete and alike

    @property
    def lost(self) -> int:
        """How many of the tool's tokens `local` showed and this run did not."""
        return max(0, self.local.tool_tokens.seen - self.run.tool_tokens.seen)


def _outline(events: Sequence[Event]) -> list[tuple[str, tuple[str, ...], str, str]]:
    """The kinds of events in order, without their words and without how many pieces these came in."""
    return [
        key for key, _ in groupby((one.what, one.where, one.name, message_type(one.body)) for one in events)
    ]


def pairs(runs: Iterable[Run]) -> list[Pair]:
    """Hold each run against the one of `local` with the same path and repeat, where both came to an end."""
    runs = [run for run in runs if run.status == "ok"]
    reference = {(run.cell.path, run.cell.repeat): run for run in runs if run.cell.placement == REFERENCE}
    found = ((run, reference.get((run.cell.path, run.cell.repeat))) for run in runs)
    return [Pair(run, local) for run, local in found if local is not None and run is not local]


def exit_code(runs: Sequence[Run]) -> int:
    """What the comparison ends with: 5 where a run failed, 1 where `bridged` is not what `local` is."""
    if any(run.status == "error" for run in runs):
        return EXIT_TOOL
    ours = [pair for pair in pairs(runs) if pair.run.cell.placement == BRIDGED]
    good = all((pair.equal or pair.other_words_only) and pair.asked_alike for pair in ours)
    return EXIT_OK if good else EXIT_DIFFERENCE


def verdict(runs: Sequence[Run], *, tool: str, scripted: bool) -> tuple[Finding, ...]:
    """Say what each placement kept and lost, what failed, and under which conditions that holds."""
    placements = list(dict.fromkeys(run.cell.placement for run in runs))
    findings: list[Finding] = []
    for placement in placements:
        own = [pair for pair in pairs(runs) if pair.run.cell.placement == placement]
        if placement == REFERENCE:
            findings.append(_reference(runs))
        elif own:
            findings.append(_placement(placement, own))
    findings += _failures(runs)
    return (*findings, *_conditions(runs, tool=tool, scripted=scripted))


def _reference(runs: Sequence[Run]) -> Finding:
    own = [run for run in runs if run.cell.placement == REFERENCE and run.status == "ok"]
    showing = [run for run in own if run.tool_tokens.seen]
    if not showing:
        return Finding("note", REFERENCE, "is the reference; on these paths it shows no token of the tool.")
    seen = sum(run.tool_tokens.seen for run in showing)
    where = _paths(run.cell.path for run in showing)
    return Finding("note", REFERENCE, f"is the reference: {seen} tool tokens, on {where}.")


def _placement(name: str, own: list[Pair]) -> Finding:
    different = [pair for pair in own if not pair.equal and not pair.other_words_only]
    asked = [pair for pair in own if not pair.asked_alike] if name == BRIDGED else []
    losing = [pair for pair in different if pair.lost]
    told = [
        *([_same(own)] if not different else []),
        *_losses(losing),
        _differs([pair for pair in different if not pair.lost]),
        _words([pair for pair in own if pair.other_words_only]),
        _dropped(own),
        _answers(own),
        _asked(asked),
    ]
    text = " ".join(sentence for sentence in told if sentence)
    return Finding("bad" if different or asked else "good", name, text)


def _same(own: list[Pair]) -> str:
    """Everything is as it is with `local`: say of how much that is true, and how soon it came."""
    count = len({pair.run.cell.path for pair in own})
    paths = {1: "the one path", 2: "both paths"}.get(count, f"all {count} paths")
    told = f"sees what local sees, event for event, on {paths}."
    showing = [pair for pair in own if pair.local.tool_tokens.seen]
    if not showing:
        return told
    seen = sum(pair.run.tool_tokens.seen for pair in showing)
    emitted = sum(pair.run.tool_tokens.emitted for pair in showing)
    first = showing[0]
    return (
        f"{told} {seen} of {emitted} tool tokens arrived; on {first.run.cell.path} the first of them "
        f"after {first.run.first_tool_token_s:.2f} s (local: {first.local.first_tool_token_s:.2f} s)."
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


def _differs(different: list[Pair]) -> str:
    return f"differs from local on {_where(different)}." if different else ""


def _asked(asked: list[Pair]) -> str:
    return f"Yet it asks the provider otherwise than local on {_where(asked)}." if asked else ""


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


def _conditions(runs: Sequence[Run], *, tool: str, scripted: bool) -> Iterable[Finding]:
    if not any(run.cell.placement == REFERENCE for run in runs):
        yield Finding("note", "", "Nothing is held against anything: add the placement local.")
    yield Finding(
        "note", "", f"The first call of {tool} was forced (tool_choice): small models pick tools badly."
    )
    if scripted:
        yield Finding("note", "", "The model was scripted: its words are canned, and its pace is made up.")


def _paths(names: Iterable[str]) -> str:
    """Name up to four paths, or say how many there are."""
    told = list(dict.fromkeys(names))
    if len(told) > 4:
        return f"{len(told)} paths ({', '.join(told[:2])}, ...)"
    return ", ".join(told[:-1]) + " and " + told[-1] if len(told) > 1 else "".join(told)
