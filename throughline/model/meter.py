"""Counts what goes by in a forwarded answer, without touching it.

Knows OpenAI's chunks as far as tokens, usage and the finish reason. Refuses to judge: what it cannot read is
passed on by others all the same, and simply not counted.
"""

from __future__ import annotations

import json
from typing import Any

from throughline.model.ask import text_of
from throughline.model.dialects import as_chat
from throughline.model.records import Note


class EventMeter:
    """Reads a stream of server-sent events, in pieces cut anywhere."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """Count the events that are complete with this piece."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        texts: list[str] = []
        for line in lines:
            if line.startswith(b"data:"):
                texts += _read_chunk(line[5:], self._note)
        self._note.produced(texts)

    def close(self) -> None:
        """Nothing follows."""


class BodyMeter:
    """Reads an answer in one piece."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Keep the piece; a body is read when it is complete."""
        self._pieces.append(piece)

    def close(self) -> None:
        """Count the body as one token, where it has text."""
        self._note.produced(_read_chunk(b"".join(self._pieces), self._note))


def _read_chunk(data: bytes, note: Note) -> list[str]:
    """Read a chunk or a whole completion; return its texts and note its end."""
    chunk = _parse(data)
    if isinstance(chunk.get("usage"), dict):
        note.finished(None, usage=True)
    texts: list[str] = []
    for choice in _objects(chunk.get("choices")):
        said = choice.get("delta") or choice.get("message") or {}
        texts.append(text_of(said.get("content")) if isinstance(said, dict) else "")
        if reason := choice.get("finish_reason"):
            note.finished(str(reason), usage=False)
    return texts


def _parse(data: bytes) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return as_chat(chunk) if isinstance(chunk, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
