"""JSON-RPC messages <-> the lines that carry them, for a server that answers whatever was meant as a request.

Pure functions: nothing here waits. Knows mcp's message types, and which faults mcp 1.30 leaves unanswered.
"""

from __future__ import annotations

import json
from typing import Any

from mcp import types
from mcp.shared.message import SessionMessage

from throughline.codec import scrub_json

_SHOWN_CHARS = 80


class InvalidRequest(ValueError):
    """A message with an id and a method that is no JSON-RPC request; mcp 1.30 does not answer such a one."""

    def __init__(self, request_id: types.RequestId) -> None:
        self.request_id = request_id
        super().__init__(f"The request {request_id!r} is not JSON-RPC.")

    def answer(self) -> types.JSONRPCMessage:
        """What its sender, who may wait for it, is told."""
        error = types.ErrorData(code=types.INVALID_REQUEST, message="Invalid request")
        return types.JSONRPCMessage(types.JSONRPCError(jsonrpc="2.0", id=self.request_id, error=error))


def decode_line(line: bytes) -> SessionMessage | Exception:
    """One line of the wire; what is not JSON-RPC comes back as an error that says so in one line."""
    text = line.decode("utf-8", "replace")
    try:
        message = types.JSONRPCMessage.model_validate_json(text)
    except ValueError:
        return _second_look(text)
    if isinstance(message.root, types.JSONRPCError) and "method" in (message.root.model_extra or {}):
        return _second_look(text)  # mcp 1.30 takes a request that has an `error` for an error
    return SessionMessage(message)


def _second_look(text: str) -> SessionMessage | Exception:
    """A line as Python reads it: half surrogate pairs, deep nesting and long numbers included."""
    try:
        value = json.loads(text, parse_int=_number)
        match value:
            case {"method": _, "id": int() | str() as number} if not isinstance(number, bool):
                return _request(value, number)
        return SessionMessage(types.JSONRPCMessage.model_validate(scrub_json(value)))
    except (ValueError, RecursionError):
        return ValueError(f"this line is not JSON-RPC: {text[:_SHOWN_CHARS]!r}")


def _request(value: dict[str, Any], number: types.RequestId) -> SessionMessage | InvalidRequest:
    try:
        return SessionMessage(types.JSONRPCMessage(types.JSONRPCRequest.model_validate(scrub_json(value))))
    except (ValueError, RecursionError):
        return InvalidRequest(scrub_json(number))


def _number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # Python reads no more than 4300 digits
        return float(digits)


def encode_line(message: types.JSONRPCMessage) -> bytes:
    """One message as a line; where a text holds half a surrogate pair, it is mended first."""
    try:
        return message.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n"
    except ValueError:
        mended = scrub_json(message.model_dump(by_alias=True, exclude_none=True, mode="python"))
        return json.dumps(mended, ensure_ascii=False, default=str, separators=(",", ":")).encode() + b"\n"


def is_cancellation(message: SessionMessage | Exception) -> bool:
    """Whether a client takes a request back."""
    if isinstance(message, Exception) or not isinstance(message.message.root, types.JSONRPCNotification):
        return False
    return message.message.root.method == "notifications/cancelled"
