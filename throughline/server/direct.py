"""The short way out: from a call straight to the pipe its client reads, past the SDK's models and streams.

Set by the pipe transport for everything that runs below it, asked by whoever sends frames; absent over HTTP
and on the SDK's own transport. A server may put a writer of its own around it for one call, as one that
misbehaves on purpose does. Order holds because a result is only sent once its call's frames are.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

SendLine = Callable[[bytes], Awaitable[None]]

wire: ContextVar[SendLine | None] = ContextVar("throughline_wire", default=None)
"""Writes one line to the client, after all that was written before it."""
unread: ContextVar[Callable[[], int] | None] = ContextVar("throughline_unread", default=None)
"""How many bytes of that the client has not read yet, as far as can be known."""


def encode_notification(method: str, params: dict[str, Any]) -> bytes:
    """A JSON-RPC notification as a line; what JSON cannot carry was mended where `params` were made."""
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
