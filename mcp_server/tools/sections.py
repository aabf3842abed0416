"""Cuts a text into sections of a bounded size, where a reader would.

Pure: at blank lines where it can, else at line ends, sentence ends, blanks, and at last anywhere. Every word
of the text is in exactly one section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ENDS = (r"\n\s*\n", r"\n", r"(?<=[.!?\u3002\uff01\uff1f])\s+", r"\s+")
"""Where a text may be cut, best places first."""


def cut(text: str, *, limit_chars: int) -> list[str]:
    """Return the sections of `text`, none blank and none longer than `limit_chars`."""
    return list(_packed(_pieces(text, limit_chars, 0), limit_chars)) or [text]


def _pieces(text: str, limit_chars: int, level: int) -> Iterator[str]:
    if len(text) <= limit_chars:
        yield text
    elif level == len(_ENDS):
        yield from (text[at : at + limit_chars] for at in range(0, len(text), limit_chars))
    else:
        for piece in _split_after(_ENDS[level], text):
            yield from _pieces(piece, limit_chars, level + 1)


def _split_after(pattern: str, text: str) -> Iterator[str]:
    start = 0
    for end in (match.end() for match in re.finditer(pattern, text)):
        yield text[start:end]
        start = end
    yield text[start:]


def _packed(pieces: Iterator[str], limit_chars: int) -> Iterator[str]:
    section = ""
    for piece in pieces:
        if len(section) + len(piece) > limit_chars and section.strip():
            yield section.strip()
            section = ""
        section += piece
    if section.strip():
        yield section.strip()
