"""Causes as people read them: the gravest first, each with its proof and its remedy; notes on one line."""

from __future__ import annotations

import io

from rich.console import Console

from client_demo.causes.findings import Exhibit, Finding, Severity
from client_demo.report.causes import drawn, told
from client_demo.text.redaction import REDACTED, redacted, without_keys


def finding(code: str, severity: Severity, *, exhibits: int = 1) -> Finding:
    proof = tuple(Exhibit(n, f"request {n}", f"said\n{n}") for n in range(1, exhibits + 1))
    return Finding(code, severity, "It is so.", proof, "certain", "do this.", ("held",), ("ainvoke",))


FOUND = (finding("FIRST", "note"), finding("SECOND", "warning", exhibits=5), finding("THIRD", "harm"))


def test_each_cause_stands_with_its_proof_and_remedy_and_notes_on_one_line() -> None:
    assert list(told(FOUND)) == [
        "THIRD (harm, certain) It is so.",
        "    where: held on ainvoke",
        "    run 1, request 1: said 1",
        "    remedy: do this.",
        "SECOND (warning, certain) It is so.",
        "    where: held on ainvoke",
        "    run 1, request 1: said 1",
        "    run 2, request 2: said 2",
        "    run 3, request 3: said 3",
        "    and 2 more: --json has them all",
        "    remedy: do this.",
        "By design, no harm done: FIRST.",
    ]


def test_a_terminal_shows_the_same_words() -> None:
    console = Console(file=(file := io.StringIO()), width=60)
    console.print(drawn(FOUND))
    words = file.getvalue().split()
    for line in told(FOUND):
        assert {word.strip("():,") for word in line.split()} - {"where"} <= {w.strip("():,") for w in words}


def test_nothing_found_is_nothing_said() -> None:
    assert list(told(())) == []


def test_fields_that_are_named_for_secrets_are_redacted_in_every_form() -> None:
    assert redacted({"Authorization": "x", "a": [{"password": "y"}]}) == {
        "Authorization": REDACTED,
        "a": [{"password": REDACTED}],
    }
    assert redacted(("map", ("api_key", "abc"))) == ["map", ["api_key", REDACTED]]
    assert without_keys('{"arguments": "{\\"api_key\\": \\"abc\\"}"}') == (
        '{"arguments": "{\\"api_key\\": \\"[redacted]\\"}"}'
    )
    assert without_keys("mine is hush-hush", "hush-hush") == f"mine is {REDACTED}"
