"""Whether there is a difference at all: outcomes within one path and placement against those between them.

Pure. Each kind of outcome is compared in its own way: answers and results as texts, tool calls by name and
arguments, usage by where it was told, metadata by what all paths tell alike. Establishes; explains nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from client_demo.causes import reading
from client_demo.causes.codes import ANSWER, CALLS, METADATA, RESULTS, STATUS, USAGE
from client_demo.causes.reading import dumps, once, spot
from client_demo.causes.stats import Permutation, permutation_test, runs_needed
from client_demo.evidence.data import Evidence, RunEvidence

P = 0.05
ASPECTS = (CALLS, RESULTS, STATUS, ANSWER, USAGE, METADATA)
"""In the order in which one leads to the next."""
TEXTS = (ANSWER, RESULTS)
Between = Literal["paths", "placements"]
Grouping = tuple[Between, str, Sequence[RunEvidence]]
"""What the groups are, within what, and the runs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Outcomes of one kind that are not all the same, within one placement (or path), by path (or placement).

    `noise` says that they also vary within a group. `needed` is how many runs a group it would take to tell,
    where there are too few: None where the runs at hand tell, or where no number would. `tests` is how many
    groupings were tested in this respect: one of many is small by chance (Bonferroni).
    """

    aspect: str
    between: Between
    within: str
    groups: Mapping[str, tuple[str, ...]]
    test: Permutation
    noise: bool
    needed: int | None
    tests: int = 1

    @property
    def established(self) -> bool:
        """Whether chance is a bad explanation of what follows the groups."""
        return self.test.p * self.tests <= P

    def texts(self) -> tuple[tuple[str, str], tuple[str, str]] | None:
        """Two texts that differ, each after the name of whose it is; None where the outcomes are no texts."""
        if self.aspect not in TEXTS:
            return None
        runs = [(name, self._text(label)) for name, labels in self.groups.items() for label in labels]
        here = runs[0]
        there = next((run for run in runs if run[1] != here[1]), None)
        if there is None:
            return None
        return here, (there[0] if there[0] != here[0] else f"{there[0]}, another run", there[1])

    def _text(self, label: str) -> str:
        """The text of an outcome: results of tools are told as a list of them."""
        return label if self.aspect == ANSWER else "\n".join(map(_result, json.loads(label)))

    def __str__(self) -> str:
        runs = sum(map(len, self.groups.values()))
        if len(self.groups) == 1:
            return f"it varies from run to run ({runs} runs)"
        among = f", one of {self.tests} tests" if self.tests > 1 else ""
        told = f"{self.test} over {runs} runs{among}"
        if self.established:
            return f"it follows the {self.between} ({told})"
        if self.needed:
            return f"too few runs to tell it from chance ({told}); {self.needed} of each would do"
        return f"it varies as much within one of the {self.between} as between them ({told})"


def _result(told: Any) -> str:
    return told if isinstance(told, str) else "(an error)"


def outcome(run: RunEvidence, aspect: str) -> str:
    """What a run came to, in one respect, as a text that is equal where the outcome is."""
    match aspect:
        case "tool calls":
            return reading.arguments(run)
        case "tool results":
            return dumps([one.text if one.status != "error" else {"error": True} for one in run.results])
        case "ends":
            return run.run.status
        case "answer":
            return run.run.answer or ""
    messages = [one for one in run.state if one.get("type") == "ai" or one.get("_") == "AIMessage"]
    if aspect == USAGE:
        return dumps([bool(one.get("usage_metadata")) for one in messages])
    return dumps([_metadata(one.get("response_metadata")) for one in messages])


def _metadata(told: Any) -> dict[str, Any]:
    """What a whole answer and a streamed one are to tell alike: LangChain keeps other things of one only."""
    told = told if isinstance(told, Mapping) else {}
    named = {name: told.get(name) for name in ("finish_reason", "model_name")}
    return named | {name: bool(told.get(name)) for name in ("logprobs", "system_fingerprint")}


@once
def differences(evidence: Evidence) -> tuple[Difference, ...]:
    """Every difference between the paths of a placement, and between the placements of a path."""
    runs = reading.compared(evidence)
    groupings = list(_groupings(runs))
    return tuple(one for aspect in ASPECTS for one in _tested(groupings, aspect))


def _groupings(runs: Sequence[RunEvidence]) -> Iterator[Grouping]:
    for placement in dict.fromkeys(spot(run).placement for run in runs):
        yield "paths", placement, [run for run in runs if spot(run).placement == placement]
    for path in dict.fromkeys(spot(run).path for run in runs):
        own = [run for run in runs if spot(run).path == path]
        if len({spot(run).placement for run in own}) > 1:  # one alone has been told of by its paths
            yield "placements", path, own


def _tested(groupings: Sequence[Grouping], aspect: str) -> Iterator[Difference]:
    """The differences in one respect: each grouping in which outcomes are not all alike."""
    groups = [(between, within, _outcomes(runs, aspect, between)) for between, within, runs in groupings]
    unlike = [one for one in groups if len({label for labels in one[2].values() for label in labels}) > 1]
    for between, within, labels in unlike:
        yield _difference(aspect, between, within, labels, tests=len(unlike))


def _outcomes(runs: Sequence[RunEvidence], aspect: str, between: Between) -> dict[str, tuple[str, ...]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for run in runs:
        groups[spot(run).path if between == "paths" else spot(run).placement].append(outcome(run, aspect))
    return {name: tuple(labels) for name, labels in groups.items()}


def _difference(
    aspect: str, between: Between, within: str, groups: Mapping[str, tuple[str, ...]], *, tests: int
) -> Difference:
    test = permutation_test(list(groups.values()))
    told = test.p * tests <= P
    return Difference(
        aspect=aspect,
        between=between,
        within=within,
        groups=groups,
        test=test,
        noise=any(len(set(labels)) > 1 for labels in groups.values()),
        needed=None if told else runs_needed(P / tests, list(groups.values())),
        tests=tests,
    )
