"""One run in a few characters: the words and colors that the tables, the live view and the lines share.

Pure. Knows runs; knows no terminal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from client_demo.experiment.pairs import Pair
from client_demo.experiment.runs import ProviderCall, Run, Tap


@dataclass(frozen=True, slots=True)
class Words:
    """A few words in a style."""

    text: str
    style: str = ""


GOOD, BAD, DIM, BUSY = "green", "bold red", "dim", "bold cyan"
GRAVITY = (BAD, "yellow", GOOD, "bold", DIM)
"""Of what repeats came to, the first of these is what stands for all."""


def outcome(run: Run, local: Run | None) -> Words:
    """How a run came out, held against the reference's where there is one."""
    if run.status == "unsupported":
        return Words("n/a", DIM)
    if run.status == "error":
        return Words("failed", BAD)
    seen = run.tool_tokens.seen
    if local is None or local is run:
        return Words(f"{seen} tokens", "bold") if seen else Words("no tokens", DIM)
    pair = Pair(run, local)
    if pair.other_words_only:
        return Words(f"~ {seen} of {run.tool_tokens.emitted}" if seen else "~ other words", "yellow")
    counted = f"{seen} of {local.tool_tokens.seen}" if local.tool_tokens.seen else ""
    if not pair.equal:
        return Words(f"! {counted or 'differs'}", BAD)
    if not pair.asked_alike:
        return Words(f"= asked {asked(run.provider, 'tool').text}", "yellow")
    return Words(f"= {counted or 'equal'}", GOOD)


def outcomes(runs: Sequence[Run], reference: str) -> dict[tuple[str, str], Words]:
    """How each placement and path came out: of several repeats the gravest, and how many came to it."""
    there = {run.cell: run for run in runs}
    told: defaultdict[tuple[str, str], list[Words]] = defaultdict(list)
    for run in runs:
        local = there.get(replace(run.cell, placement=reference))
        told[run.cell.placement, run.cell.path].append(outcome(run, local))
    return {spot: _gravest(words) for spot, words in told.items()}


def _gravest(told: Sequence[Words]) -> Words:
    words = min(told, key=lambda one: GRAVITY.index(one.style))
    alike = sum(one.text == words.text for one in told)
    some = "" if alike == len(told) else f", {alike} of {len(told)} runs"
    return Words(f"{words.text}{some}", words.style)


def progress(tap: Tap) -> Words:
    """What a run has seen so far, while it runs."""
    if tap.tool_tokens:
        return Words(f"> {tap.tool_tokens} tokens", BUSY)
    return Words(f"> {len(tap.seen)} events", BUSY)


def label(run: Run) -> Words:
    """Which placement a run was in, and which repeat it was where there were several."""
    name = run.cell.placement if run.cell.repeat == 1 else f"{run.cell.placement} {run.cell.repeat}"
    return Words(f"  {name}", {"ok": "", "error": BAD, "unsupported": DIM}[run.status])


def seconds(value: float | None) -> Words:
    """A time; a dash where it never came to that."""
    return Words("-", DIM) if value is None else Words(f"{value:.2f}")


def count(value: int) -> Words:
    """A number; a dash for none."""
    return Words(str(value)) if value else Words("-", DIM)


def lanes(run: Run) -> Words:
    """How many of the tool's tokens were seen, lane by lane."""
    told = [f"{count} {lane}" for lane, count in run.tool_tokens.lanes.items() if count]
    return Words(" ".join(told)) if told else Words("-", DIM)


def asked(calls: Sequence[ProviderCall], who: str) -> Words:
    """How the provider was asked: as a stream, for the whole, both, or not at all."""
    streamed = {call.streamed for call in calls if call.who == who}
    match sorted(streamed):
        case [True]:
            return Words("stream")
        case [False]:
            return Words("whole")
        case [_, _]:
            return Words("both")
    return Words("-", DIM)


def answered(run: Run, local: Run | None) -> Words:
    """Whether the agent's last word is the one that it had with the tool in-process."""
    if run.answer is None:
        return Words("none", DIM if run.status == "unsupported" else BAD)
    if local is None or local is run:
        return Words("yes")
    return Words("same", GOOD) if run.answer == local.answer else Words("differs", "yellow")
