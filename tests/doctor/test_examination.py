"""The doctor over real pipes and real HTTP: servers of ours, a public one, and one for each ailment.

An examination mostly waits, so those that need no settings of their own are made side by side, once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from mcp.client.stdio import get_default_environment

from client_demo.doctor.checks import CODES, Check, Report
from client_demo.doctor.choice import ArgumentsUnfit
from client_demo.doctor.examination import Plan, examine
from client_demo.doctor.report import exit_code
from client_demo.errors import UnknownName
from client_demo.servers.naming import read_target
from client_demo.servers.target import Target
from tests.doctor.npm import PACKAGE, everything, installed

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
MUST_END_S = 60
SHORT_S = 1.0
AT_ONCE = 6
# A pace at which the cancelled call is under way on any machine.
OURS = (sys.executable, "-m", "mcp_server", "--model", "scripted?pace_ms=40")


def patient(*ailments: str) -> Target:
    return Target("patient", (sys.executable, "-m", "tests.doctor.patient", *ailments), cwd=str(ROOT))


async def examined(target: Target, *, tool: str | None = None) -> Report:
    heard: list[str] = []
    with anyio.fail_after(MUST_END_S):
        report = await examine(Plan(target, tool=tool), tell=heard.append)
    assert [check.code for check in report.checks] == list(CODES)
    assert heard[0] == "CONNECT"
    return report


PLANS: dict[str, Plan] = {
    **{
        ailment: Plan(patient(ailment), timeout_s=5)
        for ailment in (
            "nothing",
            "prints",
            "ignores cancel",
            "late",
            "shrinks",
            "no number",
            "other token",
            "blocks",
            "crashes",
            "ends at cancel",
            "lives on",
            "mute",
            "odd",
        )
    },
    **{
        ailment: Plan(patient(ailment), timeout_s=SHORT_S)
        for ailment in ("hangs", "exits", "garbage", "silent", "echoes")
    },
}


@pytest.fixture(scope="module")
async def reports(anyio_backend: str) -> dict[str, Report]:
    command = installed()
    public = {} if isinstance(command, str) else {PACKAGE: Plan(Target("public", command), timeout_s=6)}
    made: dict[str, Report] = {}
    few = anyio.CapacityLimiter(AT_ONCE)

    async def make(name: str, plan: Plan) -> None:
        async with few:
            made[name] = await examine(plan, tell=lambda code: None)

    with anyio.fail_after(MUST_END_S):
        async with anyio.create_task_group() as tasks:
            for name, plan in {**public, **PLANS}.items():
                tasks.start_soon(make, name, plan)
    return made


def found(report: Report) -> dict[str, str]:
    return {check.code: check.verdict for check in report.checks}


def check(report: Report, code: str) -> Check:
    return next(check for check in report.checks if check.code == code)


def bad(report: Report) -> set[str]:
    return {code for code, verdict in found(report).items() if verdict == "bad"}


async def test_our_server_is_healthy_in_every_respect() -> None:
    report = await examined(Target("ours", OURS, cwd=str(ROOT)))
    slow_to_end = {check.code for check in report.checks if check.verdict == "warning"}
    assert set(found(report).values()) <= {"good", "warning"}, report.checks
    assert slow_to_end <= {"SHUTDOWN"}, report.checks
    assert "tokens in" in check(report, "TOKENS").evidence[0]
    assert exit_code(report) == 0


async def test_a_public_server_from_npm_is_examined_and_its_leak_is_found(
    reports: dict[str, Report],
) -> None:
    everything()
    report = reports[PACKAGE]
    assert report.tool == "trigger-long-running-operation"
    assert bad(report) == {"CANCELLATION"}, report.checks
    assert "after the cancellation" in check(report, "CANCELLATION").evidence[0]
    assert found(report)["TOKENS"] == "not applicable"
    assert found(report)["PARALLEL"] == found(report)["PROGRESS"] == found(report)["ERRORS"] == "good"
    assert exit_code(report) == 1


async def test_a_server_that_nothing_ails_has_nothing_bad(
    reports: dict[str, Report],
) -> None:
    report = reports["nothing"]
    assert bad(report) == set(), report.checks
    assert found(report)["CANCELLATION"] == found(report)["SHUTDOWN"] == "good"


@pytest.mark.parametrize(
    ("ailment", "codes", "says"),
    [
        ("prints", {"STDOUT"}, "working on step 1"),
        ("ignores cancel", {"CANCELLATION"}, "after the cancellation"),
        ("late", {"PROGRESS"}, "after its result"),
        ("shrinks", {"PROGRESS"}, "1 and then 1"),
        ("no number", {"PROGRESS"}, "it said nan"),
        ("other token", {"PROGRESS"}, "under the token 'my-"),
        ("blocks", {"CANCELLATION", "PARALLEL"}, "a ping took"),
        ("crashes", {"ERRORS"}, "it ended with exit code 7"),
        ("ends at cancel", {"CANCELLATION", "TIMEOUT"}, "it ended with exit code 1"),
    ],
)
async def test_an_ailment_is_found_with_its_evidence_and_nothing_else_is_bad(
    reports: dict[str, Report], ailment: str, codes: set[str], says: str
) -> None:
    report = reports[ailment]
    assert bad(report) == codes, report.checks
    assert any(says in line for code in codes for line in check(report, code).evidence), report.checks
    assert all(check(report, code).remedy for code in codes)
    assert exit_code(report) == 1


async def test_a_server_that_outlives_its_client_is_found_and_ended(
    reports: dict[str, Report],
) -> None:
    report = reports["lives on"]
    assert bad(report) == {"SHUTDOWN"}
    assert "SIGTERM" in check(report, "SHUTDOWN").sentence


async def test_a_tool_that_never_answers_costs_no_more_than_its_time_limit(
    reports: dict[str, Report],
) -> None:
    report = reports["hangs"]
    assert found(report)["TIMEOUT"] == "warning"
    assert "without a sign of life" in check(report, "TIMEOUT").sentence
    assert found(report)["PARALLEL"] == found(report)["ERRORS"] == found(report)["SHUTDOWN"] == "good"
    assert bad(report) == set(), report.checks


async def test_a_tool_without_progress_is_told_apart_from_one_that_is_too_quick_for_it(
    reports: dict[str, Report],
) -> None:
    report = reports["mute"]
    assert found(report)["PROGRESS"] == "not applicable"
    assert "sends no progress" in check(report, "PROGRESS").sentence
    assert bad(report) == set()


async def test_nothing_that_a_server_says_stops_the_examination(reports: dict[str, Report]) -> None:
    report = reports["odd"]
    assert report.server == {}
    assert bad(report) == {"TOOLS"}
    assert report.tool == "slow_steps"


@pytest.mark.parametrize(
    ("ailment", "says"),
    [
        ("exits", "before it answered, it ended with exit code 1"),
        ("garbage", "what it writes on standard output is not MCP"),
        ("silent", "it did not answer `initialize` within"),
        ("echoes", "it sends back what it is sent, and is no MCP server"),
    ],
)
async def test_a_server_that_cannot_be_spoken_to_is_unreachable_with_the_reason(
    reports: dict[str, Report], ailment: str, says: str
) -> None:
    report = reports[ailment]
    assert says in check(report, "CONNECT").sentence
    assert set(found(report).values()) == {"bad", "not applicable"}
    assert exit_code(report) == 4


async def test_a_command_that_is_not_there_is_unreachable() -> None:
    report = await examined(Target("nothing", ("no-such-command-of-anybody",)))
    assert "cannot be started" in check(report, "CONNECT").sentence
    assert exit_code(report) == 4


async def test_a_tool_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'slow_steps'"):
        await examined(patient(), tool="slow_step")


async def test_arguments_that_do_not_fit_are_told_before_the_tool_is_called() -> None:
    plan = Plan(patient(), tool="slow_steps", arguments={"label": 7})
    with anyio.fail_after(MUST_END_S), pytest.raises(ArgumentsUnfit, match="'label' is not of type string"):
        await examine(plan, tell=lambda code: None)


@asynccontextmanager
async def served(*args: str) -> AsyncIterator[str]:
    """Our server over HTTP, by its URL."""
    command = [*OURS, "--transport", "http", "--port", "0", *args]
    env = get_default_environment()
    async with await anyio.open_process(command, cwd=ROOT, env=env) as process:
        assert process.stderr is not None
        try:
            with anyio.fail_after(MUST_END_S):
                said = ""
                while "/mcp" not in said:
                    said += (await process.stderr.receive()).decode()
            yield next(word for word in shlex.split(said) if word.startswith("http://"))
        finally:
            process.terminate()


async def test_our_server_is_healthy_over_http() -> None:
    async with served() as url:
        report = await examined(read_target(url, env={}))
    assert bad(report) == set(), report.checks
    assert found(report)["STDOUT"] == "not applicable"
    assert found(report)["TOKENS"] == found(report)["CANCELLATION"] == "good", report.checks
    assert "DELETE" in check(report, "SHUTDOWN").sentence


async def test_an_endpoint_where_nobody_listens_is_unreachable() -> None:
    report = await examined(read_target("http://127.0.0.1:9/mcp", env={}))
    assert "it cannot be reached" in check(report, "CONNECT").sentence
    assert exit_code(report) == 4
