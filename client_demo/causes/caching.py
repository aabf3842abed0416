"""A cause in front of the provider: it was not asked at all, because a cache knew the answer. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import asked, exhibit, finding, short
from client_demo.evidence.data import Evidence, RunEvidence


def cached(evidence: Evidence) -> Iterable[Finding]:
    """A tool (or the agent) came to its words without asking, where the same call does ask in other runs."""
    for who, words in (("tool", _result), ("agent", _answer)):
        told: defaultdict[str, list[tuple[RunEvidence, str]]] = defaultdict(list)
        for run in reading.compared(evidence):
            if text := words(run):
                told[reading.arguments(run)].append((run, text))
        for pairs in told.values():
            asking = {text: run for run, text in pairs if asked(run, who)}
            silent = [(run, text) for run, text in pairs if not asked(run, who)]
            if asking and silent:
                yield _cached(who, silent, asking)
            elif silent and who in evidence.warmed:
                yield _known_from_the_start(who, [run for run, _ in silent])


def _cached(who: str, silent: list[tuple[RunEvidence, str]], asking: Mapping[str, RunEvidence]) -> Finding:
    known = all(text in asking for _, text in silent)
    first = next(iter(asking.values()))
    again = "the words of a run that did ask" if known else "words that no run was given"
    return finding(
        "CACHED",
        [run for run, _ in silent],
        f"In {reading.counted(len(silent), 'run')} the {who} asked the provider nothing "
        f"and came back with {again}: a cache.",
        evidence=[
            *(exhibit(first, one, f"asked by the {who}") for one in asked(first, who)[:1]),
            *(Exhibit(run.number, who, f"no request; {short(text)}") for run, text in silent),
        ],
        sure="certain" if known else "likely",
    )


def _known_from_the_start(who: str, silent: list[RunEvidence]) -> Finding:
    return finding(
        "CACHED",
        silent,
        f"In {reading.counted(len(silent), 'run')} the {who} asked the provider nothing; it did in the runs "
        "that warm up, before: a cache, from which every path is served.",
        evidence=[Exhibit(run.number, who, "no request") for run in silent],
        sure="likely",
        severity="note",
    )


def _result(run: RunEvidence) -> str:
    return "\n".join(reading.results(run)) if not reading.failed(run) else ""


def _answer(run: RunEvidence) -> str:
    return run.run.answer or ""
