"""The contract, version 1: events <-> the `_meta` of MCP messages.

A pure encoder and decoder: no bare dict leaves it, nothing in it awaits, and it knows no transport. What a
peer may send wrongly ends in a `WireError`. See `docs/boundary.md` for the contract in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from throughline.errors import SAME_RELEASE, UnsupportedVersion, WireError
from throughline.events import Frame
from throughline.eventwire import read_event, typed, write_event
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
    if type(body.get("version")) is not int or body["version"] != VERSION:
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
    return {FRAME: {"seq": frame.seq, "events": [write_event(event) for event in frame.events]}}


def read_frame(meta: Mapping[str, Any] | None) -> Frame | None:
    """The frame in a progress notification, or None where there is none.

    Raises: WireError where the frame is malformed.
    """
    body = (meta or {}).get(FRAME)
    if body is None:
        return None
    try:
        events = tuple(map(read_event, typed(body["events"], list)))
        return Frame(typed(body["seq"], int), events)
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed("frame", error) from error


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
    """What the server says that it sent, or None where it says nothing. Raises: WireError."""
    body = (meta or {}).get(LEDGER)
    if body is None:
        return None
    try:
        frames, events, tokens, chars = (
            typed(body[name], int) for name in ("frames", "events", "tokens", "chars")
        )
        return Totals(frames, events, tokens, chars, typed(body["digest"], str))
    except (KeyError, TypeError) as error:
        raise _malformed("ledger", error) from error


def read_finish(meta: Mapping[str, Any] | None) -> str | None:
    """Why the call ended, as the server tells it, or None."""
    finish = (meta or {}).get(FINISH)
    return None if finish is None else str(finish)


def _malformed(what: str, error: Exception) -> WireError:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return WireError(f"A {what} is malformed ({reason})", remedy=SAME_RELEASE)
