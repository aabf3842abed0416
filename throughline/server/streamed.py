"""A tool body -> a FastMCP tool that streams: the five lines that a server author adds.

    @mcp.tool(structured_output=False)
    @streamed
    async def joke(topic: str, reporter: Reporter) -> str: ...

Knows signatures and FastMCP's `Context`; how each kind of caller is met is `serving.py`'s.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, get_type_hints

from mcp import types
from mcp.server.fastmcp import Context

from throughline.server.serving import Body, Serving, serve

DEADLINE_S = 55.0
"""Seconds after which a host that did not opt in is answered with what there is: desktop hosts give up at 60.
"""

AnyContext = Context[Any, Any, Any]


def streamed(
    body: Body, *, send_prompts: bool = False, deadline_s: float | None = DEADLINE_S
) -> Callable[..., Awaitable[types.CallToolResult]]:
    """Wrap a tool body for `FastMCP.tool`; register it with `structured_output=False`.

    The body is an async function of its arguments and, if it wants one, a `reporter`; the wrapper's schema is
    that of the body without it. What the body returns becomes one text: a `str` as it is, anything else as
    compact JSON, as LangChain does in-process. What it raises becomes an `isError` result.

    `send_prompts` lets what goes into models leave the server; otherwise only its shape does. After
    `deadline_s` seconds a caller that did not opt in gets the partial values so far, marked as partial;
    callers that opted in have limits of their own.
    """
    serving = Serving("reporter" in inspect.signature(body).parameters, send_prompts, deadline_s)

    async def tool(*, ctx: AnyContext, **arguments: Any) -> types.CallToolResult:
        return await serve(partial(body, **arguments), ctx, serving)

    hints = get_type_hints(body, include_extras=True)
    signature = inspect.signature(body)
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
