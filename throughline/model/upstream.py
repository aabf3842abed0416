"""The user's own endpoint, passed through byte for byte and watched.

Knows HTTP's end-to-end headers and just enough of OpenAI's stream to count tokens. Changes nothing but the
key: the one it gets opens only this loopback endpoint, the one it holds is sent upstream and nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx

from throughline.model.answer import Answer, Headers, Incoming
from throughline.model.chat import WHO_HEADER
from throughline.model.encode import HangUp
from throughline.model.errors import Refused
from throughline.model.meter import BodyMeter, EventMeter
from throughline.model.records import Note
from throughline.model.settings import ModelSettings
from throughline.urls import is_loopback, without_login

UNREACHABLE = "upstream_unreachable"
CONNECT_S = 10.0
SILENCE_S = 600.0

# Headers that belong to one connection (RFC 9110, 7.6.1), and those that are written anew for the next one.
_HOP = {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer"}
_HOP |= {b"transfer-encoding", b"upgrade"}
_ANEW = {b"host", b"content-length", b"authorization", b"accept-encoding", WHO_HEADER.lower().encode()}


class Upstream:
    """Forwards to one base URL with one client."""

    def __init__(self, client: httpx.AsyncClient, settings: ModelSettings) -> None:
        self._client = client
        self._settings = settings

    @asynccontextmanager
    async def models(self, incoming: Incoming) -> AsyncIterator[Answer]:
        """Pass the list of models on."""
        async with self._forward(incoming) as response:
            yield _answer(response, _pieces(response))

    @asynccontextmanager
    async def complete(self, incoming: Incoming, note: Note) -> AsyncIterator[Answer]:
        """Pass a request on, counting what goes by."""
        async with self._forward(incoming) as response:
            yield _answer(response, _watched(response, note))

    other = complete

    @asynccontextmanager
    async def _forward(self, incoming: Incoming) -> AsyncIterator[httpx.Response]:
        url = f"{self._settings.base_url}{incoming.path}"
        headers = [*_end_to_end(incoming.headers, _HOP | _ANEW), *self._own_headers()]
        request = self._client.build_request(
            incoming.method, url, headers=headers, content=incoming.raw or None
        )
        try:
            response = await self._client.send(request, stream=True)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise _unreachable(self._settings.base_url, error) from error
        try:
            yield response
        finally:
            await response.aclose()

    def _own_headers(self) -> Headers:
        """The key, and no compression: what goes by has to be read."""
        key = f"Bearer {self._settings.api_key}".encode()
        return ((b"authorization", key), (b"accept-encoding", b"identity"))


@asynccontextmanager
async def forwarding(settings: ModelSettings) -> AsyncIterator[Upstream]:
    """Open the way to the user's endpoint; a proxy that the environment names is for the world outside."""
    outside = not is_loopback(settings.base_url)
    async with httpx.AsyncClient(
        timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S),
        limits=httpx.Limits(max_connections=None),
        follow_redirects=True,
        trust_env=outside,
        verify=outside,
    ) as client:
        yield Upstream(client, settings)


def _answer(response: httpx.Response, pieces: AsyncGenerator[bytes, None]) -> Answer:
    return Answer(response.status_code, _end_to_end(tuple(response.headers.raw), _HOP), pieces)


def _end_to_end(headers: Headers, dropped: set[bytes]) -> Headers:
    return tuple((name.lower(), value) for name, value in headers if name.lower() not in dropped)


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Hand the bytes on as they come; a connection that breaks off there breaks off here as well."""
    try:
        async for piece in response.aiter_raw():
            yield piece
    except httpx.TransportError as error:
        raise HangUp from error


async def _watched(response: httpx.Response, note: Note) -> AsyncGenerator[bytes, None]:
    """Count what goes by."""
    is_stream = "event-stream" in response.headers.get("content-type", "")
    meter = EventMeter(note) if is_stream else BodyMeter(note)
    async with aclosing(_pieces(response)) as pieces:
        async for piece in pieces:
            meter.feed(piece)
            yield piece
    meter.close()


def _unreachable(base_url: str, error: Exception) -> Refused:
    reason = str(error) or type(error).__name__
    told = f"The model endpoint {without_login(base_url)} is not reachable ({reason})."
    return Refused(told, status=502, code=UNREACHABLE)
