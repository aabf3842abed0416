"""The law of transparency: what of a path's events must be equal, wherever the tool runs.

Kept: the kind of event, the node or namespace, the name and the ancestors' names of a run, texts (a list of
text blocks is its text), tool calls with their names, arguments and order, every other value handed out.
Left out: ids of runs, messages, tasks and checkpoints, times, metadata, tags, usage, configuration, and ids
that LangChain makes up for blocks of content. The id of a tool call becomes its order of appearance.
By policy the prompts of a tool's inner runs stay where the tool is: `input` of the runs below a tool, and
prompt values, are left out as well.

Pure: values in, tuples out. Knows LangChain's and LangGraph's shapes; knows nothing of placements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.prompt_values import PromptValue
from langgraph.types import Command, Send
from pydantic import BaseModel

if TYPE_CHECKING:
    from client_demo.transparency.seen import Seen

_CALL_TYPES = frozenset({"tool_call", "tool_call_chunk", "invalid_tool_call"})
_TOLD_AS_TEXT = frozenset({"text"}) | _CALL_TYPES
_MADE_UP = re.compile(r"lc_[0-9a-f-]{32,36}")
"""An id as `langchain_core.messages.content.ensure_id` makes it up, anew in every run."""
_TASK_KEYS = ("name", "input", "result", "error", "interrupts")
_CHECKPOINT_KEYS = ("values", "next")


class Event(NamedTuple):
    """One normalised event: what happened, where, to which run, with which value."""

    what: str
    where: tuple[str, ...]
    name: str
    body: Any


def normalise(seen: Iterable[Seen]) -> tuple[Event, ...]:
    """Reduce what a path saw to what the law compares; equal sequences mean an equal stream."""
    reading = Reading()
    return tuple(reading.event(one) for one in seen)


def first_difference(expected: tuple[Event, ...], actual: tuple[Event, ...]) -> str | None:
    """Say where two normalised sequences part, for people; None when they are equal."""
    for n, (one, other) in enumerate(zip(expected, actual, strict=False), start=1):
        if one != other:
            return f"event {n} of {len(expected)}: expected {_short(one)}, got {_short(other)}"
    if len(expected) == len(actual):
        return None
    longer, what = (expected, "is missing") if len(expected) > len(actual) else (actual, "is too much")
    n = min(len(expected), len(actual))
    return f"{len(actual)} events instead of {len(expected)}: {_short(longer[n])} {what}"


def _short(event: Event) -> str:
    text = f"{event.what} {'/'.join(event.where)} {event.name} {event.body!r}"
    return text if len(text) <= 300 else text[:299] + "…"


class CallOrder:
    """Gives each tool call's id the number of its first appearance."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def label(self, call_id: object) -> str | None:
        """Name a call by its number; the continuation pieces of a call carry no id and no label."""
        if not call_id:
            return None
        return f"call {self._numbers.setdefault(str(call_id), len(self._numbers) + 1)}"


class Reading:
    """Reads one path's events in order, remembering run names and tool calls on the way."""

    def __init__(self) -> None:
        self._calls = CallOrder()
        self._names: dict[str, str] = {}
        self._tool_runs: set[str] = set()
        self._readers: dict[str, Callable[[Any], Event]] = {
            "messages": self._messages,
            "tasks": self._tasks,
            "checkpoints": self._checkpoints,
            "debug": self._debug,
            "v2": self._v2,
            "v3": self._v3,
        }

    def event(self, seen: Seen) -> Event:
        """Reduce the next event."""
        if read := self._readers.get(seen.mode):
            return read(seen.raw)
        return Event(seen.mode, (), "", self._plain(seen.raw))

    def _plain(self, value: object) -> Any:
        return plain(value, self._calls)

    def _messages(self, raw: Any) -> Event:
        message, metadata = raw
        return Event("messages", _node(metadata), "", self._plain(message))

    def _tasks(self, raw: Any) -> Event:
        return Event("tasks", (str(raw.get("name")),), "", self._chosen(raw, _TASK_KEYS))

    def _checkpoints(self, raw: Any) -> Event:
        tasks = tuple((task.get("name"), str(task.get("error"))) for task in raw.get("tasks", ()))
        return Event("checkpoints", (), "", (self._chosen(raw, _CHECKPOINT_KEYS), tasks))

    def _debug(self, raw: Any) -> Event:
        inner = self._checkpoints if raw["type"] == "checkpoint" else self._tasks
        event = inner(raw["payload"])
        return Event(f"debug {raw['type']}", event.where, str(raw["step"]), event.body)

    def _chosen(self, raw: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
        return self._plain({key: raw[key] for key in keys if key in raw})

    def _v2(self, raw: Any) -> Event:
        run, parents = raw["run_id"], raw.get("parent_ids", [])
        if (
            raw["event"] != "on_custom_event"
        ):  # which bears the id of the run around it, and a name of its own
            self._names[run] = raw["name"]
        if raw["event"] == "on_tool_start":
            self._tool_runs.add(run)
        where = (*(self._names.get(parent, "?") for parent in parents), *_node(raw.get("metadata", {})))
        data = raw.get("data", {})
        if raw["event"] != "on_custom_event" and not self._tool_runs.isdisjoint(parents):
            data = _without_prompts(data)
        return Event(raw["event"], where, raw["name"], self._plain(data))

    def _v3(self, raw: Any) -> Event:
        params = raw["params"]
        data, where = params["data"], _nodes(params.get("namespace", ()))
        if raw["method"] == "messages":
            data, metadata = data
            where = (*where, *_node(metadata))
        return Event(f"v3 {raw['method']}", where, "", self._v3_body(data, params.get("interrupts", ())))

    def _v3_body(self, data: Any, interrupts: Any) -> Any:
        if not (isinstance(data, Mapping) and isinstance(data.get("event"), str)):
            return self._plain((data, interrupts) if interrupts else data)
        noise = {"id", "metadata", "usage", "response_metadata", "trigger_call_id", "timestamp"}
        kept = {key: value for key, value in data.items() if key not in noise}
        if "namespace" in kept:
            kept["namespace"] = _nodes(kept["namespace"])
        return self._plain(kept)


def _without_prompts(data: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in data.items() if k != "input" and not isinstance(v, PromptValue)}


def plain(value: object, calls: CallOrder) -> Any:
    """Reduce any value to nested tuples that compare by what a caller can read in them."""
    match value:
        case bool():  # which Python takes for a number
            return ("yes",) if value else ("no",)
        case None | int() | float() | bytes():
            return value
        case str():
            return str(value)
        case BaseMessage():
            return _message(value, calls)
        case Mapping():
            return _mapping(value, calls)
        case list() | tuple():  # JSON does not know them apart
            return ("list", *(plain(item, calls) for item in value))
        case set() | frozenset():
            return ("set", *sorted((plain(item, calls) for item in value), key=repr))
        case BaseException():
            return (type(value).__name__, str(value))
    return _object(value, calls)


def _object(value: object, calls: CallOrder) -> Any:
    kind = type(value).__name__
    if isinstance(value, Send):
        return (kind, value.node, plain(value.arg, calls))
    if isinstance(value, Command) or (is_dataclass(value) and not isinstance(value, type)):
        return (kind, *((field.name, plain(getattr(value, field.name), calls)) for field in fields(value)))
    if isinstance(value, BaseModel):
        shown = {name: getattr(value, name) for name in type(value).model_fields if name != "id"}
        return (kind, _mapping(shown, calls))
    return (kind,) if type(value).__repr__ is object.__repr__ else (kind, repr(value))


def _mapping(value: Mapping[Any, Any], calls: CallOrder) -> Any:
    items = []
    for key, item in value.items():
        if key == "tool_call_id" or (key == "id" and value.get("type") in _CALL_TYPES):
            items.append((key, calls.label(item)))
        elif not (key == "id" and (value.get("type") == "text" or _is_made_up(item))):
            items.append((str(key), plain(item, calls)))
    return ("map", *sorted(items, key=lambda pair: str(pair[0])))


def _is_made_up(block_id: object) -> bool:
    return isinstance(block_id, str) and _MADE_UP.fullmatch(block_id) is not None


def _message(message: BaseMessage, calls: CallOrder) -> Any:
    """A message is its type, text, other blocks and tool calls; a tool's result also whose, and how."""
    asked: list[Any] = list(getattr(message, "tool_calls", ())) + list(
        getattr(message, "invalid_tool_calls", ())
    )
    if isinstance(message, AIMessageChunk):
        asked = list(message.tool_call_chunks)
    blocks = message.content if isinstance(message.content, list) else []
    others = [b for b in blocks if not (isinstance(b, str) or b.get("type") in _TOLD_AS_TEXT)]
    told: tuple[Any, ...] = (
        message.type,
        message.name,
        str(message.text),
        plain(others, calls),
        plain(asked, calls),
    )
    if isinstance(message, ToolMessage):
        told += (calls.label(message.tool_call_id), message.status, plain(message.artifact, calls))
    return ("message", *told)


def message_type(body: Any) -> str:
    """The type of the message that an event is about; empty where it is about something else."""
    return str(body[1]) if isinstance(body, tuple) and body[:1] == ("message",) else ""


def _node(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    node = metadata.get("langgraph_node")
    return () if node is None else (str(node),)


def _nodes(namespace: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.partition(":")[0] for part in namespace)
