"""A benchmark as one JSON document, raw samples included.

Knows the schema `throughline.bench/1`; knows no file and no terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from client_demo.bench.goals import GOALS
from client_demo.bench.outcome import Outcome, Series
from client_demo.bench.sizes import Sizes

SCHEMA = "throughline.bench/1"


def document(machine: Mapping[str, Any], sizes: Sizes, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Everything that was measured. `ratios` holds plain numbers by key; `goals` says what they should be."""
    ratios = {one.key: one for outcome in outcomes.values() for one in outcome.ratios}
    return {
        "schema": SCHEMA,
        "machine": dict(machine),
        "sizes": asdict(sizes),
        "ratios": {key: one.value for key, one in ratios.items()},
        "quartiles": {key: [one.low, one.high] for key, one in ratios.items()},
        "goals": {
            goal.key: {"goal": str(goal), "met": goal.met(ratios[goal.key].value), "words": goal.words}
            for goal in GOALS
            if goal.key in ratios
        },
        "suites": {name: _suite(outcome) for name, outcome in outcomes.items()},
    }


def _suite(outcome: Outcome) -> dict[str, Any]:
    return {
        "took_s": outcome.took_s,
        "series": [_series(one) for one in outcome.series],
        "facts": [asdict(one) for one in outcome.facts],
        "notes": list(outcome.notes),
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "unit": series.unit,
        "summary": asdict(series.summary()),
        "rounds": [list(one) for one in series.rounds],
        "warm_up": list(series.warm_up),
    }
