"""MCP messages in HTTP bodies, read while they pass: JSON in one piece, and the events of a stream.

Pure but for the clock. Knows content types and compressions; refuses to know requests, and holds back no
event.
"""

from __future__ import annotations

import json
import re
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from client_demo.evidence.data import Direction, Message
from client_demo.taps.log import messages

READABLE = ("gzip", "x-gzip", "deflate", "identity")
"""The compressions that can be read here."""
_EITHER = 47  # zlib's word for: gzip or zlib, see what it begins with
_END = re.compile(rb"\r\n|\r|\n")
Item = TypeVar("Item")


class HttpLog:
    """What has passed; written in the tap's thread, drained in another. `t` is `time.monotonic()`."""

    transport = "http"

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._types: deque[tuple[float, str]] = deque()

    def note(self, direction: Direction, data: bytes) -> None:
        """Note the messages of a body or of an event, now."""
        told = {"t": time.monotonic(), "direction": direction, "text": data.decode("utf-8", "replace")}
        self._messages.extend(messages(told))

    def note_type(self, content_type: str) -> None:
        """Note in which form a call of a tool is answered, now."""
        self._types.append((time.monotonic(), content_type))

    def drain(self) -> list[Message]:
        """The messages that have passed since the last time."""
        return list(_taken(self._messages))

    def drain_types(self) -> list[tuple[float, str]]:
        """The forms of answers since the last time, and when they began."""
        return list(_taken(self._types))


def _taken(items: deque[Item]) -> Iterator[Item]:
    while items:
        yield items.popleft()


class Reader(Protocol):
    """Reads a body in pieces cut anywhere; what it returns is what may go on now."""

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece."""

    def close(self) -> bytes:
        """There is no more."""


class Unread:
    """Passes everything."""

    def feed(self, piece: bytes) -> bytes:
        """Return the piece."""
        return piece

    def close(self) -> bytes:
        """Nothing was kept."""
        return b""


class BodyReader:
    """Reads JSON: keeps the last piece until the whole is noted, without which nobody can read it anyway."""

    def __init__(self, decode: Callable[[bytes], bytes], note: Callable[[bytes], None]) -> None:
        self._decode = decode
        self._note = note
        self._body: list[bytes] = []
        self._kept = b""

    def feed(self, piece: bytes) -> bytes:
        """Return the piece before."""
        self._body.append(self._decode(piece))
        passes, self._kept = self._kept, piece
        return passes

    def close(self) -> bytes:
        """Return the last piece."""
        if body := b"".join(self._body):
            self._note(body)
        return self._kept


class EventReader:
    """Reads server-sent events: each is noted with the piece that completes it. Holds nothing back."""

    def __init__(self, decode: Callable[[bytes], bytes], note: Callable[[bytes], None]) -> None:
        self._decode = decode
        self._note = note
        self._rest = b""
        self._data: list[bytes] = []
        self._after_cr = False

    def feed(self, piece: bytes) -> bytes:
        """Return the piece."""
        text = self._decode(piece)
        if self._after_cr and text:
            text, self._after_cr = text.removeprefix(b"\n"), False
        *lines, self._rest = _END.split(self._rest + text)
        self._after_cr = self._after_cr or text.endswith(b"\r")
        for line in lines:
            self._take(line)
        return piece

    def close(self) -> bytes:
        """An event without its end is none."""
        return b""

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif not line and self._data:
            if any(self._data):  # an event without is where a stream may be taken up again
                self._note(b"\n".join(self._data))
            self._data = []


def reader_of(content_type: str, encoding: str, note: Callable[[bytes], None]) -> Reader:
    """Who reads a body of this type."""
    decode = _decoder(encoding.strip().lower())
    match content_type.partition(";")[0].strip().lower():
        case "text/event-stream":
            return EventReader(decode, note)
        case "application/json":
            return BodyReader(decode, note)
    return Unread()


def _decoder(encoding: str) -> Callable[[bytes], bytes]:
    if encoding in ("", "identity"):
        return lambda piece: piece
    unzip = zlib.decompressobj(_EITHER)

    def decode(piece: bytes) -> bytes:
        try:
            return unzip.decompress(piece)
        except zlib.error:  # whoever reads it will say so; here it is only not noted
            return b""

    return decode


def calls_a_tool(data: bytes) -> bool:
    """Whether a request's body is a call of a tool, or has one."""
    if b"tools/call" not in data:
        return False
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return any(
        isinstance(one, dict) and one.get("method") == "tools/call"
        for one in (body if isinstance(body, list) else [body])
    )
