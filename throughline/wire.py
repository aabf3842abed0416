"""The contract, version 1: events <-> the `_meta` of MCP messages.

A pure encoder and decoder: no bare dict leaves it, nothing in it awaits, and it knows no transport. What a
peer may send wrongly ends in a `WireError`. See `docs/boundary.md` for the contract in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from throughline.errors import UnsupportedVersion, WireError
from throughline.events import (
    Custom,
    Dispatched,
    Event,
    Frame,
    GraphChunk,
    Partial,
    RunEnd,
    RunError,
    RunStart,
    RunStream,
    Status,
    Tokens,
)
from throughline.ledger import Totals

VERSION = 1
STREAM = "throughline/stream"
FRAME = "throughline/frame"
LEDGER = "throughline/ledger"
FINISH = "throughline/finish"


@dataclass(frozen=True, slots=True)
class GraphContext:
    """Where in the caller's graph the call is made: its namespace, and the modes its subgraphs stream in."""

    ns: str
    modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What a caller asks for.

    `streaming`: a streaming handler listens, so models are asked to stream. `blocks`: it is v3's, so they are
    driven in v3's way. `events`: it is not LangGraph's own, so nodes are streamed as well.
    """

    streaming: bool = False
    blocks: bool = False
    events: bool = False
    graph: GraphContext | None = None
    version: int = VERSION


def write_request(request: StreamRequest) -> dict[str, Any]:
    """The `_meta` entries of a `tools/call` that opts in."""
    body: dict[str, Any] = {"version": request.version, "streaming": request.streaming}
    if request.blocks:
        body["blocks"] = True
    if request.events:
        body["events"] = True
    if request.graph:
        body["graph"] = {"ns": request.graph.ns, "modes": list(request.graph.modes)}
    return {STREAM: body}


def read_request(meta: Mapping[str, Any] | None) -> StreamRequest | None:
    """What the caller asks for, or None where it did not opt in.

    Raises: UnsupportedVersion where it speaks another version; WireError where the entry is not an object.
    """
    body = (meta or {}).get(STREAM)
    if body is None:
        return None
    if not isinstance(body, Mapping):
        raise WireError(f"`{STREAM}` is not an object", remedy=f"send {{'version': {VERSION}}}.")
    if body.get("version") != VERSION:
        raise UnsupportedVersion(asked=body.get("version"), spoken=VERSION)
    graph = body.get("graph")
    return StreamRequest(
        streaming=body.get("streaming") is True,
        blocks=body.get("blocks") is True,
        events=body.get("events") is True,
        graph=GraphContext(str(graph.get("ns", "")), tuple(map(str, graph.get("modes", ()))))
        if isinstance(graph, Mapping)
        else None,
    )


def write_frame(frame: Frame) -> dict[str, Any]:
    """The `_meta` of the progress notification that carries a frame."""
    return {FRAME: {"seq": frame.seq, "events": [_write_event(event) for event in frame.events]}}


def read_frame(meta: Mapping[str, Any] | None) -> Frame | None:
    """The frame in a progress notification, or None where there is none.

    Raises: WireError where the frame is malformed.
    """
    body = (meta or {}).get(FRAME)
    if body is None:
        return None
    try:
        return Frame(seq=int(body["seq"]), events=tuple(map(_read_event, body["events"])))
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(
            f"A frame is malformed ({error!r})",
            remedy="install the same release of throughline on both sides.",
        ) from error


def write_ledger(totals: Totals, *, finish: str) -> dict[str, Any]:
    """The `_meta` of a result: what was sent, and why it ended (`stop`, `error` or `deadline`)."""
    return {
        LEDGER: {
            "frames": totals.frames,
            "events": totals.events,
            "tokens": totals.tokens,
            "chars": totals.chars,
            "digest": totals.digest,
        },
        FINISH: finish,
    }


def read_ledger(meta: Mapping[str, Any] | None) -> Totals | None:
    """What the server says that it sent, or None where it says nothing."""
    body = (meta or {}).get(LEDGER)
    if not isinstance(body, Mapping):
        return None
    frames, events, tokens, chars = (
        int(body.get(name, -1)) for name in ("frames", "events", "tokens", "chars")
    )
    return Totals(frames, events, tokens, chars, str(body.get("digest")))


def read_finish(meta: Mapping[str, Any] | None) -> str | None:
    """Why the call ended, as the server tells it, or None."""
    finish = (meta or {}).get(FINISH)
    return None if finish is None else str(finish)


def _write_event(event: Event) -> dict[str, Any]:
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
        "tags": list(event.tags),
        "metadata": event.metadata,
        "inputs": event.inputs,
        "extra": event.extra,
    }
    return body | {key: value for key, value in optional.items() if value not in (None, [], {})}


def _read_event(body: Mapping[str, Any]) -> Event:
    match body["type"]:
        case "tokens":
            return Tokens(body["run"], tuple(body["texts"]))
        case "start":
            return _read_start(body)
        case "stream":
            return RunStream(body["run"], body["form"], body.get("value"), bool(body.get("pattern")))
        case "end":
            return RunEnd(body["run"], body.get("output"), bool(body["joined"]), bool(body["streamed"]))
        case "error":
            return RunError(body["run"], str(body["error"]), str(body["message"]))
        case "status":
            return Status(str(body["message"]), body.get("progress"), body.get("total"))
        case "partial":
            return Partial(body.get("value"))
        case "custom":
            return Custom(body.get("value"), tuple(body["ns"]))
        case "dispatched":
            return Dispatched(body.get("parent"), str(body["name"]), body.get("value"))
        case "graph":
            return GraphChunk(tuple(body["ns"]), str(body["mode"]), body.get("value"))
        case other:
            raise ValueError(f"unknown event type {other!r}")


def _read_start(body: Mapping[str, Any]) -> RunStart:
    return RunStart(
        run=int(body["run"]),
        parent=body.get("parent"),
        kind=body["kind"],
        name=str(body["name"]),
        id=str(body["id"]),
        run_type=body.get("run_type"),
        tags=tuple(body.get("tags", ())),
        metadata=dict(body.get("metadata", {})),
        inputs=body.get("inputs"),
        extra=dict(body.get("extra", {})),
    )
