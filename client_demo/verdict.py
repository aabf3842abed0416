"""What the runs of a comparison mean, in plain sentences, each drawn from numbers that stand in the runs.

Pure. Knows what is expected of each placement; refuses to know how findings are shown. Why single events
differ is for causes to say; here stands what was lost, and between which two points it was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from client_demo.compare import REFERENCE
from client_demo.law import Event
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
        complete = tokens.seen == tokens.emitted if expected.seen else tokens.seen == 0
        alike = _outline(self.run.events) == _outline(self.local.events)
        return not self.equal and self.run.status == self.local.status and complete and alike

    @property
    def lost(self) -> int:
        """How many of the tool's tokens `local` showed and this run did not."""
        return max(0, self.local.tool_tokens.seen - self.run.tool_tokens.seen)


def _outline(events: Sequence[Event]) -> list[tuple[str, tuple[str, ...], str]]:
    return [key for key, _ in groupby((event.what, event.where, event.name) for event in events)]


def pairs(runs: Iterable[Run]) -> list[Pair]:
    """Hold each run against the one of `local` with the same path and repeat, where both could be made."""
    runs = [run for run in runs if run.status != "unsupported"]
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
    for placement in sorted(placements, key=lambda name: (name != BRIDGED, name != REFERENCE)):
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
    most = max((run.tool_tokens.seen for run in showing), default=0)
    told = f"shows the tool's tokens on {_paths(run.cell.path for run in showing)} ({most} of them)"
    silent = "shows no token of the tool on these paths"
    return Finding("note", REFERENCE, f"{told if showing else silent}: the reference.")


def _placement(name: str, own: list[Pair]) -> Finding:
    different = [pair for pair in own if not pair.equal and not pair.other_words_only]
    words = [pair for pair in own if pair.other_words_only]
    asked = [pair for pair in own if not pair.asked_alike]
    if not different and (name == BRIDGED or not asked):
        told = [f"sees what local sees, event for event, on {_share(own)}.", _kept(own)]
    else:
        told = [f"differs from local on {_paths(p.run.cell.path for p in different)}.", _loss(different)]
    told += [_words(words), _dropped(own), _answers(own)]
    if name == BRIDGED and asked:
        told.append(f"It asks the provider otherwise than local on {_paths(p.run.cell.path for p in asked)}.")
    tone: Tone = "bad" if different or (name == BRIDGED and asked) else "good"
    return Finding(tone, name, " ".join(sentence for sentence in told if sentence))


def _share(own: list[Pair]) -> str:
    count = len({pair.run.cell.path for pair in own})
    return "the one path" if count == 1 else f"all {count} paths"


def _kept(own: list[Pair]) -> str:
    showing = [pair.run.tool_tokens for pair in own if pair.local.tool_tokens.seen]
    seen, emitted = sum(one.seen for one in showing), sum(one.emitted for one in showing)
    return f"{seen} of {emitted} tool tokens arrived." if showing else ""


def _loss(different: list[Pair]) -> str:
    """Between which two points the tokens were lost: provider, server, or this side of the wire."""
    losers = [pair for pair in different if pair.lost]
    unasked = [pair for pair in losers if pair.run.tool_tokens.emitted == 0]
    unsent = [pair for pair in losers if pair.run.tool_tokens.emitted and not pair.run.tool_tokens.frames]
    astray = [pair for pair in losers if pair.run.tool_tokens.frames]
    told = []
    if unasked:
        told.append(
            f"There the tool's tokens were never made: nobody told the server that somebody listens, so its "
            f"model was not asked to stream ({_of(unasked)} tokens seen)."
        )
    if unsent:
        told.append(
            f"There the tool's model streamed and its tokens never left the server, because nobody asked "
            f"for them ({_of(unsent)} seen)."
        )
    if astray:
        told.append(f"There tokens left the server and did not all reach the stream ({_of(astray)} seen).")
    return " ".join(told)


def _of(losers: list[Pair]) -> str:
    seen = sum(pair.run.tool_tokens.seen for pair in losers)
    return f"{seen} of {sum(pair.local.tool_tokens.seen for pair in losers)}"


def _words(words: list[Pair]) -> str:
    if not words:
        return ""
    return (
        f"On {_paths(p.run.cell.path for p in words)} the model chose other words; the events are the same."
    )


def _dropped(own: list[Pair]) -> str:
    dropped = sum(pair.run.dropped for pair in own)
    if not dropped:
        return ""
    return f"{dropped} progress reports arrived and were dropped: their callback runs outside of the graph."


def _answers(own: list[Pair]) -> str:
    other = [pair for pair in own if pair.run.answer != pair.local.answer]
    return (
        f"The answer differs on {_paths(p.run.cell.path for p in other)}."
        if other
        else "Every answer is the same."
    )


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
