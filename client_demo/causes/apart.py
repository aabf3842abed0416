"""Takes texts apart that change in one place: what changes, with what belongs to it, and what stays.

Pure. What belongs to a change is its bracket, else its sentence: in ` (call 7) [checked]` and
` (call 8) [checked]` it is ` (call 7)`, and ` [checked]` stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPEN, _CLOSE = "([{", ")]}"
_ENDS = re.compile(r"[.!?;\n]")


def constant_part(texts: Sequence[str], like: str) -> str | None:
    """What of `like` is the same in all texts, without what belongs to the change.

    None where `like` is not of the texts' kind. `texts` are at least two different ones.
    """
    head = common_start(texts)
    tail = common_start([text[len(head) :][::-1] for text in texts])[::-1]
    if not (like.startswith(head) and like.endswith(tail) and len(like) >= len(head) + len(tail)):
        return None
    return _before(head) + _behind(tail)


def common_start(texts: Sequence[str]) -> str:
    """The characters with which all of these texts begin."""
    least, most = min(texts), max(texts)
    parted = (n for n, letter in enumerate(least) if letter != most[n])
    return least[: next(parted, len(least))]


def _before(head: str) -> str:
    """The text before a change without the open bracket, or the sentence, that the change is in."""
    depth = 0
    for at in range(len(head) - 1, -1, -1):
        if head[at] in _CLOSE:
            depth += 1
        elif head[at] in _OPEN:
            if depth == 0:
                return head[:at]
            depth -= 1
    ends = [found.end() for found in _ENDS.finditer(head)]
    return head[: ends[-1]] if ends else ""


def _behind(tail: str) -> str:
    """The text behind a change without the rest of its bracket, or of its sentence."""
    depth = 0
    for at, letter in enumerate(tail):
        if letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            if depth == 0:
                return tail[at + 1 :]
            depth -= 1
    end = _ENDS.search(tail)
    return tail[end.end() :] if end else ""
