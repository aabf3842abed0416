"""The self-test: it names what it brought about, and says what it missed or made up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from client_demo.causes import CODES
from client_demo.cli import cli
from client_demo.errors import UnknownName
from client_demo.paths import PATHS
from client_demo.placements import PLACEMENTS
from client_demo.selftest.case import Case, Where
from client_demo.selftest.cases import BY_NATURE, CASES, FEW_PATHS, NO_CODE, healthy
from client_demo.selftest.judge import Named, Spots, Trial, good, untried
from client_demo.selftest.run import attempt, attempts
from client_demo.selftest.told import document, line, matrix, summary
from mcp_server.quirks.catalog import BODY, QUIRKS
from throughline.model.options import FAULTS, read_options
from throughline.model.options import QUIRKS as MODEL_QUIRKS

EVERYWHERE = Where(("local", "bridged"), ("ainvoke", "events:v2"))
CASE = Case(
    "late and raises",
    {"LATE_PROGRESS": EVERYWHERE, "ERROR_RAISED_VS_RETURNED": EVERYWHERE},
    placements=("local", "bridged"),
    paths=("ainvoke", "events:v2"),
    follows={"CACHED": Where(("local",))},
)
UNTRIABLE = Case("broken off", {"CACHED": Where()}, model="no_such_option=1", placements=("local",))
EVERY_CASE = (*CASES, *healthy(1))


def trial(*found: Named, case: Case = CASE, failed: str = "") -> Trial:
    return Trial(case, found, 1.0, failed)


def everywhere(code: str, severity: str = "harm", case: Case = CASE) -> Named:
    return Named(code, severity, case.placements, case.paths_of(Where()))


def test_every_code_is_tried() -> None:
    assert untried() == ()


def test_every_quirk_of_the_server_is_tried() -> None:
    assert {name for case in CASES for name in case.quirks} == set(QUIRKS)


def test_every_fault_of_the_model_is_tried_or_brings_about_no_code() -> None:
    options = [read_options(f"scripted?{case.model}") for case in CASES]
    tried = {name for one in options for name in (*one.faults, *one.quirks)}
    assert tried.isdisjoint(NO_CODE)
    assert tried | set(NO_CODE) == {*FAULTS, *MODEL_QUIRKS}


def test_faults_of_bodies_and_of_the_model_are_tried_everywhere_on_every_path() -> None:
    wide = [case for case in CASES if len(case.placements) == len(PLACEMENTS)]
    assert {name for case in wide for name in case.quirks} == set(BODY) - {"sync"}
    assert all(len(case.paths) == len(PATHS) for case in wide)
    assert sum(bool(case.model) for case in wide) == sum(case.name.startswith("model: ") for case in CASES)


def test_what_is_left_out_has_its_reason() -> None:
    for case in EVERY_CASE:
        told = [where for where in (*case.codes.values(), *case.follows.values()) if where != Where()]
        assert all(where.why for where in told), case.name
        ours = not case.codes or case.name.startswith(("plain ", "two at once: "))
        assert ours or case.why or len(case.placements) == len(PLACEMENTS), case.name
    assert all(where.why for where in BY_NATURE.values())


def test_codes_and_places_of_cases_exist() -> None:
    placements, paths = {one.name for one in PLACEMENTS}, {one.name for one in PATHS}
    for case in EVERY_CASE:
        assert set(case.codes) <= set(CODES)
        assert set(case.placements) <= placements
        assert set(case.paths) <= paths
        for where in case.codes.values():
            assert set(where.placements) <= set(case.placements), case.name
            assert set(where.paths) <= set(case.paths), case.name


def test_what_is_missed_and_what_is_made_up_are_told_apart() -> None:
    one = trial(
        everywhere("LATE_PROGRESS"), Named("CACHED", "warning", ("local",)), Named("REORDERED", "harm")
    )
    told = document([one])
    assert not good([one])
    assert told["named"] == ["LATE_PROGRESS"]
    assert [(miss["case"], miss["code"]) for miss in told["missed"]] == [
        (CASE.name, "ERROR_RAISED_VS_RETURNED")
    ]
    assert [(alarm["case"], alarm["code"]) for alarm in told["false_alarms"]] == [(CASE.name, "REORDERED")]
    assert "! missed ERROR_RAISED_VS_RETURNED (local, bridged, ainvoke, events:v2)" in line(one)
    assert line(one).endswith("! false alarm REORDERED  (follows: CACHED)")
    marks = list(matrix([one]))[-1].removeprefix(CASE.name).split()
    assert Counter(marks) - Counter({".": len(marks)}) == Counter("#!Xo")


def test_a_cause_is_missed_on_each_placement_and_path_that_does_not_show_it() -> None:
    one = trial(
        Named("LATE_PROGRESS", "harm", ("bridged",), ("ainvoke",)), everywhere("ERROR_RAISED_VS_RETURNED")
    )
    assert one.missed == (Spots("LATE_PROGRESS", ("local",), ("events:v2",)),)
    told = document([one])["missed"]
    assert told == [
        {"case": CASE.name, "code": "LATE_PROGRESS", "placements": ["local"], "paths": ["events:v2"]}
    ]


def test_a_path_that_runs_no_async_tools_shows_nothing_and_misses_nothing() -> None:
    case = Case("late", {"LATE_PROGRESS": Where()}, paths=("invoke", "ainvoke"))
    assert good([trial(Named("LATE_PROGRESS", "harm", case.placements, ("ainvoke",)), case=case)])


def test_a_cause_that_is_named_where_it_has_no_business_is_a_false_alarm() -> None:
    case = Case("late", {"LATE_PROGRESS": Where(("bridged",), ("ainvoke",), "local has no wire")})
    right = trial(Named("LATE_PROGRESS", "harm", ("bridged",), ("ainvoke",)), case=case)
    placed = trial(Named("LATE_PROGRESS", "harm", ("bridged", "local"), ("ainvoke",)), case=case)
    by_path = trial(Named("LATE_PROGRESS", "harm", ("bridged",), ("ainvoke", "events:v2")), case=case)
    assert good([right])
    assert placed.false_alarms == (Spots("LATE_PROGRESS", ("local",), ()),)
    assert by_path.false_alarms == (Spots("LATE_PROGRESS", (), ("events:v2",)),)


def test_what_plain_placements_lose_is_a_false_alarm_on_ours() -> None:
    case = Case("healthy")
    assert good([trial(Named("SESSION_PER_CALL", "warning", ("adapters",), ("ainvoke",)), case=case)])
    assert not good([trial(Named("SESSION_PER_CALL", "warning", ("bridged",), ("ainvoke",)), case=case)])


def test_a_note_must_be_there_where_it_is_tried_and_alarms_nobody_elsewhere() -> None:
    tried = Case("slow reader", {"SLOW_CONSUMER_STALLS_GRAPH": Where()})
    note = everywhere("SLOW_CONSUMER_STALLS_GRAPH", "note", tried)
    assert good([trial(note, case=tried), trial(note, case=Case("healthy"))])
    assert trial(case=tried).missed


def test_a_note_does_not_stand_for_a_code_that_is_graver_where_its_fault_is() -> None:
    case = Case("model: bare_stream=1", {"STREAM_ENDPOINT_DIFFERS": Where()})
    assert not good([trial(everywhere("STREAM_ENDPOINT_DIFFERS", "note", case), case=case)])


def test_a_case_that_cannot_be_tried_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Case("cached", UNTRIABLE.codes, "", ("cached",), ("local",), ("ainvoke", "events:v2"))
    monkeypatch.setattr("client_demo.selftest.cases.CASES", (UNTRIABLE, other))
    to = tmp_path / "selftest.json"
    done = CliRunner().invoke(cli, ["selftest", "--only", "CACHED", "--jobs", "1", "--json", str(to)])
    told = json.loads(to.read_text())
    assert done.exit_code == 1
    assert "0 of 1 codes named, 0 false alarms, in 2 cases" in done.stdout
    assert "broken off could not be tried: " in done.stdout
    assert "! could not be tried: " in done.stderr
    assert [one["case"] for one in told["failed"]] == [UNTRIABLE.name]
    assert "no_such_option" in told["failed"][0]["sentence"]
    assert told["missed"][0]["placements"] == ["local"]
    assert told["matrix"]["cached"]["found"] == ["CACHED"]


class DyingProcesses(ThreadPoolExecutor):
    """A pool whose processes die of the first case."""

    def __init__(self, workers: int, **_: Any) -> None:
        super().__init__(workers)

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        dead: Future[Any] = Future()
        dead.set_exception(BrokenProcessPool("A process was terminated abruptly."))
        return dead


def test_a_process_that_dies_is_told_as_a_case_that_could_not_be_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("client_demo.selftest.run.ProcessPoolExecutor", DyingProcesses)
    trials = list(attempts([Case("one"), Case("another")], jobs=2))
    assert {one.case.name for one in trials} == {"one", "another"}
    assert not good(trials)
    assert "one could not be tried: BrokenProcessPool: A process was terminated abruptly." in summary(trials)


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
    [case] = [one for one in CASES if "UNEXPLAINED" in one.codes]
    assert good([attempt(replace(case, placements=("local", "bridged"), paths=FEW_PATHS))])


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    [case] = [one for one in healthy(1) if one.name == "healthy"]
    assert attempt(case).found == ()


def test_a_code_that_cannot_be_tried_is_told_with_the_nearest() -> None:
    done = CliRunner().invoke(cli, ["selftest", "--only", "LATE"])
    assert isinstance(done.exception, UnknownName)
