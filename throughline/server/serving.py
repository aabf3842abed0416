"""One tool call on the server, as its caller wants it: in frames, with status messages, or in silence.

With `streamed.py` the only file on the server's side that names mcp's types. Knows requests, notifications
and results; knows no tool and no LangChain.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup
from mcp import types
from mcp.shared.exceptions import McpError

from throughline.codec import scrub, scrub_json
from throughline.errors import WireError
from throughline.events import Frame, Status
from throughline.reporter import Reporter
from throughline.server import direct
from throughline.server.body import BodyTimeout, Stopped, run_body
from throughline.server.emitter import Emitter, emitting
from throughline.server.http import watch_for_leaving
from throughline.server.reporters import FrameReporter, Harvest, SilentReporter
from throughline.server.status import Progress, StatusReporter
from throughline.wire import FINISH, StreamRequest, read_request, write_frame, write_ledger

Body = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Serving:
    """How a tool is served: whether its body takes a reporter, what may leave, and when it is cut."""

    wants_reporter: bool
    send_prompts: bool
    deadline_s: float | None


async def serve(call: Body, ctx: Any, serving: Serving) -> types.CallToolResult:
    """Run a body for the caller behind FastMCP's context; an HTTP caller that leaves stops it."""
    request = ctx.request_context.request
    if request is None:
        return await _serve(call, ctx, serving)
    result = _failed("The caller went away.")
    async with _group() as tasks:
        tasks.start_soon(watch_for_leaving, request, tasks.cancel_scope.cancel)
        result = await _serve(call, ctx, serving)
        tasks.cancel_scope.cancel()
    # A handler that answers after it was cancelled ends the session of mcp 1.30: was it, meanwhile?
    await anyio.lowlevel.checkpoint_if_cancelled()
    return result


async def _serve(call: Body, ctx: Any, serving: Serving) -> types.CallToolResult:
    meta = ctx.request_context.meta
    try:
        request = read_request(meta.model_extra if meta else None)
    except WireError as error:
        return _failed(str(error))
    token = meta.progressToken if meta else None
    if token is None:
        return await _cut(call, SilentReporter(), serving)
    if request is None:
        async with _told(ctx, token) as reporter:
            return await _cut(call, reporter, serving)
    return await _framed(call, _Notifier(ctx, token), request, serving)


async def _framed(
    call: Body, notifier: _Notifier, request: StreamRequest, serving: Serving
) -> types.CallToolResult:
    """Everything that the body does crosses; the result carries the ledger of it."""
    from throughline.server.graph import body_config  # brings LangGraph

    async with emitting(notifier.send) as emitter:
        notifier.emitter = emitter
        config = body_config(emitter, request, send_prompts=serving.send_prompts)
        result = await _result(_with(call, FrameReporter(emitter), serving), emitter.stopped, config)
    ledger = write_ledger(emitter.totals(), finish="error" if result.isError else "stop")
    return types.CallToolResult(content=result.content, isError=result.isError, _meta=ledger)


class _Notifier:
    """Sends the progress notifications of one call."""

    def __init__(self, ctx: Any, token: types.ProgressToken) -> None:
        self.emitter: Emitter
        self._ctx = ctx
        self._token = token
        self._progress = Progress()

    async def send(self, frame: Frame) -> None:
        """A frame, with numbers and words that any host can show."""
        status = next((event for event in reversed(frame.events) if isinstance(event, Status)), None)
        if status is None or status.progress is None:
            progress, total = self._progress.step()
        else:
            progress, total = self._progress.reach(status.progress, status.total)
        message = f"{self.emitter.totals().tokens} tokens" if status is None else status.message
        await self.tell(progress, total, message, write_frame(frame))

    async def tell(
        self, progress: float, total: float | None, message: str, meta: dict[str, Any] | None = None
    ) -> None:
        """A notification; `meta` is its `_meta`."""
        params: dict[str, Any] = {
            "progressToken": self._token,
            "progress": progress,
            "total": total,
            "message": message,
        }
        if total is None:
            del params["total"]
        if meta is not None:
            params["_meta"] = meta
        if (send := direct.wire.get()) is not None:
            await send(direct.encode_notification("notifications/progress", params))
            return
        notification = types.ProgressNotification(params=types.ProgressNotificationParams(**params))
        await self._ctx.session.send_notification(
            types.ServerNotification(notification), self._ctx.request_id
        )


@asynccontextmanager
async def _told(ctx: Any, token: types.ProgressToken) -> AsyncIterator[StatusReporter]:
    reporter = StatusReporter(_Notifier(ctx, token).tell, direct.unread.get())
    async with _group() as tasks:
        tasks.start_soon(reporter.run)
        yield reporter
        reporter.close()


@asynccontextmanager
async def _group() -> AsyncIterator[TaskGroup]:
    """A task group out of which an error of the protocol comes as it is, for FastMCP to read."""
    failure: McpError | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield tasks
        except McpError as error:
            failure = error
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _cut(call: Body, reporter: Reporter, serving: Serving) -> types.CallToolResult:
    """Run a body up to the deadline, and answer with what it had by then."""
    from throughline.server.unheard import unheard_config  # brings LangChain's core

    harvest, config = Harvest(reporter), unheard_config()
    try:
        return await _result(
            _with(call, harvest, serving), harvest.stopped, config, deadline_s=serving.deadline_s
        )
    except BodyTimeout:
        why = f"the time limit of {serving.deadline_s:g} s was reached"
    if (partial_result := harvest.text()) is None:
        result = _failed(f"{why.capitalize()} and there is nothing to show yet: ask for less.")
    else:
        result = _text_result(partial_result)
        result.content.append(types.TextContent(type="text", text=f"(This is a partial result: {why}.)"))
    result.meta = {FINISH: "deadline"}
    return result


def _with(call: Body, reporter: Reporter, serving: Serving) -> Body:
    return partial(call, reporter=reporter) if serving.wants_reporter else call


async def _result(
    call: Body, stopped: Stopped, config: Any = None, *, deadline_s: float | None = None
) -> types.CallToolResult:
    """Run the body; whatever it raises is the tool's answer (the boundary from tool to wire)."""
    try:
        value = await run_body(call(), config, stopped=stopped, deadline_s=deadline_s)
    except (McpError, BodyTimeout):
        raise
    except Exception as error:  # noqa: BLE001 - the boundary from tool to wire
        return _failed(str(error) or type(error).__name__)
    return _text_result(value)


def _text_result(value: Any) -> types.CallToolResult:
    text = value if isinstance(value, str) else json.dumps(scrub_json(value), ensure_ascii=False, default=str)
    return types.CallToolResult(content=[types.TextContent(type="text", text=scrub(str(text)))])


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=scrub(sentence))], isError=True)
