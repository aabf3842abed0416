"""The verdict in one sentence: never better than the runs, and never worse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client_demo.causes.findings import Finding
from client_demo.experiment.runs import Run
from client_demo.report.html.headline import headline
from client_demo.report.verdict import Setting, verdict
from tests.compare.made import WHOLE, failed, run, silent

HARM = Finding("LOST_FRAMES", "harm", "", (), "certain", "", (), ())
WORDS = replace(run("bridged"), events=tuple(run(words=("Two ", "beds.")).events))
ONE = "(1 of 1 path)"


def told(*runs: Run, findings: tuple[Finding, ...] = ()) -> tuple[str, str]:
    return headline(verdict(runs, Setting("list_items", scripted=True)), runs, findings)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((run(), run("bridged")), ("good", "bridged sees what local sees.")),
        (
            (run(), silent("adapters"), silent("held"), run("bridged")),
            ("bad", f"adapters {ONE} and held {ONE} differ from local; bridged sees what local sees."),
        ),
        ((run(), WORDS), ("good", "bridged sees the same events in other words.")),
        (
            (run(), replace(run("bridged"), provider=WHOLE)),
            ("bad", "bridged asks the provider otherwise."),
        ),
        (
            (run(), failed("bridged")),
            ("bad", f"bridged {ONE} differs from local. 1 of 2 runs failed."),
        ),
        ((silent("adapters"), silent("held")), ("good", "held sees what adapters sees.")),
        ((run("held"),), ("note", "Nothing differs that is expected to be equal.")),
        ((), ("note", "No run came to its end.")),
    ],
)
def test_the_headline_says_who_is_as_the_reference_and_who_is_not(
    runs: tuple[Run, ...], expected: tuple[str, str]
) -> None:
    assert told(*runs) == expected


def test_harm_is_in_the_headline_though_every_event_is_equal() -> None:
    assert told(run(), run("bridged"), findings=(HARM, HARM)) == (
        "bad",
        "bridged sees what local sees. Harm was found: LOST_FRAMES.",
    )
