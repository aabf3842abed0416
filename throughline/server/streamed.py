"""A tool body -> a FastMCP tool that streams: the five lines that a server author adds.

    @mcp.tool(structured_output=False)
    @streamed
    async def joke(topic: str, reporter: Reporter) -> str: ...

The only file on the server's side that names mcp's types. The body is a plain async function of its arguments
and, if it wants one, a `Reporter`; the callers' wishes (frames, status messages, silence) are met around it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, get_type_hints

import anyio
from mcp import types
from mcp.server.fastmcp import Context
from mcp.shared.exceptions import McpError

from throughline.codec import encode, scrub, scrub_json
from throughline.errors import WireError
from throughline.events import Frame, Partial, Status
from throughline.reporter import Reporter
from throughline.server.body import run_body
from throughline.server.emitter import Emitter
from throughline.server.status import Progress, StatusReporter, words
from throughline.wire import StreamRequest, read_request, write_frame, write_ledger

Body = Callable[..., Awaitable[Any]]
AnyContext = Context[Any, Any, Any]


class SilentReporter:
    """For a caller that asked for nothing."""

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """Nobody asked."""

    async def partial(self, value: Any) -> None:
        """Nobody asked."""


class FrameReporter:
    """For a caller that opted in: status and partial values travel as events, in order with the tokens."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        """A status event, behind the tokens that came before it."""
        self._emitter.put(Status(words(scrub(message)), progress, total))
        await self._emitter.breathe()

    async def partial(self, value: Any) -> None:
        """A partial event, behind the tokens that came before it."""
        self._emitter.put(Partial(encode(value)))
        await self._emitter.breathe()


def streamed(body: Body, *, send_prompts: bool = False) -> Callable[..., Awaitable[types.CallToolResult]]:
    """Wrap a tool body for `FastMCP.tool`; register it with `structured_output=False`.

    The wrapper's schema is that of the body without `reporter`. What the body returns becomes one text: a
    `str` as it is, anything else as compact JSON, as LangChain does in-process. What it raises becomes an
    `isError` result. `send_prompts` lets what goes into models leave the server; otherwise only its shape
    does.
    """

    async def tool(*, ctx: AnyContext, **arguments: Any) -> types.CallToolResult:
        return await _serve(partial(body, **arguments), ctx, wants_reporter, send_prompts)

    hints = get_type_hints(body, include_extras=True)
    signature = inspect.signature(body)
    wants_reporter = "reporter" in signature.parameters
    parameters = [
        parameter.replace(annotation=hints.get(name, Any), kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
        if name != "reporter"
    ]
    parameters.append(inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=AnyContext))
    tool.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=types.CallToolResult
    )
    tool.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    tool.__name__, tool.__doc__, tool.__module__ = body.__name__, body.__doc__, body.__module__
    return tool


async def _serve(
    call: Body, ctx: AnyContext, wants_reporter: bool, send_prompts: bool
) -> types.CallToolResult:
    meta = ctx.request_context.meta
    try:
        request = read_request(meta.model_extra if meta else None)
    except WireError as error:
        return _failed(str(error))
    token = meta.progressToken if meta else None
    if token is None:
        return await _result(call, SilentReporter() if wants_reporter else None)
    if request is None:
        async with _told(ctx, token) as reporter:
            return await _result(call, reporter if wants_reporter else None)
    return await _framed(call, ctx, token, request, wants_reporter=wants_reporter, send_prompts=send_prompts)


async def _framed(
    call: Body,
    ctx: AnyContext,
    token: types.ProgressToken,
    request: StreamRequest,
    *,
    wants_reporter: bool,
    send_prompts: bool,
) -> types.CallToolResult:
    from throughline.server.graph import body_config

    async with _emitting(ctx, token) as emitter:
        config = body_config(emitter, request, send_prompts=send_prompts)
        result = await _result(call, FrameReporter(emitter) if wants_reporter else None, config)
    ledger = write_ledger(emitter.totals(), finish="error" if result.isError else "stop")
    return types.CallToolResult(content=result.content, isError=result.isError, _meta=ledger)


@asynccontextmanager
async def _emitting(ctx: AnyContext, token: types.ProgressToken) -> AsyncIterator[Emitter]:
    progress = Progress()

    async def send(frame: Frame) -> None:
        status = next((event for event in reversed(frame.events) if isinstance(event, Status)), None)
        said = None if status is None else status.progress
        numbers = progress.step() if status is None or said is None else progress.reach(said, status.total)
        message = f"{emitter.totals().tokens} tokens" if status is None else status.message
        await _notify(ctx, token, *numbers, message, write_frame(frame))

    emitter = Emitter(send)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(emitter.run)
        yield emitter
        emitter.close()


@asynccontextmanager
async def _told(ctx: AnyContext, token: types.ProgressToken) -> AsyncIterator[StatusReporter]:
    reporter = StatusReporter(partial(_notify, ctx, token))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reporter.run)
        yield reporter
        reporter.close()


async def _notify(
    ctx: AnyContext,
    token: types.ProgressToken,
    progress: float,
    total: float | None,
    message: str,
    meta: dict[str, Any] | None = None,
) -> None:
    params: dict[str, Any] = {
        "progressToken": token,
        "progress": progress,
        "total": total,
        "message": message,
    }
    if meta is not None:
        params["_meta"] = meta
    notification = types.ProgressNotification(params=types.ProgressNotificationParams(**params))
    await ctx.session.send_notification(types.ServerNotification(notification), ctx.request_id)


async def _result(call: Body, reporter: Reporter | None, config: Any = None) -> types.CallToolResult:
    """Run the body; whatever it raises is the tool's answer (the boundary from tool to wire)."""
    try:
        value = await run_body(call() if reporter is None else call(reporter=reporter), config)
    except McpError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary from tool to wire
        return _failed(str(error) or type(error).__name__)
    text = value if isinstance(value, str) else json.dumps(scrub_json(value), ensure_ascii=False, default=str)
    return types.CallToolResult(content=[types.TextContent(type="text", text=scrub(str(text)))])


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=scrub(sentence))], isError=True)
