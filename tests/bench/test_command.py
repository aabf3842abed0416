"""`throughline bench` as a person runs it, in sizes so small that its times mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from client_demo.bench.goals import GOALS
from client_demo.bench.registry import SUITES

ROOT = Path(__file__).parents[2]
TINY = ("--quick", "--scale", "0.05")
SIZES = {"parallel": ("--quick",)}
"""Where a check is worth having at the size that was promised."""
LIMIT_S = 110
RATIOS = {
    "boundary": {
        "throughput_vs_per_token",
        "throughput_vs_pipe",
        "latency_p50_vs_per_token",
        "latency_p95_vs_per_token",
    },
    "lanes": {"messages_cost_vs_in_process"},
    "calls": {"call_vs_raw"},
    "startup": {"startup_vs_bare", "memory_vs_bare"},
}
NAMES = [suite.name for suite in SUITES]


def throughline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "client_demo", "bench", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=LIMIT_S, check=False
    )


@cache
def measured(suite: str) -> dict[str, Any]:
    """One suite's document; each suite is run once for all tests."""
    done = throughline("--suite", suite, *SIZES.get(suite, TINY), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def facts(suite: str) -> dict[str, Any]:
    return {fact["name"]: fact for fact in measured(suite)["suites"][suite]["facts"]}


@pytest.mark.parametrize("suite", NAMES)
def test_a_suite_writes_its_samples_with_the_machine_they_were_taken_on(suite: str) -> None:
    found = measured(suite)
    assert found["schema"] == "throughline.bench/1"
    assert {"cpu", "cores", "python", "versions", "load"} <= found["machine"].keys()
    assert list(found["suites"]) == [suite]
    for series in found["suites"][suite]["series"]:
        samples = [sample for one in series["rounds"] for sample in one]
        assert len(samples) == series["summary"]["n"] > 0
        assert min(samples) <= series["summary"]["median"] <= series["summary"]["p95"] <= max(samples)


@pytest.mark.parametrize("suite", RATIOS)
def test_a_suite_gives_its_ratios_and_says_of_each_goal_whether_it_is_met(suite: str) -> None:
    found = measured(suite)
    assert RATIOS[suite] <= found["ratios"].keys()
    assert all(value > 0 for value in found["ratios"].values())
    goals = {goal.key: goal for goal in GOALS}
    assert found["goals"].keys() == RATIOS[suite]
    for key, told in found["goals"].items():
        assert told["met"] == goals[key].met(found["ratios"][key])


def test_every_goal_belongs_to_a_ratio_that_some_suite_gives() -> None:
    assert {goal.key for goal in GOALS} == set().union(*RATIOS.values())


def test_32_calls_at_once_lose_reorder_and_mix_nothing_over_stdio_and_http() -> None:
    found = facts("parallel")
    assert {name.rpartition(" ")[2] for name in found} == {"stdio", "HTTP"}
    for fact in found.values():
        expected = {"calls": 32, "tokens": 64_000, "lost": 0, "reordered": 0, "misattributed": 0}
        assert fact["value"] == expected
        assert fact["holds"]


def test_every_way_of_leaving_is_tried_over_stdio_and_http() -> None:
    names = {series["name"] for series in measured("cancel")["suites"]["cancel"]["series"]}
    ways = ("break", "aclose", "task cancel", "time limit", "events v2 aclose", "events v3 abort")
    assert names == {f"{way}, {transport}" for way in ways for transport in ("stdio", "HTTP")}


def test_a_soak_that_was_scaled_down_says_so_and_looks_at_both_processes() -> None:
    found = facts("soak")
    assert "scaled down from 1,000,000" in found["size"]["words"]
    assert {f"descriptors of the {side} are flat" for side in ("client", "server")} <= found.keys()


def test_people_get_tables_and_the_progress_goes_to_stderr(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    done = throughline("--suite", "calls", *TINY, "--json", str(path))
    assert done.returncode == 0
    assert "call_vs_raw" in done.stdout
    assert "<= 1.25" in done.stdout
    assert "the cost of calling" in done.stderr
    assert json.loads(path.read_text())["ratios"].keys() == {"call_vs_raw", "call_by_agent_vs_raw"}


def test_a_missed_goal_is_an_error_only_where_that_is_asked_for() -> None:
    done = throughline("--suite", "calls", *TINY, "--json", "--fail-on-goals")
    met = json.loads(done.stdout)["goals"]["call_vs_raw"]["met"]
    assert done.returncode == (0 if met else 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--suite", "speed"), "speed"),
        (("--json", "nowhere/out.json"), "not a directory"),
        (("--scale", "0"), "0"),
    ],
)
def test_what_cannot_be_run_is_said_at_once(arguments: tuple[str, ...], words: str) -> None:
    done = throughline(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
