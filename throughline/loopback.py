"""An HTTP server on loopback, in a thread and an event loop of its own.

Knows uvicorn and threads. Refuses to know what is served (`Site`). Own thread, because whoever asks may block
its loop or be the thing that is measured.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
KEEP_ALIVE_S = 3600
"""Seconds for which an idle connection is kept: it is its client that closes it."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is served, and how what is under way is ended; both are called in the server's loop."""

    app: ASGIApp
    close: Callable[[], None]


Opening = Callable[[], AbstractAsyncContextManager[Site]]


class Loopback:
    """The thread, and what is said to it from outside. It runs once: `start`, then `stop`.

    Each is there as a coroutine and, with `_now`, for who has no loop. `opening` is entered in the server's
    loop; stopping ends open streams at once.
    """

    def __init__(self, opening: Opening, *, name: str) -> None:
        self._opening = opening
        self._listener = socket.create_server((HOST, 0), backlog=256)
        # asyncio does this only where a socket names its protocol, which one that is accepted here does not.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._address = f"{HOST}:{self._listener.getsockname()[1]}"
        self._server: _Server | None = None
        self._ready: Future[None] = Future()
        self._stop: Future[None] = Future()
        self._done: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def address(self) -> str:
        """Host and port."""
        return self._address

    async def start(self) -> None:
        """Return when connections are accepted; raises what `opening` raises."""
        self._thread.start()
        await asyncio.shield(asyncio.wrap_future(self._ready))

    def start_now(self) -> None:
        """The same, blocking."""
        self._thread.start()
        self._ready.result()

    async def stop(self) -> None:
        """Return when the thread has ended, and with it every connection."""
        self._stop.set_result(None)
        await asyncio.shield(asyncio.wrap_future(self._done))
        self._thread.join()

    def stop_now(self) -> None:
        """The same, blocking."""
        self._stop.set_result(None)
        self._done.result()
        self._thread.join()

    def hang_up(self, client: tuple[str, int]) -> None:
        """Close the connection of a client without another byte; called in the server's loop."""
        assert self._server is not None
        self._server.cut_connections(client)

    def _run(self) -> None:
        try:
            with _quiet(), self._listener:
                asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - not handled here: handed to the thread that waits
            (self._done if self._ready.done() else self._ready).set_exception(error)
        if not self._done.done():
            self._done.set_result(None)

    async def _main(self) -> None:
        async with self._opening() as site:
            config = uvicorn.Config(
                site.app,
                interface="asgi3",
                proxy_headers=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                http="h11",
                ws="none",
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
            )
            self._server = _Server(config, self._listening, site.close)
            await self._server.serve(sockets=[self._listener])

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
            self.cut_connections()
            await asyncio.wait(tasks)
        self.cut_connections()
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # what was cut is told that it is lost

    def cut_connections(self, client: tuple[str, int] | None = None) -> None:
        """Close the connection of one client, or of all."""
        for connection in list(self.server_state.connections):
            if client in (None, connection.transport.get_extra_info("peername")):
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
