"""The self-test: it names what it brought about, and says what it missed or made up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from client_demo.cli import cli
from client_demo.errors import UnknownName
from client_demo.selftest.cases import Case, healthy
from client_demo.selftest.judge import Named, Trial, document, good, line, matrix, untried
from client_demo.selftest.run import attempt

CASE = Case("late and raises", ("LATE_PROGRESS", "ERROR_RAISED_VS_RETURNED"), follows=("CACHED",))


def trial(*found: Named, case: Case = CASE) -> Trial:
    return Trial(case, found, 1.0)


def test_every_code_is_tried() -> None:
    assert untried() == ()


def test_what_is_missed_and_what_is_made_up_are_told_apart() -> None:
    one = trial(Named("LATE_PROGRESS", "harm"), Named("CACHED", "warning"), Named("REORDERED", "harm"))
    told = document([one])
    assert not good([one])
    assert told["named"] == ["LATE_PROGRESS"]
    assert told["missed"] == [{"case": CASE.name, "code": "ERROR_RAISED_VS_RETURNED"}]
    assert told["false_alarms"] == [{"case": CASE.name, "code": "REORDERED"}]
    assert "! missed ERROR_RAISED_VS_RETURNED  ! false alarm REORDERED" in line(one)
    marks = list(matrix([one]))[-1].removeprefix(CASE.name).split()
    assert Counter(marks) - Counter({".": len(marks)}) == Counter("#!Xo")


def test_a_cause_that_is_named_in_a_place_that_has_nothing_to_do_with_it_is_a_false_alarm() -> None:
    case = Case("late", ("LATE_PROGRESS",), concerns=("bridged",))
    right = trial(Named("LATE_PROGRESS", "harm", ("bridged",)), case=case)
    wrong = trial(Named("LATE_PROGRESS", "harm", ("bridged", "local")), case=case)
    assert good([right])
    assert wrong.false_alarms == ("LATE_PROGRESS",)


def test_a_note_must_be_there_where_it_is_tried_and_alarms_nobody_elsewhere() -> None:
    note = Named("SLOW_CONSUMER_STALLS_GRAPH", "note")
    tried = Case("slow reader", ("SLOW_CONSUMER_STALLS_GRAPH",))
    assert good([trial(note, case=tried), trial(note, case=Case("healthy"))])
    assert trial(case=tried).missed == ("SLOW_CONSUMER_STALLS_GRAPH",)


def test_faults_are_brought_about_in_processes_of_their_own_and_named(tmp_path: Path) -> None:
    to = tmp_path / "selftest.json"
    codes = "CALLBACK_SWALLOWED,MISATTRIBUTED"
    command = [sys.executable, "-m", "client_demo", "selftest", "--only", codes, "--json", str(to)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 codes named, 0 false alarms, in 2 cases" in done.stdout
    told = json.loads(to.read_text())
    assert told["named"] == told["codes"] == ["CALLBACK_SWALLOWED", "MISATTRIBUTED"]
    assert told["matrix"]["misattributed"]["blamed"]["MISATTRIBUTED"]["placements"] == ["bridged"]


def test_a_difference_that_nothing_explains_is_told_as_that() -> None:
    done = CliRunner().invoke(cli, ["selftest", "--only", "UNEXPLAINED"])
    assert done.exit_code == 0, done.output


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    [case] = [one for one in healthy(1) if one.name == "healthy"]
    assert attempt(case).found == ()


def test_a_code_that_cannot_be_tried_is_told_with_the_nearest() -> None:
    done = CliRunner().invoke(cli, ["selftest", "--only", "LATE"])
    assert isinstance(done.exception, UnknownName)
