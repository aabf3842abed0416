"""What a comparison must not come to: conditions that somebody set, held against its story.

    loss            tokens were made and not shown on a path that shows them with the tool in-process
    difference      a run is not what it is held against, or outcomes follow the path or the placement
    error           a run failed, or did not come to its end
    overhead=N%     a path takes more than N % longer over the bridge than with the tool in-process

Pure. Knows stories; refuses to know who asks and what is done about it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal, get_args

from client_demo.causes.codes import CODES, LOSS
from client_demo.causes.findings import at_least
from client_demo.errors import UsageError
from client_demo.experiment.compare import REFERENCE
from client_demo.experiment.pairs import Pair, pairs, same_results
from client_demo.experiment.runs import Run
from client_demo.report.story import Overhead, Story
from client_demo.report.verdict import BRIDGED

Kind = Literal["loss", "difference", "error", "overhead"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTHING = "none"
ENOUGH_REPEATS = 3
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*%?")
HOW = "take loss, difference, error, overhead=10% (with commas between them), or none."


class ConditionUnknown(UsageError):
    """`--fail-on` names nothing that can be held against a comparison."""

    def __init__(self, given: str) -> None:
        self.given = given
        near = get_close_matches(given.partition("=")[0].lower(), [*KINDS, NOTHING], n=1, cutoff=0.4)
        self.nearest = near[0] if near else None
        meant = f"did you mean {self.nearest!r}? Otherwise " if self.nearest else ""
        super().__init__(f"--fail-on cannot hold {given!r} against a comparison", remedy=f"{meant}{HOW}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must not be; `percent` is the limit of an overhead."""

    kind: Kind
    percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Breach:
    """One condition that was not held, and where; empty: everywhere, or nowhere in particular."""

    kind: Kind
    placement: str
    path: str
    sentence: str


EXPECTED = tuple(Condition(kind) for kind in ("error", "difference"))
"""What is held where nobody sets conditions, and then of `bridged` alone; see `verdict.exit_code`."""


def read_conditions(given: Iterable[str]) -> tuple[Condition, ...]:
    """Read what `--fail-on` says. Raises: ConditionUnknown."""
    parts = [one.strip() for text in given for one in text.split(",") if one.strip()]
    if not parts:
        raise ConditionUnknown("")
    return tuple(dict.fromkeys(_condition(one) for one in parts if one != NOTHING))


def _condition(text: str) -> Condition:
    name, sign, value = text.partition("=")
    kind = next((one for one in KINDS if one == name.strip().lower()), None)
    limit = _LIMIT.fullmatch(value.strip())
    if kind is None or bool(sign) != (kind == "overhead") or (sign and limit is None):
        raise ConditionUnknown(text)
    return Condition(kind, float(limit[1]) if limit else 0.0)


def breaches(story: Story, conditions: Sequence[Condition]) -> tuple[Breach, ...]:
    """Everything in which the story does not hold the conditions, in their order."""
    return tuple(
        dict.fromkeys(one for condition in conditions for one in _JUDGES[condition.kind](story, condition))
    )


def expected(story: Story) -> tuple[Breach, ...]:
    """The same where nobody sets conditions: what the exit code of a comparison is about."""
    return tuple(
        one for one in breaches(story, EXPECTED) if one.kind == "error" or one.placement in ("", BRIDGED)
    )


def _lost(story: Story, _: Condition) -> Iterator[Breach]:
    held = pairs(story.runs)
    for (placement, path), some in _by_spot(pair for pair in held if pair.lost):
        seen = sum(pair.run.tool_tokens.seen for pair in some)
        expected_ = sum(pair.local.tool_tokens.seen for pair in some)
        told = f"{placement} shows {seen} of the {expected_} tool tokens on {path} that {REFERENCE} shows."
        yield Breach("loss", placement, path, told)
    if not held:
        yield from _found(
            story, "loss", frozenset(code for code, one in CODES.items() if one.explains == LOSS)
        )


def _different(story: Story, _: Condition) -> Iterator[Breach]:
    held = pairs(story.runs)
    unequal = [pair for pair in held if not (pair.equal or pair.other_words_only)]
    for (placement, path), some in _by_spot(unequal):
        told = f"{placement} is not what {REFERENCE} is on {path}, in {_runs(len(some))}."
        yield Breach("difference", placement, path, told)
    for (placement, path), _some in _by_spot(pair for pair in held if pair.equal and not pair.asked_alike):
        told = f"{placement} asks the provider otherwise than {REFERENCE} on {path}."
        yield Breach("difference", placement, path, told)
    for cell, count in Counter(_ends_otherwise(story.runs)).items():
        told = f"{cell[0]} does not end on {cell[1]} as {REFERENCE} does, in {_runs(count)}."
        yield Breach("difference", *cell, told)
    if not (held and story.header.setting().forced) and not same_results(story.runs):
        yield Breach("difference", "", "", "Equal calls of tools had different results.")
    for one in story.differences:
        if one.established:
            where = ("", one.within) if one.between == "placements" else (one.within, "")
            yield Breach("difference", *where, f"The {one.aspect} on {one.within} differ: {one}.")
    if not held:
        codes = (code for code, one in CODES.items() if one.severity == "harm" and one.explains - LOSS)
        yield from _found(story, "difference", frozenset(codes))


def _ends_otherwise(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Where one of a run and its reference failed, and the other did not."""
    ends = {run.cell: run.status for run in runs}
    for cell, status in ends.items():
        if {status, ends.get(replace(cell, placement=REFERENCE), status)} == {"ok", "error"}:
            yield cell.placement, cell.path


def _failed(story: Story, _: Condition) -> Iterator[Breach]:
    failed = [run for run in story.runs if run.status == "error"]
    for cell in dict.fromkeys((run.cell.placement, run.cell.path) for run in failed):
        own = [run for run in failed if (run.cell.placement, run.cell.path) == cell]
        told = f"{cell[0]} failed on {cell[1]}, in {_runs(len(own))}: {own[0].error}"
        yield Breach("error", *cell, told)
    if not any(run.status in ("ok", "error") for run in story.runs):
        yield Breach("error", "", "", "No run was made, so that nothing is known.")
    if not story.complete:
        told = f"{len(story.runs)} of {story.header.runs} runs came to their end."
        yield Breach("error", "", "", f"The recording ends before its last run did: {told}")


def _slow(story: Story, condition: Condition) -> Iterator[Breach]:
    own = [one for one in story.overhead if one.placement == BRIDGED and one.reference == REFERENCE]
    if not own:
        told = f"The overhead cannot be told: that takes runs of {REFERENCE} and of {BRIDGED} on one path."
        yield Breach("overhead", "", "", told)
    for one in own:
        if one.percent > condition.percent:
            yield Breach("overhead", one.placement, one.path, _slower(one, condition.percent))


def _slower(one: Overhead, limit: float) -> str:
    weak = (
        "" if one.repeats >= ENOUGH_REPEATS else f", which is weak: take --repeat {ENOUGH_REPEATS} at least"
    )
    medians = f"medians {one.seconds:.3f} s and {one.reference_s:.3f} s of {_runs(one.repeats)} each{weak}"
    what = f"{one.placement} takes {one.percent:.1f} % longer than {one.reference} on {one.path}"
    return f"{what}, and {limit:g} % are allowed ({medians})."


def _found(story: Story, kind: Kind, codes: frozenset[str]) -> Iterator[Breach]:
    """What the causes say, where there is nothing to hold runs against."""
    for one in at_least(story.findings, "warning"):
        if one.code in codes:
            for placement in one.placements:
                where = one.paths[0] if len(one.paths) == 1 else ""
                told = f"{one.code}: {one.sentence} ({placement} on {', '.join(one.paths)})"
                yield Breach(kind, placement, where, told)


def _by_spot(some: Iterable[Pair]) -> Iterator[tuple[tuple[str, str], list[Pair]]]:
    """Pairs by the placement and path of their run."""
    spots: dict[tuple[str, str], list[Pair]] = {}
    for pair in some:
        spots.setdefault((pair.run.cell.placement, pair.run.cell.path), []).append(pair)
    yield from spots.items()


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


_JUDGES: dict[Kind, Callable[[Story, Condition], Iterator[Breach]]] = {
    "loss": _lost,
    "difference": _different,
    "error": _failed,
    "overhead": _slow,
}
