"""The law of transparency where tool calls run side by side.

Between two parallel calls the order of events is chance; within one call it is not. Here the events of a path
are grouped by the tool call that they belong to, so that each group, and what is left beside them, compares.

Knows how each path tells which call an event belongs to; what is equal is decided in `law.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, ToolMessage

from client_demo.transparency.law import CallOrder, Event, normalise

if TYPE_CHECKING:
    from client_demo.transparency.seen import Seen

Groups = tuple[tuple[str, tuple[Event, ...]], ...]


def normalise_by_call(seen: Iterable[Seen], *, tool_nodes: frozenset[str] = frozenset({"tools"})) -> Groups:
    """Normalise, then group by tool call: `((label, events), ...)`, equal where every call's stream is.

    Labels are `""` for the graph's own events and `call 1`, `call 2`, ... in the order in which the calls
    were made. Where a path does not tell the call (v3 tokens, custom values without a tool_call_id), each
    message or value is a group of its own, labelled with its kind. Calls run in `tool_nodes`.
    """
    everything = tuple(seen)
    owners = _Owners(everything, tool_nodes)
    groups: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for one, event in zip(everything, normalise(everything), strict=True):
        groups[owners.of(one)].append(event)
    return tuple(sorted(((label, tuple(events)) for (label, _), events in groups.items()), key=repr))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an event says that it happened: the work it was part of, and the message or value it was."""

    work: str = ""
    piece: str = ""
    kind: str = ""


class _Owners:
    """Finds the call of each event, after a first reading that learns which work served which call."""

    def __init__(self, seen: tuple[Seen, ...], tool_nodes: frozenset[str]) -> None:
        self._order = CallOrder()
        self._tool_nodes = tool_nodes
        self._tool_runs: dict[str, str] = {}
        self._served: defaultdict[str, set[str]] = defaultdict(set)
        for one in seen:
            self._learn(one)

    def of(self, seen: Seen) -> tuple[str, str]:
        """The group of an event: its label, and a key that keeps unlabelled groups apart."""
        place = self._place(seen)
        calls = self._served[place.work] if place.work else _calls_in(seen.raw)
        if len(calls) == 1:
            return str(self._order.label(next(iter(calls)))), ""
        return (place.kind, place.piece) if place.piece else ("", "")

    def _learn(self, seen: Seen) -> None:
        calls = _calls_in(seen.raw)
        for call_id in _all_ids(seen.raw):
            self._order.label(call_id)
        if work := self._place(seen).work:
            self._served[work] |= calls

    def _place(self, seen: Seen) -> _Place:
        match seen.mode:
            case "messages":
                message, metadata = seen.raw
                return self._message(metadata, str(message.id))
            case "custom":
                return _Place("", repr(seen.raw), "custom")
            case "v2":
                return self._v2(seen.raw)
            case "v3":
                return self._v3(seen.raw)
        return _Place()

    def _message(self, metadata: Mapping[str, Any], message_id: str) -> _Place:
        outer = str(metadata.get("langgraph_checkpoint_ns", "")).partition("|")[0]
        node = outer.partition(":")[0]
        return _Place(outer, message_id, node) if node in self._tool_nodes else _Place()

    def _v2(self, raw: Mapping[str, Any]) -> _Place:
        if raw["event"] == "on_tool_start":
            self._tool_runs[raw["run_id"]] = raw["name"]
        for run in (*raw.get("parent_ids", ()), raw["run_id"]):
            if run in self._tool_runs:
                return _Place(run, run, self._tool_runs[run])
        return _Place()

    def _v3(self, raw: Mapping[str, Any]) -> _Place:
        data, namespace = raw["params"]["data"], raw["params"].get("namespace") or ()
        if raw["method"] == "messages":
            return self._message(data[1], str(data[1].get("run_id")))
        if raw["method"] == "lifecycle":
            namespace = data.get("namespace") or ()
        outer = namespace[0] if namespace else ""
        return _Place("", outer, outer.partition(":")[0]) if outer else _Place()


def _calls_in(value: Any) -> set[str]:
    """The calls that a value is about; a whole conversation is about none of them."""
    messages = [one for one in _walk(value) if isinstance(one, BaseMessage)]
    if not all(isinstance(message, ToolMessage) for message in messages):
        return set()
    return {call_id for one in _walk(value) if (call_id := _id_of(one))}


def _all_ids(value: Any) -> Iterator[str]:
    for one in _walk(value):
        if call_id := _id_of(one):
            yield call_id
        for call in getattr(one, "tool_calls", None) or ():
            if isinstance(call, Mapping) and call.get("id"):
                yield str(call["id"])


def _id_of(one: Any) -> str | None:
    if isinstance(one, ToolMessage):
        return one.tool_call_id
    if not isinstance(one, Mapping):
        return None
    found = one.get("tool_call_id") or (one.get("id") if one.get("type") == "tool_call" else None)
    return str(found) if found else None


def _walk(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item)
