"""Random and mutated messages for an MCP server, and which of them must be answered. Seeded: always the same.

Knows JSON-RPC and MCP's methods. Knows no process.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

Id = int | str

METHODS = (
    "ping",
    "initialize",
    "tools/list",
    "tools/call",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "completion/complete",
    "logging/setLevel",
    "tasks/get",
    "no/such/method",
    "",
)
NOTIFICATIONS = (
    "notifications/cancelled",
    "notifications/initialized",
    "notifications/progress",
    "notifications/roots/list_changed",
    "notifications/no_such",
)
NAMES = ("list_items", "ask", "tell_joke", "summarize", "no_such_tool", "", "🙂", "items_in_place")
KEYS = (
    "name",
    "arguments",
    "_meta",
    "uri",
    "cursor",
    "level",
    "ref",
    "argument",
    "requestId",
    "progressToken",
    "progress",
    "throughline/stream",
    "task",
    "x",
)
NUMBERS = (0, 1, -1, 2**31, 2**53, 2**63, 2**64, -(2**64), 10**400, 0.5, -0.0, 1e308, 1e-308)
TEXTS = ("", "bedroom", "[[tokens:3]]", "\x00", "\u2028", "\ud83d", "\ude42\ud83d", "a\nb", "é" * 40, "7")
FRAGMENTS = (b"\xff", b"\x00", b"{", b"}", b'"', b"\\u", b",", b"\\", b"\r", b"1e999", b"NaN", b"[" * 50)


def messages(seed: int, count: int) -> Iterator[bytes]:
    """Lines for a server, without their ends; a few of them are empty, some are not JSON."""
    source = Source(seed)
    for number in range(count):
        yield source.line(number)


def ids_to_answer(lines: list[bytes]) -> Counter[Id]:
    """The ids that an answer must come for: what is JSON, with an id and a method, is meant as a request.

    Half surrogate pairs cannot be answered as they came; they come back replaced.
    """
    found: Counter[Id] = Counter()
    for line in lines:
        match parsed(line):
            case {"method": _, "id": int() | str() as number} if not isinstance(number, bool):
                found[mended(number)] += 1
    return found


def parsed(line: bytes) -> Any:
    """A line's JSON; None where it is none."""
    try:
        return json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def mended(number: Id) -> Id:
    """An id as it can come back."""
    if isinstance(number, int):
        return number
    return number.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Source:
    """Makes lines, one after the other."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def line(self, number: int) -> bytes:
        """One line: a request as often as everything else together."""
        roll = self._random.random()
        if roll < 0.5:
            return self._dumped(self._request(number))
        if roll < 0.75:
            return self._broken(self._dumped(self._request(number)))
        if roll < 0.85:
            return self._dumped(self._notification(number))
        if roll < 0.9:
            return self._dumped(self._answer(number))
        return self._dumped(self._value(4)) if roll < 0.97 else self._random.randbytes(30).replace(b"\n", b"")

    def _request(self, number: int) -> dict[str, Any]:
        request = {
            "jsonrpc": "2.0",
            "id": self._random.choice((number, str(number), f"request-{number}")),
            "method": self._random.choice(METHODS),
            "params": self._params(),
        }
        if self._random.random() < 0.3:
            request[self._random.choice((*request, "result", "error"))] = self._value(3)
        if self._random.random() < 0.1:
            del request[self._random.choice(list(request))]
        return request

    def _params(self) -> dict[str, Any]:
        meta = {
            "progressToken": self._random.choice((1, "token", self._value(1))),
            "throughline/stream": self._random.choice(({"version": 1, "streaming": True}, self._value(2))),
        }
        arguments = {"place": "bedroom", "prompt": "[[tokens:3]]", "topic": "cats", "text": "Words."}
        params = {
            "name": self._random.choice(NAMES),
            "arguments": self._random.choice((arguments, self._object(2))),
            "_meta": self._random.choice((meta, self._value(2))),
            "level": self._random.choice(("warning", self._value(1))),
            "protocolVersion": self._random.choice(("2025-11-25", self._value(1))),
            "capabilities": {},
            "clientInfo": {"name": "fuzz", "version": "1"},
            "uri": "test://nothing",
        }
        for key in self._random.sample(list(params), self._random.randrange(3)):
            del params[key]
        return params

    def _notification(self, number: int) -> dict[str, Any]:
        params = {
            "requestId": number - self._random.randrange(5),
            "progressToken": self._value(1),
            "progress": self._value(1),
        }
        method = self._random.choice(NOTIFICATIONS)
        return {
            "jsonrpc": "2.0",
            "method": method,
            "params": self._random.choice((params, params, self._value(2))),
        }

    def _answer(self, number: int) -> dict[str, Any]:
        said = {"result": self._value(2)} if self._random.random() < 0.5 else {"error": self._value(2)}
        return {"jsonrpc": "2.0", "id": self._random.choice((number, str(number), self._value(1))), **said}

    def _object(self, depth: int) -> dict[str, Any]:
        keys = self._random.sample(KEYS, self._random.randrange(4))
        return {key: self._value(depth - 1) for key in keys}

    def _value(self, depth: int) -> Any:
        choices: list[Any] = [None, True, False, self._random.choice(NUMBERS), self._random.choice(TEXTS)]
        if depth > 0:
            choices += [
                self._object(depth),
                [self._value(depth - 1) for _ in range(self._random.randrange(3))],
            ]
        return self._random.choice(choices)

    def _dumped(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=self._random.random() < 0.5).encode("utf-8", "surrogatepass")

    def _broken(self, line: bytes) -> bytes:
        """The same with a few bytes cut out, doubled, swapped or put in."""
        data = bytearray(line)
        for _ in range(self._random.randrange(1, 4)):
            at = self._random.randrange(len(data) + 1)
            to = at + self._random.randrange(12)
            match self._random.randrange(4):
                case 0:
                    del data[at:to]
                case 1:
                    data[at:at] = data[at:to]
                case 2:
                    data[at:at] = self._random.choice(FRAGMENTS)
                case _:
                    data[at : at + 1] = self._random.randbytes(1)
        return bytes(data.replace(b"\n", b" "))
