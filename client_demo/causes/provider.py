"""Causes at the provider: the same request with another answer, because of chance or because it was streamed.

Pure. Judges requests and answers alone, whichever run they belong to: what a request leads to in one run, it
may lead to in any.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import Said, exhibit, finding, once, said, short
from client_demo.evidence.data import Evidence, Request, RunEvidence

Asked = tuple[RunEvidence, Request]
TOLD_BY_WHOLE = ("usage", "logprobs", "refusal", "system_fingerprint")
_ID_SHAPE = re.compile(r"[A-Za-z]+")
USAGE_REMEDY = (
    "set stream_usage=True on the chat model: its stream was not asked for usage (langchain-openai asks by "
    "itself only where no base URL is set, and this comparison sets one)."
)


@dataclass(slots=True)
class Question:
    """One request, however often it was made: its answers in one piece, and streamed."""

    whole: list[Asked] = field(default_factory=list)
    streamed: list[Asked] = field(default_factory=list)

    def both(self) -> tuple[list[Asked], list[Asked]]:
        """The two ways of asking."""
        return self.whole, self.streamed


@once
def questions(evidence: Evidence) -> list[Question]:
    """The requests of all runs that were answered to the end, alike ones together."""
    found: defaultdict[tuple[str, str], Question] = defaultdict(Question)
    for run, request in reading.each_request(reading.compared(evidence)):
        if reading.complete(request):
            one = found[request.who, reading.question(request)]
            (one.streamed if request.streamed else one.whole).append((run, request))
    return list(found.values())


def nondeterminism(evidence: Evidence) -> Iterable[Finding]:
    """The same request, made in the same way, has got different answers."""
    varied = [ways for one in questions(evidence) for ways in one.both() if len(_words(ways)) > 1]
    if not varied:
        return
    asked, answers = sum(map(len, varied)), sum(len(_words(ways)) for ways in varied)
    runs = [run for ways in varied for run, _ in ways]
    yield finding(
        "NONDETERMINISM",
        runs,
        f"The provider gave {answers} different answers to {reading.counted(len(varied), 'request')} "
        f"made {asked} times in the same way; a difference that is no larger says nothing about the path.",
        evidence=[proof for ways in varied for proof in _one_of_each(ways)],
    )


def different_model(evidence: Evidence) -> Iterable[Finding]:
    """The streamed answers to a request name another model than the whole ones."""
    found = [one for one in questions(evidence) if _other_model(one)]
    if not found:
        return
    whole, streamed = (sorted({name for one in found for name in _models(one.both()[n])}) for n in range(2))
    yield finding(
        "DIFFERENT_MODEL_WHEN_STREAMING",
        [run for one in found for run, _ in one.streamed],
        f"The same request is answered by {', '.join(streamed)} when it is streamed "
        f"and by {', '.join(whole)} when it is not.",
        evidence=[
            exhibit(run, request, f"{_way(request)}: model {request.answer.get('model')!r}")
            for one in found
            for run, request in (one.whole[0], one.streamed[0])
        ],
    )


def stream_endpoint(evidence: Evidence) -> Iterable[Finding]:
    """Some paths make the provider stream; say so, and what the stream lacks."""
    flipped = [one for one in questions(evidence) if one.whole and one.streamed]
    same_model = [one for one in flipped if not _other_model(one)]
    lost = sorted({name for one in flipped for name in _lost(one)})
    worded = [
        one for one in same_model if _steady(one) and _words(one.whole).keys() != _words(one.streamed).keys()
    ]
    if not flipped:
        return
    runs = [run for one in flipped for run, _ in one.streamed]
    if worded:
        yield _flip(runs, worded, lost, words=True)
    elif lost:
        yield _flip(runs, [one for one in flipped if _lost(one)], lost, words=False)
    else:
        yield finding(
            "STREAM_ENDPOINT_DIFFERS",
            runs,
            "These paths make the provider stream what others get in one piece; nothing is lost by it.",
            evidence=_ways(flipped),
            severity="note",
            remedy="none needed: by design, whoever watches tokens is streamed to.",
        )


def _flip(runs: list[RunEvidence], found: list[Question], lost: list[str], *, words: bool) -> Finding:
    what = ", ".join([*(["the words of the answer"] if words else []), *lost])
    how = "differ in" if words else "lack"
    told = "answers differ in" if words else "stream lacks"
    unasked = lost == ["usage"] and not words and not any(_usage_asked(one) for one in found)
    return finding(
        "STREAM_ENDPOINT_DIFFERS",
        runs,
        f"These paths make the provider stream, and streamed answers to the same request {how}: {what}.",
        evidence=[*_ways(found), *(_proof(one, f"the {told}: {what}") for one in found)],
        severity="harm" if words else "warning",
        remedy=USAGE_REMEDY if unasked else None,
    )


def _proof(one: Question, says: str) -> Exhibit:
    run, request = one.streamed[0]
    return exhibit(run, request, says)


def _ways(found: Iterable[Question]) -> Iterator[Exhibit]:
    for one in found:
        for run, request in (one.whole[0], one.streamed[0]):
            told = [name for name in TOLD_BY_WHOLE if request.answer.get(name) is not None]
            yield exhibit(
                run,
                request,
                f"{_way(request)}: {short(_shown(said(request)))}, with {', '.join(told) or 'no more'}",
            )


def _lost(one: Question) -> list[str]:
    """What every whole answer has and no streamed one."""
    if not (one.whole and one.streamed):
        return []
    lost = [name for name in TOLD_BY_WHOLE if _all(one.whole, name) and not _any(one.streamed, name)]
    ids = [{_id_shape(request.answer) for _, request in ways} for ways in one.both()]
    gone = [
        name for name in ("refusal",) if lost and _knows(one.whole, name) and not _knows(one.streamed, name)
    ]
    return [*dict.fromkeys(lost + gone), *(["ids of the same form"] if ids[0].isdisjoint(ids[1]) else [])]


def _all(ways: list[Asked], name: str) -> bool:
    return all(request.answer.get(name) is not None for _, request in ways)


def _any(ways: list[Asked], name: str) -> bool:
    return any(request.answer.get(name) is not None for _, request in ways)


def _knows(ways: list[Asked], name: str) -> bool:
    return any(name in request.answer for _, request in ways)


def _id_shape(answer: Mapping[str, Any]) -> str:
    """How the ids of a provider begin; nothing else of them ever repeats."""
    found = _ID_SHAPE.match(str(answer.get("id") or ""))
    return found.group() if found else ""


def _usage_asked(one: Question) -> bool:
    options = [request.body.get("stream_options") or {} for _, request in one.streamed]
    return any(option.get("include_usage") for option in options)


def _other_model(one: Question) -> bool:
    whole, streamed = (_models(ways) for ways in one.both())
    return bool(whole and streamed) and whole.isdisjoint(streamed)


def _models(ways: list[Asked]) -> set[str]:
    return {str(request.answer["model"]) for _, request in ways if request.answer.get("model")}


def _steady(one: Question) -> bool:
    return all(len(_words(ways)) == 1 for ways in one.both())


def _words(ways: list[Asked]) -> dict[Said, Asked]:
    """The different answers, each with the first that gave it."""
    return {said(request): (run, request) for run, request in reversed(ways)}


def _one_of_each(ways: list[Asked]) -> list[Exhibit]:
    first = sorted(_words(ways).items(), key=lambda pair: pair[1][0].number)
    return [
        exhibit(run, request, f"{_way(request)}: {short(_shown(told))}") for told, (run, request) in first
    ]


def _shown(told: Said) -> str:
    return told.text or " ".join(f"{name}({given})" for name, given in told.calls)


def _way(request: Request) -> str:
    return "streamed" if request.streamed else "in one piece"
