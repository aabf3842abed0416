"""An OpenAI-compatible endpoint on loopback, in a thread and an event loop of its own.

Knows uvicorn and threads. Refuses to know what is answered (`Provider`). Own thread, because whoever asks may
block its loop (`invoke`) or be the thing that is measured.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress

import anyio
import uvicorn

from throughline.model.answer import Provider
from throughline.model.app import Gate
from throughline.model.records import Records, Snapshot

HOST = "127.0.0.1"
Opening = Callable[[], AbstractAsyncContextManager[Provider]]


class Endpoint:
    """What a user of a running endpoint sees: where it is, its key, and what it was asked."""

    def __init__(self, *, base_url: str, api_key: str, records: Records) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self._records = records

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r})"

    @property
    def requests(self) -> Snapshot:
        """The chat completions asked for so far, oldest first."""
        return self._records.snapshot()

    async def wait_for(self, predicate: Callable[[Snapshot], bool]) -> Snapshot:
        """Return the first snapshot that satisfies `predicate`; asked at each change, from one request on."""
        return await self._records.wait_for(predicate)


@asynccontextmanager
async def serve(opening: Opening) -> AsyncIterator[Endpoint]:
    """Run an endpoint for the length of the context; `opening` is entered in the endpoint's loop.

    Leaving the context ends open streams at once.
    """
    host = _Host(opening)
    try:
        yield await host.start()
    finally:
        with anyio.CancelScope(shield=True):
            await host.stop()


class _Host:
    """The thread and what is said to it from outside."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._records = Records()
        self._api_key = f"tl-{secrets.token_urlsafe(24)}"
        self._listener = socket.create_server((HOST, 0), backlog=256)
        self._ready: Future[None] = Future()
        self._stop: Future[None] = Future()
        self._done: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="throughline-endpoint", daemon=True)

    async def start(self) -> Endpoint:
        """Return when the endpoint accepts connections."""
        port = self._listener.getsockname()[1]
        self._thread.start()
        await asyncio.shield(asyncio.wrap_future(self._ready))
        return Endpoint(base_url=f"http://{HOST}:{port}/v1", api_key=self._api_key, records=self._records)

    async def stop(self) -> None:
        """Return when the thread has ended, and with it every connection."""
        self._stop.set_result(None)
        await asyncio.shield(asyncio.wrap_future(self._done))
        self._thread.join()

    def _run(self) -> None:
        try:
            with _quiet(), self._listener:
                asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - not handled here: handed to the thread that waits
            (self._done if self._ready.done() else self._ready).set_exception(error)
        if not self._done.done():
            self._done.set_result(None)

    async def _main(self) -> None:
        async with self._opening() as provider:
            gate = Gate(provider, api_key=self._api_key, records=self._records)
            config = uvicorn.Config(
                gate.app(), lifespan="off", log_config=None, access_log=False, http="h11", ws="none"
            )
            await _Server(config, self._listening, gate.close).serve(sockets=[self._listener])

    async def _listening(self) -> None:
        self._ready.set_result(None)
        await asyncio.wrap_future(self._stop)


class _Server(uvicorn.Server):
    """uvicorn without its ticking: it stops when told, not at the next tenth of a second."""

    def __init__(
        self, config: uvicorn.Config, listening: Callable[[], Awaitable[None]], closing: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._listening = listening
        self._closing = closing

    async def main_loop(self) -> None:
        await self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody else, end what is under way, and only then close.

        Python 3.11's asyncio leaks a connection whose acceptance is a task when its server closes
        (test_endpoint knows when), so all tasks of this loop are waited for first.
        """
        for listener in sockets or ():
            with suppress(NotImplementedError):  # a Windows loop accepts without a reader
                asyncio.get_running_loop().remove_reader(listener)
        self._closing()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            self._cut_connections()
            await asyncio.wait(tasks)
        self._cut_connections()
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # what was cut is told that it is lost

    def _cut_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep uvicorn's chatter about this thread's server out of the program's log.

    A connection that is closed on purpose in mid-answer is no error here, and this server's coming and going
    is nobody's business; what goes wrong inside it is still logged.
    """
    thread = threading.get_ident()

    def passes(record: logging.LogRecord) -> bool:
        return record.thread != thread or record.exc_info is not None

    logger = logging.getLogger("uvicorn.error")
    logger.addFilter(passes)
    try:
        yield
    finally:
        logger.removeFilter(passes)
