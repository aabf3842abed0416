"""A benchmark for people: the machine, what was measured, what was checked, and the ratios with their goals.

Knows rich; knows no suite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from client_demo.bench.goals import goal_of
from client_demo.bench.outcome import Fact, Outcome, Ratio, Series

WIDTH = 110
"""Columns where nobody says how many there are."""
NOT_A_GOAL = ""


def show(console: Console, machine: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> None:
    """Print everything."""
    console.print(*_parts(machine, outcomes), sep="\n\n")


def _parts(machine: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> Iterator[RenderableType]:
    yield _machine(machine)
    if any(outcome.series for outcome in outcomes.values()):
        yield _measured(outcomes)
    if facts := [(name, fact) for name, outcome in outcomes.items() for fact in outcome.facts]:
        yield _checked(facts)
    if ratios := [one for outcome in outcomes.values() for one in outcome.ratios]:
        yield _ratios(ratios)
    if notes := [note for outcome in outcomes.values() for note in outcome.notes]:
        yield Group(*(Text(note, style="dim") for note in notes))


def _machine(machine: Mapping[str, Any]) -> Text:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    load = machine["load"]
    busy = "unknown" if load is None else f"{load[0]:g} before, {machine['load_after'][0]:g} after"
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    return Text(
        f"{machine['cpu']}, {cores}, {machine['memory_gib']} GiB, {machine['system']}, {machine['python']}\n"
        f"{versions}\nload (1 min) {busy}; took {machine['took_s']:.0f} s",
    )


def _measured(outcomes: Mapping[str, Outcome]) -> Table:
    table = Table(title="Measured", title_justify="left")
    for name in ("suite", "what", "unit"):
        table.add_column(name)
    for name in ("median", "p95", "p99", "n"):
        table.add_column(name, justify="right")
    for suite, outcome in outcomes.items():
        for number, series in enumerate(outcome.series):
            table.add_row(suite if number == 0 else "", *_cells(series))
        if outcome.series:
            table.add_section()
    return table


def _cells(series: Series) -> list[str]:
    summary = series.summary()
    numbers = (summary.median, summary.p95, summary.p99)
    return [series.name, series.unit, *(_number(one) for one in numbers), str(summary.n)]


def _checked(facts: list[tuple[str, Fact]]) -> Table:
    table = Table(title="Checked", title_justify="left")
    for name in ("suite", "what", "found"):
        table.add_column(name)
    before = ""
    for suite, fact in facts:
        words = Text(fact.words)
        if fact.holds is not None:
            words.append(" (holds)" if fact.holds else " (does not hold)", "green" if fact.holds else "red")
        table.add_row(suite if suite != before else "", fact.name, words)
        before = suite
    return table


def _ratios(ratios: list[Ratio]) -> Table:
    table = Table(title="Ratios, each within this run", title_justify="left")
    table.add_column("ratio")
    for name in ("value", "quartiles by round", "goal"):
        table.add_column(name, justify="right")
    table.add_column("")
    table.add_column("of what")
    for one in ratios:
        goal = goal_of(one.key)
        met = Text(NOT_A_GOAL)
        if goal is not None:
            met = Text("met", "green") if goal.met(one.value) else Text("not met", "red")
        spread = f"{_number(one.low)} - {_number(one.high)}"
        limit, words = (str(goal), goal.words) if goal else ("", "")
        table.add_row(one.key, _number(one.value), spread, limit, met, words)
    return table


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"
