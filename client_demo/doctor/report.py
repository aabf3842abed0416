"""An examination for people and for programs. Decides nothing; knows rich and one JSON schema."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from client_demo.doctor.checks import WEIGHT, Check, Report, Verdict
from client_demo.servers.target import mask
from client_demo.text.redaction import Redactor
from throughline.errors import EXIT_AUTH, EXIT_DIFFERENCE, EXIT_OK, EXIT_UNREACHABLE

SCHEMA = "throughline.doctor/1"
STYLES: dict[Verdict, str] = {
    "good": "bold green",
    "warning": "bold yellow",
    "bad": "bold red",
    "not applicable": "dim",
}


def exit_code(report: Report) -> int:
    """0 where nothing is bad, 1 where something is, 3 or 4 where there was nobody to examine."""
    if report.unreachable:
        return EXIT_AUTH if report.key_refused else EXIT_UNREACHABLE
    return EXIT_DIFFERENCE if any(check.verdict == "bad" for check in report.checks) else EXIT_OK


def without(report: Report, secrets: Iterable[str]) -> Report:
    """The same without what the target's user named as secret, and a server has said again."""
    redactor = Redactor(secrets)
    checks = (
        replace(one, sentence=redactor.text(one.sentence), evidence=tuple(map(redactor.text, one.evidence)))
        for one in report.checks
    )
    server, arguments = redactor.value(report.server), redactor.value(report.arguments)
    return replace(report, checks=tuple(checks), server=server, arguments=arguments)


def document(report: Report) -> dict[str, Any]:
    """The whole examination, as JSON values."""
    told = asdict(report)
    checks = [{**one, "evidence": [mask(line) for line in one["evidence"]]} for one in told.pop("checks")]
    told["seconds"] = round(report.seconds, 3)
    return {"schema": SCHEMA, **told, "checks": checks, "exit_code": exit_code(report)}


def show(console: Console, report: Report) -> None:
    """Print the verdicts code by code, each with what it was seen by, and what to do."""
    console.print(Text(report.target, "bold"))
    if report.tool is not None:
        arguments = json.dumps(report.arguments, ensure_ascii=False)
        console.print(Text(f"called: {report.tool} {mask(arguments)}", "dim"))
    console.print()
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for check in report.checks:
        strong = "dim" if check.verdict == "not applicable" else "bold"
        table.add_row(
            Text(check.verdict, STYLES[check.verdict]),
            Text(check.code, strong),
            Text("\n").join(_lines(check)),
        )
    console.print(table)
    console.print()
    console.print(Text(_sum(report), "dim"))


def _lines(check: Check) -> list[Text]:
    lines = [Text(check.sentence, "dim" if check.verdict == "not applicable" else "")]
    lines += [Text(f"- {mask(line)}", "dim") for line in check.evidence]
    if check.remedy:
        lines.append(Text(f"> {check.remedy}", "cyan" if WEIGHT[check.verdict] > 1 else "dim"))
    return lines


def _sum(report: Report) -> str:
    counted = Counter(check.verdict for check in report.checks)
    parts = [f"{counted[verdict]} {verdict}" for verdict in STYLES if counted[verdict]]
    return f"{', '.join(parts)}; {report.seconds:.0f} s"
