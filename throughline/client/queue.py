"""A way to one of the SDK's transports on which nobody waits: what a caller leaves behind is sent as well.

Knows messages and the order they need: a cancellation goes behind its request, also where each travels on its
own. Knows no transport.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import types
from mcp.shared.message import SessionMessage

TAKE_S = 1.0
"""Seconds that a cancellation waits for the server to take its request; not every server says that it has."""
CANCELLED = "notifications/cancelled"

Send = Callable[[dict[str, Any]], None]


class Taken:
    """Which requests are on their way, and which the server has taken."""

    def __init__(self) -> None:
        self._under_way: dict[types.RequestId, anyio.Event] = {}

    def expect(self, number: types.RequestId) -> None:
        """A request is about to be sent."""
        self._under_way[number] = anyio.Event()

    def took(self, number: types.RequestId) -> None:
        """The server has it, or will never have it."""
        if (event := self._under_way.pop(number, None)) is not None:
            event.set()

    async def wait(self, number: types.RequestId) -> None:
        """Return once the server has taken a request, in `TAKE_S` at the latest."""
        with anyio.move_on_after(TAKE_S):
            if (event := self._under_way.get(number)) is not None:
                await event.wait()


@asynccontextmanager
async def queue(
    write: MemoryObjectSendStream[SessionMessage], taken: Taken | None = None
) -> AsyncIterator[Send]:
    """A function that sends a message after those before it, and raises BrokenResourceError where it cannot.

    `taken` is there where requests travel side by side.
    """
    queued, to_send = anyio.create_memory_object_stream[dict[str, Any]](float("inf"))
    with queued, to_send:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_forward, to_send, write, taken, tasks)
            yield queued.send_nowait
            tasks.cancel_scope.cancel()


async def _forward(
    to_send: MemoryObjectReceiveStream[dict[str, Any]],
    write: MemoryObjectSendStream[SessionMessage],
    taken: Taken | None,
    tasks: TaskGroup,
) -> None:
    async for message in to_send:
        if taken is not None and message.get("method") == CANCELLED:
            tasks.start_soon(_cancel, message, write, taken)
            continue
        if taken is not None and "id" in message:
            taken.expect(message["id"])
        if not await _written(message, write):
            to_send.close()
            return


async def _cancel(
    message: dict[str, Any], write: MemoryObjectSendStream[SessionMessage], taken: Taken
) -> None:
    await taken.wait(message["params"]["requestId"])
    await _written(message, write)


async def _written(message: dict[str, Any], write: MemoryObjectSendStream[SessionMessage]) -> bool:
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        await write.send(SessionMessage(types.JSONRPCMessage.model_validate(message)))
        return True
    return False
