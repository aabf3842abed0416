"""What a comparison must not come to: conditions that somebody set, held against its story.

    loss            tokens were made and not shown on a path that shows them with the tool in-process, or a
                    finding says that they are lost, late, dark or out of order (see `blamed.py`)
    difference      a run is not what it is held against, or outcomes follow the path, the placement, the
                    order of calls or a cache, or a finding says that something else does harm
    error           a run failed, or did not come to its end
    overhead=N%     a path takes more than N % longer over the bridge than with the tool in-process

What cannot be told is no breach, but for an overhead; `untold` has a sentence for it.
A difference that is no larger than noise is none: other words of the model, and NONDETERMINISM alone.
Where nobody sets conditions it is about `local` and `bridged` only: what failed, whether both are the same,
and harm that was found there. What plain placements lose by nature is announced, and expected.

Pure. Knows stories; refuses to know who asks and what is done about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from client_demo.experiment.compare import REFERENCE
from client_demo.experiment.pairs import Pair, pairs, same_results
from client_demo.experiment.runs import Run
from client_demo.report.blamed import OURS, OUTCOME, blamed
from client_demo.report.conditions import Condition, ConditionUnknown, Kind, read_conditions
from client_demo.report.story import Overhead, Story
from client_demo.report.verdict import BRIDGED
from throughline.errors import EXIT_DIFFERENCE, EXIT_OK, EXIT_TOOL

__all__ = [
    "Breach",
    "Condition",
    "ConditionUnknown",
    "breaches",
    "exit_code",
    "expected",
    "read_conditions",
    "untold",
]

ENOUGH_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Breach:
    """One condition that was not held, and where; empty: everywhere, or nowhere in particular."""

    kind: Kind
    placement: str
    path: str
    sentence: str


def breaches(story: Story, conditions: Sequence[Condition]) -> tuple[Breach, ...]:
    """Everything in which the story does not hold the conditions, in their order."""
    return tuple(
        dict.fromkeys(one for condition in conditions for one in _JUDGES[condition.kind](story, condition))
    )


def untold(story: Story, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """What the conditions are about and the story cannot tell, each in a sentence with what it takes."""
    wanted = any(one.kind == "loss" for one in conditions)
    tokens = (run.tool_tokens for run in story.runs)
    known = any(one.emitted or one.frames or one.seen for one in tokens) or bool(pairs(story.runs))
    if not wanted or known or not any(run.status == "ok" for run in story.runs):
        return ()
    takes = (
        f"add the placement {REFERENCE}."
        if story.header.setting().local and REFERENCE not in story.header.placements
        else "it takes a tool that streams (@streamed of throughline.server), or one whose model is asked at "
        "OPENAI_BASE_URL, so that its tokens are counted."
    )
    what = "no token of a tool was made or seen in any run"
    if REFERENCE not in story.header.placements:
        what += f", and there is no {REFERENCE} to count against"
    return (f"Whether tokens are lost cannot be told ({what}): {takes}",)


def expected(story: Story) -> tuple[Breach, ...]:
    """The same where nobody sets conditions: what the exit code of a comparison is about."""
    told = (*_failed(story, Condition("error")), *_unlike(story), *_found(story, severe=True))
    if not pairs(story.runs):  # what is compared then are paths with one another
        told = (*told, *_established(story))
    return tuple(dict.fromkeys(one for one in told if one.kind == "error" or one.placement in ("", *OURS)))


def exit_code(story: Story) -> int:
    """What a comparison ends with where nobody sets conditions: 5 where a run failed, 1 where it is not as
    expected.
    """
    if any(run.status == "error" for run in story.runs):
        return EXIT_TOOL
    return EXIT_DIFFERENCE if any(one.kind != "error" for one in expected(story)) else EXIT_OK


def _lost(story: Story, _: Condition) -> Iterator[Breach]:
    for (placement, path), some in _by_spot(pair for pair in pairs(story.runs) if pair.lost):
        seen = sum(pair.run.tool_tokens.seen for pair in some)
        expected_ = sum(pair.local.tool_tokens.seen for pair in some)
        told = f"{placement} shows {seen} of the {expected_} tool tokens on {path} that {REFERENCE} shows."
        yield Breach("loss", placement, path, told)
    yield from (one for one in _found(story) if one.kind == "loss")


def _different(story: Story, _: Condition) -> Iterator[Breach]:
    yield from _unlike(story)
    yield from _established(story)
    yield from (one for one in _found(story) if one.kind == "difference")


def _established(story: Story) -> Iterator[Breach]:
    """Outcomes that follow the path or the placement. Usage and metadata are told, and no breach."""
    for one in story.differences:
        if one.established and one.aspect in OUTCOME:
            where = ("", one.within) if one.between == "placements" else (one.within, "")
            verb = "differ" if one.aspect.endswith("s") else "differs"
            yield Breach("difference", *where, f"The {one.aspect} on {one.within} {verb}: {one}.")


def _unlike(story: Story) -> Iterator[Breach]:
    """Runs that are not what they are held against."""
    held = pairs(story.runs)
    for (placement, path), some in _by_spot(pair for pair in held if pair.difference):
        how = "; ".join(dict.fromkeys(pair.difference for pair in some))
        told = f"{placement} is not what {REFERENCE} is on {path}, in {_runs(len(some))}: {how}."
        yield Breach("difference", placement, path, told)
    for (placement, path), _some in _by_spot(
        pair for pair in held if not (pair.difference or pair.asked_alike)
    ):
        told = f"{placement} asks the provider otherwise than {REFERENCE} on {path}."
        yield Breach("difference", placement, path, told)
    for cell, count in Counter(_ends_otherwise(story.runs)).items():
        told = f"{cell[0]} does not end on {cell[1]} as {REFERENCE} does, in {_runs(count)}."
        yield Breach("difference", *cell, told)
    if not (held and story.header.setting().forced) and not same_results(story.runs):
        yield Breach("difference", "", "", "Equal calls of tools had different results.")


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


def _found(story: Story, *, severe: bool = False) -> Iterator[Breach]:
    """What the causes say, or only those that do harm."""
    counted = bool(pairs(story.runs))
    for kind, placement, one in blamed(story.findings, story.differences, counted=counted):
        if one.severity == "harm" or not severe:
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
