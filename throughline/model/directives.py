"""Directives in a prompt to the scripted model: `[[reply:TEXT]]`, `[[tokens:N]]`, `[[call:NAME {...}]]`.

Knows their grammar. A directive inside a call's JSON arguments belongs to whoever gets those arguments, and a
text that is JSON may itself hold brackets, so this is a small parser and not one pattern.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

MOST_TOKENS = 1_000_000

_START = re.compile(r"\[\[(?:reply:|tokens:\s*(?P<count>\d+)\s*\]\]|call:\s*(?P<name>[\w.-]+)\s*)")
_END = re.compile(r"\]\](?!\])")


@dataclass(frozen=True, slots=True)
class Directives:
    """What a prompt asks for in so many words. `calls` are pairs of name and JSON arguments."""

    reply: str | None = None
    calls: tuple[tuple[str, str], ...] = ()


def read_directives(prompt: str) -> Directives:
    """Read all directives; the last reply counts, every call does."""
    reply: str | None = None
    calls: list[tuple[str, str]] = []
    position = 0
    while match := _START.search(prompt, position):
        position = match.end()
        if match["count"] is not None:
            reply = numbered(int(match["count"]))
        elif match["name"] is not None:
            arguments, position = _arguments(prompt, position)
            calls.append((match["name"], arguments))
        else:
            reply, position = _text(prompt, position)
    return Directives(reply=reply, calls=tuple(calls))


def numbered(count: int) -> str:
    """Write that many tokens: t0 t1 t2 and so on."""
    return " ".join(f"t{i}" for i in range(min(count, MOST_TOKENS)))


def _arguments(prompt: str, start: int) -> tuple[str, int]:
    """Read JSON arguments as they are written; what is not JSON is passed on as it is, up to the brackets."""
    if (end := _json_end(prompt, start)) is None:
        text, after = _text(prompt, start)
        return text.strip() or "{}", after
    closing = _END.search(prompt, end)
    return prompt[start:end], closing.end() if closing else len(prompt)


def _text(prompt: str, start: int) -> tuple[str, int]:
    """Read a text up to its closing brackets, or to the end of the prompt."""
    end = _json_end(prompt, start) if prompt[start : start + 1] in ("{", "[") else None
    if end is not None and prompt.startswith("]]", end):
        return prompt[start:end], end + 2
    closing = _END.search(prompt, start)
    return (prompt[start : closing.start()], closing.end()) if closing else (prompt[start:], len(prompt))


def _json_end(prompt: str, start: int) -> int | None:
    try:
        return json.JSONDecoder().raw_decode(prompt, start)[1]
    except (ValueError, RecursionError):
        return None
