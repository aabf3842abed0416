"""The same comparison on the simplest input, to tell a complex input from a real difference.

Knows what is simple, and which paths of a comparison differ; refuses to know why they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from client_demo.causes.findings import Finding, at_least
from client_demo.commands.survey import simplest
from client_demo.doctor.choice import Listed
from client_demo.experiment.compare import Plan, reference_of
from client_demo.experiment.pairs import pairs
from client_demo.experiment.runs import Run
from client_demo.report.json import row

PROMPT = "Say hello."
TOOL = "ask"
REAL = "With the simplest input the same paths differ: the difference is real, and not of your input."
NOWHERE = "Nothing differs, with your input or with the simplest one."
COSTS = ("SESSION_PER_CALL",)
"""Findings that are about no difference."""

Spot = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """A comparison that was made: its plan, its runs, and what was found in them."""

    plan: Plan
    runs: Sequence[Run]
    found: Sequence[Finding]


def minimal_plan(plan: Plan, tools: Sequence[Listed]) -> Plan:
    """The plan with the simplest prompt and tool that there are for it."""
    plain = replace(plan, prompt=PROMPT, notes=(), probes=())
    if plan.agent is not None:
        return plain
    if plan.server is None:
        args = None if plan.args is None else {"prompt": PROMPT}
        return replace(plain, tool=TOOL, args=args)
    chosen = simplest(tools)
    if chosen is None:
        return plain
    tool, made_up = chosen
    return replace(plain, prompt=tool, tool=tool, args=made_up)


def sentence(yours: Made, simple: Made) -> str:
    """What the two comparisons say together."""
    mine, theirs = differing(yours), differing(simple)
    if mine and mine == theirs:
        return REAL
    if mine and theirs & mine:
        kept, gone = _told(theirs & mine), _told(mine - theirs)
        also = f"; of {gone}, only with yours" if gone else ""
        return f"With the simplest input {kept} differ as well: that is real, and not of your input{also}."
    if mine and theirs:
        return f"With the simplest input other paths differ ({_told(theirs)}): repeat both with --repeat 5."
    if mine:
        more = "; ".join(_more(yours.plan, simple.plan)) or "nothing that can be told from here"
        return f"With the simplest input nothing differs: look at what yours has that it has not: {more}."
    if theirs:
        return f"Only the simplest input differs, on {_told(theirs)}: repeat both with --repeat 5."
    return NOWHERE


def document(yours: Made, simple: Made) -> dict[str, Any]:
    """The same for programs."""
    return {
        "sentence": sentence(yours, simple),
        "prompt": simple.plan.prompt,
        "tool": simple.plan.tool,
        "args": simple.plan.args,
        "differ_with_yours": sorted(map(list, differing(yours))),
        "differ_with_simplest": sorted(map(list, differing(simple))),
        "codes": sorted({one.code for one in at_least(simple.found, "warning")}),
        "runs": [row(run) for run in simple.runs],
    }


def differing(made: Made) -> frozenset[Spot]:
    """The placements and paths that differ from the reference, that failed, or that a warning is about."""
    reference = reference_of(made.plan.placements)
    unequal = {
        (pair.run.cell.placement, pair.run.cell.path)
        for pair in pairs(made.runs, reference)
        if not (pair.equal or pair.other_words_only) or not pair.asked_alike
    }
    failed = {(run.cell.placement, run.cell.path) for run in made.runs if run.status == "error"}
    warned = {
        (placement, path)
        for one in at_least(made.found, "warning")
        if one.code not in COSTS
        for placement in one.placements
        for path in one.paths
    }
    return frozenset(unequal | failed | warned)


def _told(spots: frozenset[Spot]) -> str:
    told = [f"{placement} / {path}" for placement, path in sorted(spots)]
    return ", ".join(told) if len(told) <= 3 else f"{', '.join(told[:2])} and {len(told) - 2} more"


def _more(yours: Plan, simple: Plan) -> Iterator[str]:
    """What one input has that the simplest one has not."""
    if yours.args is None and yours.given is None and yours.prompt != simple.prompt:
        lines = len(yours.prompt.splitlines())
        told = f"a prompt of {len(yours.prompt)} characters"
        told += f" in {lines} lines" if lines > 1 else ""
        yield told + ("" if yours.prompt.isascii() else ", not all of them ASCII")
    if yours.tool != simple.tool:
        yield f"the tool {yours.tool}"
    if yours.args is not None and yours.args != simple.args:
        yield f"the arguments {', '.join(yours.args)}" if yours.args else "no arguments"
    if yours.subject is None and simple.args is not None:
        yield "an agent, whose model writes the arguments"
