"""Runs held against one another: which are equal, and in what they are not.

Pure. Knows what is compared with what; refuses to know which difference is expected, and how it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from langchain_core.messages import ToolMessage

from client_demo.experiment.compare import REFERENCE
from client_demo.experiment.runs import Run
from client_demo.transparency.law import Event, message_type


@dataclass(frozen=True, slots=True)
class Pair:
    """A run, and the run that it is held against: `local`'s, or else the first placement's."""

    run: Run
    local: Run

    @property
    def equal(self) -> bool:
        """Whether both saw the same, as the law has it."""
        return self.run.status == self.local.status and self.run.events == self.local.events

    @property
    def asked_alike(self) -> bool:
        """Whether the provider was asked the same number of times, streaming or not in the same places.

        Where the model chose other words, it may well have been asked another number of times.
        """
        mine, theirs = ([(one.who, one.streamed) for one in run.provider] for run in (self.run, self.local))
        return mine == theirs or (self.other_words_only and set(mine) == set(theirs))

    @property
    def other_words_only(self) -> bool:
        """Whether both saw the same kinds of events, and every token, but the model chose other words.

        What the provider answered has to differ indeed, and the run to show what its own model said. Where
        that was not recorded, the kinds of events and the number of tokens have to do.
        """
        tokens, expected = self.run.tool_tokens, self.local.tool_tokens
        complete = tokens.seen == tokens.emitted > 0 if expected.seen else tokens.seen == 0
        if self.equal or self.run.status != self.local.status or not complete or not self._alike:
            return False
        mine, theirs = self.run.words, self.local.words
        if mine is None or theirs is None:
            return True
        return mine.said != theirs.said and not self.scrambled and not self.other_results

    @property
    def scrambled(self) -> bool:
        """Whether the tool's words are shown otherwise than they were said, where `local` shows them so."""
        mine, theirs = self.run.words, self.local.words
        return mine is not None and theirs is not None and not theirs.kept <= mine.kept

    @property
    def other_results(self) -> bool:
        """Whether tools that were told the same by the same models have come to something else."""
        mine, theirs = self.run.words, self.local.words
        told = self.run.tool_calls == self.local.tool_calls
        same = mine is not None and theirs is not None and mine.of("tool") == theirs.of("tool")
        return told and same and results(self.run) != results(self.local)

    @property
    def difference(self) -> str:
        """What is not the same, in half a sentence; empty where nothing is."""
        if self.equal or self.other_words_only:
            return ""
        if self.lost:
            return "tokens of the tool are missing"
        if self.scrambled:
            return "the tool's words do not come as its model said them"
        if self.other_results:
            return "the tool's results are others, though it was told the same"
        if not self._alike:
            return "other events, or in another order"
        return "its events are of the same kinds, with other contents"

    @property
    def _alike(self) -> bool:
        return _outline(self.run.events) == _outline(self.local.events)

    @property
    def lost(self) -> int:
        """How many of the tool's tokens `local` showed and this run did not."""
        return max(0, self.local.tool_tokens.seen - self.run.tool_tokens.seen)


def _outline(events: Sequence[Event]) -> list[tuple[str, tuple[str, ...], str, str]]:
    """The kinds of events in order, without their words and without how many pieces these came in."""
    return [
        key for key, _ in groupby((one.what, one.where, one.name, message_type(one.body)) for one in events)
    ]


def pairs(runs: Iterable[Run], reference: str = REFERENCE) -> list[Pair]:
    """Hold each run against the reference's of the same path and repeat, where both came to an end."""
    runs = [run for run in runs if run.status == "ok"]
    there = {(run.cell.path, run.cell.repeat): run for run in runs if run.cell.placement == reference}
    found = ((run, there.get((run.cell.path, run.cell.repeat))) for run in runs)
    return [Pair(run, local) for run, local in found if local is not None and run is not local]


def same_results(runs: Iterable[Run]) -> bool:
    """Whether equal calls of tools had equal results, on every path and in every placement."""
    found: dict[str, set[str]] = {}
    for run in runs:
        if run.status == "ok":
            calls = [(call.name, call.args) for call in run.tool_calls]
            found.setdefault(repr(calls), set()).add(repr(results(run)))
    return all(len(different) == 1 for different in found.values())


def results(run: Run) -> list[str]:
    """What the tools of a run answered, in order."""
    return [str(one.text) for one in run.conversation if isinstance(one, ToolMessage)]
