"""An OpenAI-compatible endpoint on loopback, in a thread and an event loop of its own.

Knows where it is, its key and its records. Refuses to know what is answered (`Provider`).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio

from throughline.loopback import Loopback, Site
from throughline.model.answer import Provider
from throughline.model.app import Gate
from throughline.model.records import Records, Snapshot

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
        """What was asked for so far, oldest first; lists of models left out."""
        return self._records.snapshot()

    async def wait_for(self, predicate: Callable[[Snapshot], bool]) -> Snapshot:
        """Return the first snapshot that satisfies `predicate`; asked at each change, from one request on."""
        return await self._records.wait_for(predicate)


@asynccontextmanager
async def serve(opening: Opening) -> AsyncIterator[Endpoint]:
    """Run an endpoint for the length of the context; `opening` is entered in the endpoint's loop.

    Leaving the context ends open streams at once.
    """
    records, api_key = Records(), f"tl-{secrets.token_urlsafe(24)}"

    @asynccontextmanager
    async def site() -> AsyncIterator[Site]:
        async with opening() as provider:
            gate = Gate(provider, api_key=api_key, records=records)
            yield Site(gate.app(), gate.close)

    loopback = Loopback(site, name="throughline-endpoint")
    try:
        await loopback.start()
        yield Endpoint(base_url=f"http://{loopback.address}/v1", api_key=api_key, records=records)
    finally:
        with anyio.CancelScope(shield=True):
            await loopback.stop()
