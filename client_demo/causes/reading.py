"""Reading evidence: what causes ask of runs and provider requests, in one vocabulary.

Pure. Knows OpenAI's request and answer shapes, and which parts of them say the same in other forms. Decides
nothing.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple, TypeVar

from client_demo.causes.codes import CODES
from client_demo.causes.findings import Exhibit, Finding, Severity, Sure
from client_demo.evidence.data import Evidence, Request, RunEvidence, Sight

T = TypeVar("T")

LOCAL = "local"
V3 = "events:v3"
HOW_ASKED = frozenset({"stream", "stream_options"})
"""How an answer is to come, which is not what is asked."""
EXHIBITS = 6
MODEL_EVENTS = ("messages", "on_chat_model_stream", "v3 messages")


class Spot(NamedTuple):
    """A placement and a path."""

    placement: str
    path: str


class Said(NamedTuple):
    """What an answer says: its text, and the tool calls with their arguments as they came."""

    text: str
    calls: tuple[tuple[str, str], ...]


def once(read: Callable[[Evidence], T]) -> Callable[[Evidence], T]:
    """Read a piece of evidence once, though several causes ask for it; it is told by its identity."""
    known: OrderedDict[int, tuple[Evidence, T]] = OrderedDict()

    @wraps(read)
    def remembered(evidence: Evidence) -> T:
        if id(evidence) not in known:  # which no other evidence can have while this one is held here
            known[id(evidence)] = (evidence, read(evidence))
            if len(known) > 1:
                known.popitem(last=False)
        return known[id(evidence)][1]

    return remembered


def spot(run: RunEvidence) -> Spot:
    """Where a run belongs."""
    return Spot(run.run.cell.placement, run.run.cell.path)


def compared(evidence: Evidence) -> tuple[RunEvidence, ...]:
    """The runs that are compared: no probes, and none that a path cannot make."""
    return tuple(one for one in evidence.runs if not one.probe and one.run.status != "unsupported")


def asked(run: RunEvidence, who: str) -> tuple[Request, ...]:
    """The requests that one side made, in order."""
    mine = [one for one in run.requests if one.who == who]
    return tuple(sorted(mine, key=lambda one: (one.started_s, one.number)))


def complete(request: Request) -> bool:
    """Whether the provider came to the end of its answer."""
    return (
        200 <= request.status < 300 and not request.reader_left and bool(request.answer.get("finish_reason"))
    )


def said(request: Request) -> Said:
    """What the provider answered."""
    calls = _objects(request.answer.get("tool_calls"))
    return Said(text_of(request.answer.get("content")), tuple(_call(one) for one in calls))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; whoever sends something else in its place has sent nothing."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _call(call: Mapping[str, Any]) -> tuple[str, str]:
    function = call.get("function", call)
    function = function if isinstance(function, Mapping) else {}
    return str(function.get("name")), str(function.get("arguments") or function.get("args") or "")


def text_of(content: Any) -> str:
    """The text of a message's content, which may be a list of blocks."""
    if isinstance(content, list | tuple):
        return "".join(text_of(block) for block in content)
    if isinstance(content, Mapping):
        return str(content.get("text") or "")
    return "" if content is None else str(content)


def question(request: Request) -> str:
    """What was asked, so that equal requests are equal texts: without how, and with calls by their order."""
    return dumps(plain_body(request.body))


def plain_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request's body without how its answer is to come, its messages in one form."""
    ids: dict[str, str] = {}
    kept = {key: value for key, value in body.items() if key not in HOW_ASKED}
    return kept | {"messages": [_message(one, ids) for one in _objects(body.get("messages"))]}


def _message(message: Mapping[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    plain = {key: value for key, value in message.items() if key not in ("content", "tool_calls")}
    content = message.get("content")
    blocks = content if isinstance(content, list) else ()
    only_text = all(not isinstance(one, Mapping) or one.get("type") == "text" for one in blocks)
    plain["content"] = text_of(content) if only_text else content
    if "tool_call_id" in plain:
        plain["tool_call_id"] = _label(plain["tool_call_id"], ids)
    if calls := _objects(message.get("tool_calls")):
        plain["tool_calls"] = [
            {
                "id": _label(one.get("id"), ids),
                "name": (told := _call(one))[0],
                "arguments": reformed(told[1]),
            }
            for one in calls
        ]
    return plain


def _label(call_id: object, ids: dict[str, str]) -> str:
    return ids.setdefault(str(call_id), f"call {len(ids) + 1}")


def reformed(arguments: str) -> Any:
    """Arguments as values where they are JSON; else as they came."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def dumps(value: Any) -> str:
    """JSON in one form."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def arguments(run: RunEvidence) -> str:
    """The tool calls of a run with what they were given."""
    return dumps([(one.name, dict(one.args)) for one in run.run.tool_calls])


def results(run: RunEvidence) -> tuple[str, ...]:
    """The texts of the tool calls that went well."""
    return tuple(one.text for one in run.results if one.status != "error")


def failed(run: RunEvidence) -> bool:
    """Whether a tool call of this run came back as an error."""
    return any(one.status == "error" for one in run.results)


def raised(run: RunEvidence) -> bool:
    """Whether the run ended in the middle of a tool call."""
    return run.run.status == "error" and any(one.status == "open" for one in run.run.tool_calls)


def model_sights(run: RunEvidence) -> tuple[Sight, ...]:
    """The tokens of the tool's model that the path showed as a model's, not as reports of the tool."""
    return tuple(
        one for one in run.sights if one.who == "tool" and one.text and one.event.what in MODEL_EVENTS
    )


def shows_models(path: str) -> bool:
    """Whether a path shows the tokens of models wherever they run."""
    return path.startswith("events:") or "messages" in path.partition(":")[2].split("+")


def watches(path: str) -> bool:
    """Whether a path holds a streaming handler, so that models below it are asked to stream."""
    return shows_models(path) or "tools" in path.partition(":")[2].split("+")


def manner(run: RunEvidence) -> tuple[object, ...]:
    """What, beside its turn, may decide how a tool behaves: where it runs, its arguments, and who listens."""
    here, path = spot(run)
    return here, arguments(run), watches(path), path == V3


def counted(count: int, what: str) -> str:
    """A number and what is counted."""
    return f"one {what}" if count == 1 else f"{count} {what}s"


def short(text: object, chars: int = 120) -> str:
    """A text in quotes, cut where it is long, with white space made visible."""
    shown = repr(str(text))
    return shown if len(shown) <= chars else f"{shown[: chars - 4]}...{shown[-1]}"


def exhibit(run: RunEvidence, request: Request, says: object) -> Exhibit:
    """A request as proof."""
    return Exhibit(run.number, f"request {request.number}", str(says))


def some(exhibits: Iterable[Exhibit]) -> tuple[Exhibit, ...]:
    """As many exhibits as a reader can take in, none twice."""
    return tuple(dict.fromkeys(exhibits))[:EXHIBITS]


def finding(
    code: str,
    runs: Sequence[RunEvidence],
    sentence: str,
    *,
    evidence: Iterable[Exhibit],
    sure: Sure = "certain",
    severity: Severity | None = None,
    remedy: str | None = None,
) -> Finding:
    """A finding about these runs, with its code's severity and remedy unless told otherwise."""
    return Finding(
        code=code,
        severity=severity or CODES[code].severity,
        sentence=sentence,
        evidence=some(evidence),
        sure=sure,
        remedy=remedy or CODES[code].remedy,
        placements=tuple(dict.fromkeys(spot(run).placement for run in runs)),
        paths=tuple(dict.fromkeys(spot(run).path for run in runs)),
    )


def each_request(runs: Iterable[RunEvidence]) -> Iterator[tuple[RunEvidence, Request]]:
    """Every request with its run."""
    for run in runs:
        for request in run.requests:
            yield run, request
