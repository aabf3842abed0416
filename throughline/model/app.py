"""The endpoint's HTTP: its routes, the key, and errors in OpenAI's shape.

Everything is there three times: under `/v1`, and under `/agent/v1` and `/tool/v1` for those who send no
header that says who asks.

Knows Starlette. Refuses to know who answers (`Provider`) and which thread it runs in.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from throughline.model.answer import Incoming, Provider
from throughline.model.ask import Json
from throughline.model.chat import WHO_HEADER
from throughline.model.encode import error_body
from throughline.model.errors import Refused
from throughline.model.exchange import Exchange
from throughline.model.records import COMPLETIONS, Note, Records
from throughline.model.settings import SIDES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Gate:
    """Lets in who has the key, and shows everybody out when the endpoint stops."""

    def __init__(self, provider: Provider, *, api_key: str, records: Records) -> None:
        self._provider = provider
        self._expected = f"Bearer {api_key}".encode()
        self._records = records
        self._under_way: set[Exchange] = set()

    def app(self) -> Starlette:
        """Build the routes; Starlette takes an object that is no function for an ASGI app."""
        return Starlette(
            routes=[route for side in ("", *SIDES) for route in self._routes(side)],
            exception_handlers={HTTPException: _no_such_route, Refused: _refusal},
        )

    def _routes(self, side: str) -> list[Route]:
        return [
            Route(f"{side}/v1/models", _Raw(self._models), methods=["GET"]),
            Route(f"{side}/v1{COMPLETIONS}", _Raw(self._complete), methods=["POST"]),
            Route(f"{side}/v1/{{rest:path}}", _Raw(self._other)),
        ]

    def close(self) -> None:
        """End what is under way; called in the endpoint's loop."""
        for exchange in self._under_way:
            exchange.stop()

    async def _models(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._check_key(request := Request(scope, receive))
        incoming = _incoming(request, b"", {})
        aside = Records().open(who=_who(request), body={})  # the records are about completions
        with self._running(receive, send, aside) as exchange:
            await exchange.run(self._provider.models(incoming))

    async def _complete(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._check_key(request := Request(scope, receive))
        with suppress(ClientDisconnect):
            raw = await request.body()
            incoming = _incoming(request, raw, _parse(raw))
            note = self._records.open(who=_who(request), body=incoming.body)
            with self._running(receive, send, note) as exchange:
                await exchange.run(self._provider.complete(incoming, note))

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is no chat completion is only passed on, where there is somebody to pass it on to."""
        self._check_key(request := Request(scope, receive))
        with suppress(ClientDisconnect):
            raw = await request.body()
            incoming = _incoming(request, raw, _object(raw))
            path = incoming.path.partition("?")[0]
            note = self._records.open(
                who=_who(request), body=incoming.body, method=incoming.method, path=path
            )
            with self._running(receive, send, note) as exchange:
                await exchange.run(self._provider.other(incoming, note))

    def _check_key(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(given, self._expected):
            raise Refused("Incorrect API key provided.", status=401, code="invalid_api_key")

    @contextmanager
    def _running(self, receive: Receive, send: Send, note: Note) -> Iterator[Exchange]:
        exchange = Exchange(receive, send, note)
        self._under_way.add(exchange)
        try:
            yield exchange
        finally:
            self._under_way.discard(exchange)


class _Raw:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _who(request: Request) -> str:
    """Who asks: by the header, where there is one, or by the side whose path it is."""
    known = (request.headers.get(WHO_HEADER, ""), request.url.path.split("/")[1])
    return next((who for who in known if who in ("agent", "tool")), "unknown")


def _incoming(request: Request, raw: bytes, body: Json) -> Incoming:
    after = request.scope["raw_path"].decode("ascii").partition("/v1")[2]
    query = f"?{request.url.query}" if request.url.query else ""
    return Incoming(tuple(request.headers.raw), raw, body, request.method, after + query)


def _object(raw: bytes) -> Json:
    """A body as JSON where it is such; what it must be is for others to say."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _parse(raw: bytes) -> Json:
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(f"We could not parse the JSON body of your request ({error}).") from error
    if not isinstance(body, dict):
        raise Refused("The body of the request must be a JSON object.")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


async def _refusal(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return JSONResponse(error_body(refused), status_code=refused.status, headers={"connection": "close"})


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"Invalid URL ({request.method} {request.url.path})."
    return await _refusal(request, Refused(message, status=error.status_code, code="unknown_url"))
