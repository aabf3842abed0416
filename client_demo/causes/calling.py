"""Causes around a tool's call: what it was run on, what it choked on, and what became of its error.

Pure. Reads the conversation and the provider's answers; knows what v3 does to `.content`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import V3, asked, finding, said, short, spot
from client_demo.evidence.data import Evidence, Request, RunEvidence

BLOCKS = re.compile(
    r"'list' object has no attribute|can only concatenate list|\(not \"list\"\) to|not list\b|"
    r"list indices must be|got list|unhashable type: 'list'"
)
"""What Python says where a list of blocks came and a text was expected."""
SPELLED = re.compile(r"""\[\s*\{['"]type['"]: ?['"]text['"]""")
"""A list of blocks as `str` and `json.dumps` write it."""
AGENT_FAILS = "the agent fails"


class Cut(NamedTuple):
    """A tool call whose arguments the model did not finish."""

    run: RunEvidence
    request: Request
    name: str
    given: str


def truncated_arguments(evidence: Evidence) -> Iterable[Finding]:
    """Arguments that are not JSON reached a tool all the same."""
    cut = [one for run in reading.compared(evidence) for one in _cut(run)]
    ran = [one for one in cut if any(call.name == one.name for call in one.run.run.tool_calls)]
    refused = [one for one in cut if one not in ran]
    if not ran:
        return
    elsewhere = f"; {reading.counted(len(refused), 'other run')} refused it" if refused else ""
    yield finding(
        "TRUNCATED_ARGUMENTS_EXECUTED",
        [one.run for one in ran],
        f"The model's arguments for {ran[0].name} were cut off, and the tool was run on what there was of "
        f"them{elsewhere}: pieces of a stream are parsed as if they were complete.",
        evidence=[proof for one in (*ran[:2], *refused[:1]) for proof in _what_became(one)],
    )


def _cut(run: RunEvidence) -> Iterator[Cut]:
    for request in asked(run, "agent"):
        for name, given in said(request).calls:
            if given.strip() and isinstance(reading.reformed(given), str):
                yield Cut(run, request, name, given)


def _what_became(one: Cut) -> Iterator[Exhibit]:
    reason = one.request.answer.get("finish_reason")
    yield reading.exhibit(one.run, one.request, f"arguments {short(one.given)}, finish_reason {reason!r}")
    made = [call for call in one.run.run.tool_calls if call.name == one.name]
    told = f"{one.name} was run with {short(dict(made[0].args))}" if made else f"{one.name} was not run"
    yield Exhibit(one.run.number, "tool calls", f"{spot(one.run).path}: {told}")


def content_blocks(evidence: Evidence) -> Iterable[Finding]:
    """The tool chokes under v3 only, over a list where text is on every other path, or writes it out."""
    broken = blocked(evidence)
    yield from _blocks(evidence, [run for run in broken if _in_a_tool(run)], "the tool fails")
    yield from _blocks(evidence, [run for run in broken if not _in_a_tool(run)], AGENT_FAILS)
    yield from _blocks(evidence, spelled(evidence), "the tool's result is blocks written out as a text")


def _blocks(evidence: Evidence, broken: Sequence[RunEvidence], what: str) -> Iterable[Finding]:
    if not broken:
        return
    where = "end" if what == AGENT_FAILS else "tool result"
    fine = [run for run in reading.compared(evidence) if spot(run).path != V3 and _went_well(run)]
    yield finding(
        "CONTENT_BLOCKS_BREAK_TOOL",
        broken,
        f"Under v3 {what}: there its model's .content is a list of blocks, and text elsewhere"
        f"{'; on the other paths it works' if fine else ''}.",
        evidence=[
            *(
                Exhibit(run.number, where, short(_trouble(run).strip() or _text(run), 200))
                for run in broken[:4]
            ),
            *(Exhibit(run.number, where, f"{spot(run).path}: ok") for run in fine[:1]),
        ],
        sure="certain" if fine else "likely",
    )


def _in_a_tool(run: RunEvidence) -> bool:
    """Whether it is a tool's call that failed."""
    return any(one.status == "error" for one in run.results) or any(
        call.status != "ok" for call in run.run.tool_calls
    )


def blocked(evidence: Evidence) -> list[RunEvidence]:
    """The v3 runs that failed over a list, where no other path of their placement does."""
    return _in_v3_only(evidence, lambda run: bool(BLOCKS.search(_trouble(run))))


def spelled(evidence: Evidence) -> list[RunEvidence]:
    """The v3 runs whose result is a list of blocks as a text, where that of no other path is."""
    return _in_v3_only(evidence, lambda run: bool(SPELLED.search(_text(run))))


def _in_v3_only(evidence: Evidence, holds: Callable[[RunEvidence], bool]) -> list[RunEvidence]:
    runs = [run for run in reading.compared(evidence) if holds(run)]
    everywhere = {spot(run).placement for run in runs if spot(run).path != V3}
    return [run for run in runs if spot(run).placement not in everywhere]


def _text(run: RunEvidence) -> str:
    return "\n".join(one.text for one in run.results if one.status != "error")


def _trouble(run: RunEvidence) -> str:
    """What a tool call, or the run, says of its failure."""
    errors = [one.text for one in run.results if one.status == "error"]
    return "\n".join([*errors, run.run.error or ""])


def _went_well(run: RunEvidence) -> bool:
    return run.run.status == "ok" and not reading.failed(run)


def error_raised(evidence: Evidence) -> Iterable[Finding]:
    """The same failure ends some runs and is a message in others."""
    known = {run.number for run in blocked(evidence)}
    runs = [run for run in reading.compared(evidence) if run.number not in known]
    ended = [run for run in runs if reading.raised(run)]
    told = [run for run in runs if reading.failed(run)]
    pairs = [(one, other) for one in ended for other in told if _alike(one, other)]
    if pairs:
        yield finding(
            "ERROR_RAISED_VS_RETURNED",
            _each([run for pair in pairs for run in pair]),
            f"The tool's error ends the run with {_names(one for one, _ in pairs)}, "
            f"and is a message to the model, which goes on, with {_names(other for _, other in pairs)}.",
            evidence=[proof for pair in pairs[:3] for proof in map(_failure, pair)],
        )


def _alike(one: RunEvidence, other: RunEvidence) -> bool:
    """Whether two runs failed in the same call: of the same path, or with the same words."""
    if spot(one).path == spot(other).path:
        return reading.arguments(one) == reading.arguments(other)
    return any(result.text and result.text in (one.run.error or "") for result in other.results)


def _failure(run: RunEvidence) -> Exhibit:
    how = "raised" if reading.raised(run) else "returned"
    return Exhibit(
        run.number, "tool result", f"{spot(run).placement}: {how}, {short(_trouble(run).strip(), 160)}"
    )


def _each(runs: Sequence[RunEvidence]) -> list[RunEvidence]:
    return list({run.number: run for run in runs}.values())


def _names(runs: Iterable[RunEvidence]) -> str:
    return " and ".join(dict.fromkeys(spot(run).placement for run in runs))
