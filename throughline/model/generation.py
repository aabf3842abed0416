"""One answer of the engine, carried out of a worker's thread into an event loop, and stopped from there.

Knows threads, loops and the engine's way to be told to stop. Refuses to know what is asked and answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Future, ThreadPoolExecutor

import anyio

from throughline.model.ask import Json
from throughline.model.engine import Engine
from throughline.model.errors import Refused


async def generate(
    engine: Engine, workers: ThreadPoolExecutor, request: Json
) -> AsyncGenerator[list[Json], None]:
    """Yield the engine's chunks as they gather; raise `Refused` where its library fails.

    When this is closed the engine stops at its next chunk, and only then is it closed.
    """
    pipe = _Pipe()
    work = workers.submit(engine.chat, request, pipe.hear)
    work.add_done_callback(pipe.end)
    try:
        while chunks := await pipe.take():
            yield chunks
        if error := work.exception():
            raise _refused(error) from error
    finally:
        pipe.left = True
        if not work.cancel():
            with anyio.CancelScope(shield=True):
                await pipe.ended.wait()


def _refused(error: BaseException) -> Refused:
    """A ValueError is the engine's word for a request that it cannot do: a schema of no known type."""
    if isinstance(error, ValueError):
        return Refused(f"The model cannot do this ({error}).")
    return Refused(str(error), status=500, code="engine_failed")


class _Pipe:
    """Takes chunks in the worker's thread and gives them out in the loop that made it."""

    def __init__(self) -> None:
        self.left = False
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._chunks: list[Json] = []

    def hear(self, chunk: Json) -> bool:
        """Take a chunk; True tells the engine to stop."""
        self._loop.call_soon_threadsafe(self._put, chunk)
        return self.left

    def end(self, _: Future[None]) -> None:
        """Take it that nothing follows."""
        self._loop.call_soon_threadsafe(self._put, None)

    async def take(self) -> list[Json]:
        """Give out what has gathered, as soon as there is any; nothing when it has ended."""
        while not (self._chunks or self.ended.is_set()):
            self._changed.clear()
            await self._changed.wait()
        chunks, self._chunks = self._chunks, []
        return chunks

    def _put(self, chunk: Json | None) -> None:
        if chunk is None:
            self.ended.set()
        else:
            self._chunks.append(chunk)
        self._changed.set()
