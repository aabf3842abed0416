"""One session with a server, spoken by hand: requests, calls with progress tokens, and waiting for news.

Nothing in it waits without a limit, and nothing that a server says raises. Knows MCP's messages; knows no
transport and judges nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count, pairwise
from typing import Any

import anyio

from client_demo.doctor.http import open_http
from client_demo.doctor.process import open_process
from client_demo.doctor.record import Call, Record, brief
from client_demo.doctor.wire import Ending, Message, Wire
from client_demo.servers.target import Target
from throughline import __version__

PROTOCOL = "2025-11-25"
NOT_FOUND = -32601


class Dialogue:
    """One session. `lost` is the reason why it ended, or empty; `echoes` that our own words came back."""

    def __init__(self, record: Record, ids: count[int]) -> None:
        self.record = record
        self.greeting: Message = {}
        self.lost = ""
        self.echoes = False
        self.wire: Wire
        self._ids = ids
        self._answers: dict[Any, Message | None] = {}
        self._calls: dict[int, Call] = {}
        self._news = anyio.Event()
        self._asked: list[Message] = []

    async def greet(self, limit_s: float) -> Message | None:
        """Initialize the session, and return what that was answered with."""
        params = {
            "protocolVersion": PROTOCOL,
            "capabilities": {},
            "clientInfo": {"name": "throughline doctor", "version": __version__},
        }
        answer = await self.ask("initialize", params, limit_s=limit_s)
        if answer is not None and isinstance(answer.get("result"), dict):
            self.greeting = answer["result"]
            await self.tell("notifications/initialized", {})
        return answer

    async def ask(self, method: str, params: Message, *, limit_s: float) -> Message | None:
        """Send a request and return its answer, or None where none came within the limit."""
        number = await self._send(method, params)
        await self.until(lambda: self._answers[number] is not None, limit_s)
        return self._answers[number]

    async def ping(self, limit_s: float) -> float | None:
        """How long a ping takes, or None where it is not answered."""
        began = anyio.current_time()
        answer = await self.ask("ping", {}, limit_s=limit_s)
        return None if answer is None or "result" not in answer else anyio.current_time() - began

    async def tell(self, method: str, params: Message) -> None:
        """Send a notification."""
        await self.wire.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def call(self, tool: str, arguments: Message, meta: Message) -> Call:
        """Begin a call of a tool, with a progress token: a string and a number in turns."""
        number = next(self._ids)
        call = Call(number, f"doctor-{number}" if number % 2 else number, tool, anyio.current_time())
        self._calls[number] = call
        self.record.calls.append(call)
        params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": call.token, **meta}}
        await self._send("tools/call", params, number)
        return call

    async def cancel(self, call: Call, reason: str) -> None:
        """Tell the server that nobody waits for a call any more."""
        call.cancelled = call.cancelled or anyio.current_time()
        await self.tell("notifications/cancelled", {"requestId": call.id, "reason": reason})

    async def until(self, seen: Callable[[], bool], limit_s: float) -> bool:
        """Wait until something has been seen; False where the limit ran out or the session was lost."""
        with anyio.move_on_after(limit_s):
            while not seen() and not self.lost:
                await self._news.wait()
                await self._answer_requests()
        return seen()

    async def end(self) -> Ending:
        """Leave, and say how the server took it."""
        return await self.wire.end()

    def hear(self, message: Message) -> None:
        """Part of `wire.Ears`."""
        if message.get("method") == "initialize":  # which no server asks of a client
            self.echoes = True
            self.lose("it sent back what it was sent")
        elif "method" in message and "id" in message:
            self._asked.append(message)
        elif message.get("method") == "notifications/progress":
            self._progress(message.get("params"))
        elif "method" not in message:
            self._answered(message)
        self._news.set()
        self._news = anyio.Event()

    def noise(self, line: str) -> None:
        """Part of `wire.Ears`."""
        self.record.noise.append(line)

    def lose(self, reason: str) -> None:
        """Part of `wire.Ears`."""
        self.lost = self.lost or reason
        self._news.set()

    async def _send(self, method: str, params: Message, number: int | None = None) -> int:
        number = next(self._ids) if number is None else number
        self._answers[number] = None
        await self.wire.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def _answered(self, message: Message) -> None:
        number = message.get("id")
        if not isinstance(number, int) or number not in self._answers:
            if number is not None:  # null is how JSON-RPC answers what could not be read
                self.record.strays.append(f"an answer to request {number!r}, which nobody made")
        elif self._answers[number] is not None:
            self.record.strays.append(f"a second answer to request {number}")
        else:
            self._answers[number] = message
            if (call := self._calls.get(number)) is not None:
                call.answer, call.ended = message, anyio.current_time()

    def _progress(self, params: Any) -> None:
        params = params if isinstance(params, dict) else {}
        token = params.get("progressToken")
        for call in self._calls.values():
            if type(call.token) is type(token) and call.token == token:
                (call.progress if call.ended is None else call.late).append((anyio.current_time(), params))
                return
        said = brief(str(params.get("message") or ""))
        self.record.strays.append(f"progress under the token {token!r}, which no call has {said}".rstrip())

    async def _answer_requests(self) -> None:
        """Answer what the server asks of us: a ping, and nothing else."""
        while self._asked:
            asked = self._asked.pop(0)
            error = {"code": NOT_FOUND, "message": "The doctor offers nothing but ping."}
            answer = {"result": {}} if asked["method"] == "ping" else {"error": error}
            await self.wire.send({"jsonrpc": "2.0", "id": asked["id"], **answer})


@asynccontextmanager
async def open_dialogue(target: Target, record: Record, ids: count[int]) -> AsyncIterator[Dialogue]:
    """Open a session that has not been greeted yet; where the server cannot be started it is lost already."""
    dialogue = Dialogue(record, ids)
    async with AsyncExitStack() as stack:
        try:
            wire = open_http(target, dialogue) if target.url else open_process(target, dialogue)
            dialogue.wire = await stack.enter_async_context(wire)
        except OSError as error:
            dialogue.lose(error.strerror or str(error))
        yield dialogue


def silence_s(call: Call, now: float) -> float:
    """The longest time in which a call gave no sign of life."""
    times = [call.began, *(t for t, _ in call.progress), call.ended if call.ended is not None else now]
    return max(after - before for before, after in pairwise(times))
