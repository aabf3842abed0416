"""The self-test: it names what it brought about, and says what it missed or made up."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from client_demo.causes import CODES
from client_demo.cli import cli
from client_demo.errors import UnknownName
from client_demo.selftest.cases import CASES, Case
from client_demo.selftest.judge import Trial, document, good, line, untried

CASE = Case("late and raises", ("LATE_PROGRESS", "ERROR_RAISED_VS_RETURNED"), follows=("CACHED",))


def test_every_code_is_tried_or_said_not_to_be() -> None:
    tried = {code for case in CASES for code in case.codes}
    assert tried | {*untried(), "UNEXPLAINED"} == set(CODES)


def test_what_is_missed_and_what_is_made_up_are_told_apart() -> None:
    trials = [Trial(CASE, ("LATE_PROGRESS", "CACHED", "REORDERED"), 1.0)]
    told = document(trials)
    assert not good(trials)
    assert told["named"] == ["LATE_PROGRESS"]
    assert told["missed"] == [{"case": CASE.name, "code": "ERROR_RAISED_VS_RETURNED"}]
    assert told["false_alarms"] == [{"case": CASE.name, "code": "REORDERED"}]
    assert "! missed ERROR_RAISED_VS_RETURNED  ! false alarm REORDERED" in line(trials[0])


def test_a_fault_is_brought_about_and_named(tmp_path: Path) -> None:
    to = tmp_path / "selftest.json"
    done = CliRunner().invoke(cli, ["selftest", "--only", "POSTPROCESSED", "--json", str(to)])
    assert done.exit_code == 0, done.output
    assert "1 of 1 codes named, 0 false alarms." in done.output
    assert json.loads(to.read_text())["matrix"] == {
        "postprocessed": {"expected": ["POSTPROCESSED"], "found": ["POSTPROCESSED"]}
    }


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    done = CliRunner().invoke(cli, ["selftest", "--only", "healthy", "--healthy", "1"])
    assert done.exit_code == 0, done.output
    assert "= nothing, as it should be" in done.output


def test_a_code_that_cannot_be_tried_is_told_with_the_nearest() -> None:
    done = CliRunner().invoke(cli, ["selftest", "--only", "LATE"])
    assert isinstance(done.exception, UnknownName)
