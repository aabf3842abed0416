"""Stories made by hand, of runs that were made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from client_demo.evidence.data import Evidence, RunEvidence
from client_demo.evidence.reread import SCHEMA
from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Run
from client_demo.report.header import Header, header_of
from client_demo.report.story import Story, tell
from throughline.model import ModelSettings

MODEL = ModelSettings("http://x/v1", "k", "smollm2-135m-instruct", "embedded")
AT = "2026-11-20T12:00:00+00:00"


def header(plan: Plan, model: ModelSettings = MODEL, **other: Any) -> Header:
    return replace(header_of(plan, model, schema=SCHEMA, throughline="0.1.0", at=AT), **other)


def story(plan: Plan, runs: Sequence[Run], model: ModelSettings = MODEL, *, complete: bool = True) -> Story:
    """The story of these runs, of which nothing else is known."""
    told = tuple(RunEvidence(number, run, probe=run.cell.probe) for number, run in enumerate(runs, start=1))
    evidence = Evidence(plan.prompt, plan.tool, {"kind": model.kind, "name": model.model}, told)
    return tell(header(plan, model), evidence, complete=complete)
