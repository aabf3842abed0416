"""Events <-> JSON objects: the inner half of the contract, one event at a time.

A pure encoder and decoder. What it reads was written by a peer: everything that our side leans on is checked
for its type here, and nowhere else. Knows no frame and no transport.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args
from uuid import UUID

from throughline.events import (
    Custom,
    Dispatched,
    Event,
    GraphChunk,
    Partial,
    RunEnd,
    RunError,
    RunKind,
    RunStart,
    RunStream,
    Status,
    StreamForm,
    Tokens,
)


def write_event(event: Event) -> dict[str, Any]:
    """One event as a JSON object."""
    match event:
        case Tokens(run, texts):
            return {"type": "tokens", "run": run, "texts": list(texts)}
        case RunStart():
            return _write_start(event)
        case RunStream(run, form, value, pattern):
            body = {"type": "stream", "run": run, "form": form, "value": value}
            return {**body, "pattern": True} if pattern else body
        case RunEnd(run, output, joined, streamed):
            return {"type": "end", "run": run, "output": output, "joined": joined, "streamed": streamed}
        case RunError(run, kind, message):
            return {"type": "error", "run": run, "error": kind, "message": message}
        case Status(message, progress, total):
            return {"type": "status", "message": message, "progress": progress, "total": total}
        case Partial(value):
            return {"type": "partial", "value": value}
        case Custom(value, ns):
            return {"type": "custom", "value": value, "ns": list(ns)}
        case Dispatched(parent, name, value):
            return {"type": "dispatched", "parent": parent, "name": name, "value": value}
        case GraphChunk(ns, mode, value):
            return {"type": "graph", "ns": list(ns), "mode": mode, "value": value}


def _write_start(event: RunStart) -> dict[str, Any]:
    body = {"type": "start", "run": event.run, "parent": event.parent, "kind": event.kind, "name": event.name}
    optional = {
        "id": event.id,
        "run_type": event.run_type,
        "tags": list(event.tags) or None,
        "metadata": event.metadata or None,
        "inputs": event.inputs,
        "extra": event.extra or None,
    }
    return body | {key: value for key, value in optional.items() if value is not None}


def read_event(body: Any) -> Event:
    """The event that a JSON object says. Raises: KeyError, TypeError, ValueError where it says none."""
    match typed(body, dict)["type"]:
        case "tokens":
            return Tokens(typed(body["run"], int), _strings(body["texts"]))
        case "start":
            return _read_start(body)
        case "stream":
            return _read_stream(body)
        case "end":
            run = typed(body["run"], int)
            return RunEnd(run, body.get("output"), bool(body["joined"]), bool(body["streamed"]))
        case "error":
            kind, message = (typed(body[key], str) for key in ("error", "message"))
            return RunError(typed(body["run"], int), kind, message)
        case "status":
            numbers = (typed(body.get(key), int, float, NoneType) for key in ("progress", "total"))
            return Status(typed(body["message"], str), *numbers)
        case "partial":
            return Partial(body.get("value"))
        case "custom":
            return Custom(body.get("value"), _strings(body["ns"]))
        case "dispatched":
            parent, name = typed(body.get("parent"), int, NoneType), typed(body["name"], str)
            return Dispatched(parent, name, body.get("value"))
        case "graph":
            return GraphChunk(_strings(body["ns"]), typed(body["mode"], str), body.get("value"))
        case other:
            raise ValueError(f"{repr(other)[:60]} is not a type of event")


def _read_start(body: Mapping[str, Any]) -> RunStart:
    return RunStart(
        run=typed(body["run"], int),
        parent=typed(body.get("parent"), int, NoneType),
        kind=_one_of(body["kind"], get_args(RunKind)),
        name=typed(body["name"], str),
        id=str(UUID(typed(body["id"], str))),
        run_type=typed(body.get("run_type"), str, NoneType),
        tags=_strings(body.get("tags", [])),
        metadata=typed(body.get("metadata", {}), dict),
        inputs=body.get("inputs"),
        extra=typed(body.get("extra", {}), dict),
    )


def _read_stream(body: Mapping[str, Any]) -> RunStream:
    form, value = _one_of(body["form"], get_args(StreamForm)), body["value"]
    pattern = bool(body.get("pattern"))
    match form:
        case "text":
            typed(value, str)
        case "message":
            _has(value, "content", "class", "fields", "info")
        case "block":
            _has(value)
            if pattern:
                typed(value["delta"], dict)
    return RunStream(typed(body["run"], int), form, value, pattern)


def typed(value: Any, *kinds: type) -> Any:
    """A value of one of these types, which JSON tells apart. Raises: TypeError where it is of another."""
    if type(value) not in kinds:
        belongs = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"a {type(value).__name__} where a {belongs} belongs")
    return value


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(typed(item, str) for item in typed(value, list))


def _one_of(value: Any, known: tuple[Any, ...]) -> Any:
    if typed(value, str) not in known:
        raise ValueError(f"{repr(value)[:60]} is not known")
    return value


def _has(value: Any, *keys: str) -> None:
    fields = typed(value, dict)
    if missing := [key for key in keys if key not in fields]:
        raise KeyError(missing[0])
