"""The cause in partial values: what a tool handed out on the way and took back at the end.

Pure. Texts are pieces of one text, and values grow: what comes later may add to them and must not contradict
them. A tool whose partial values are about something else than its result is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import asked, complete, finding, said, short
from client_demo.causes.wirelog import Call, calls, of_runs, partials
from client_demo.evidence.data import Evidence, RunEvidence, Sight


def partial_values(evidence: Evidence) -> Iterable[Finding]:
    """Partial values that the final one contradicts."""
    sent = of_runs(calls(evidence))
    found = [
        (run, value, result)
        for run in reading.compared(evidence)
        if len(texts := reading.results(run)) == 1
        for result in texts
        for value in _wrong(run, _handed_out(run, sent.get(run.number, ())), result)
    ]
    if found:
        yield finding(
            "PARTIAL_VALUES_WRONG",
            list({run.number: run for run, _, _ in found}.values()),
            "The tool handed out partial values that its result contradicts; who acted on them was misled.",
            evidence=[
                Exhibit(run.number, "partial value", f"{short(value)}, against the result {short(result)}")
                for run, value, result in found
            ],
        )


def _handed_out(run: RunEvidence, sent: Sequence[Call]) -> list[Any]:
    """The partial values of a run: from frames that came as they were sent, else as a path showed them."""
    if len(sent) == 1 and sent[0].framed:
        return partials(sent[0]) if sent[0].whole else []
    lanes: dict[str, list[Any]] = {}
    for one in run.sights if not sent else ():
        for value in _partial(one):
            lanes.setdefault(one.event.what, []).append(value)
    return max(lanes.values(), key=len, default=[])


def _partial(one: Sight) -> Iterator[Any]:
    """A partial value in an event, which has the law's form: a custom one, or a delta of a tool's output."""
    body = _fields(one.event.body)
    if one.event.what == "custom" and body.get("type") == "partial":
        yield _value(body.get("value"))
    elif one.event.what in ("tools", "v3 tools") and body.get("event") == "tool-output-delta":
        yield _value(body.get("delta"))
    elif one.event.what == "on_custom_event" and one.event.name == "partial":
        yield _value(body.get("value"))


def _fields(body: Any) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return dict(body)
    return dict(body[1:]) if isinstance(body, tuple) and body[:1] == ("map",) else {}


def _value(body: Any) -> Any:
    """A value out of the law's form: nested tuples that say what they were."""
    match body:
        case ("map", *items):
            return {key: _value(item) for key, item in items}
        case ("list", *items):
            return [_value(item) for item in items]
        case ("yes",) | ("no",):
            return body == ("yes",)
    return body


def _wrong(run: RunEvidence, values: Sequence[Any], result: str) -> list[Any]:
    texts = [value for value in values if isinstance(value, str)]
    final = [result, *(said(one).text for one in asked(run, "tool") if complete(one))]
    wrong: list[Any] = []
    if texts and not _begins("".join(texts), final) and not _each_begins(texts, final):
        wrong.append(next(text for text in _joined(texts) if not _begins(text, final)))
    parsed = reading.reformed(result)
    if isinstance(parsed, dict | list):
        wrong += [
            value for value in values if isinstance(value, dict | list) and not grows_into(value, parsed)
        ]
    return wrong


def _joined(texts: Sequence[str]) -> Iterator[str]:
    """The text as it grew."""
    text = ""
    for piece in texts:
        text += piece
        yield text


def _begins(text: str, final: Sequence[str]) -> bool:
    return any(one.strip().startswith(text.strip()) for one in final)


def _each_begins(texts: Sequence[str], final: Sequence[str]) -> bool:
    """Whether the texts are not pieces but the whole so far, each time."""
    return all(_begins(text, final) for text in texts)


def grows_into(partial: Any, final: Any) -> bool:
    """Whether a value may be what there was of a final one: cut texts, missing items, and nothing else."""
    match partial:
        case None:
            return True
        case str():
            return isinstance(final, str) and final.startswith(partial)
        case Mapping():
            return isinstance(final, Mapping) and all(
                key in final and grows_into(value, final[key]) for key, value in partial.items()
            )
        case list():
            return (
                isinstance(final, list)
                and len(partial) <= len(final)
                and all(grows_into(value, other) for value, other in zip(partial, final, strict=False))
            )
    return json.dumps(partial) == json.dumps(final)
