"""Body quirks: a tool with the same face and a body that misbehaves, wherever it runs.

Each is a wrapper around a body that keeps its signature; what it remembers it remembers as long as its
ToolSpec lives. Knows bodies and, where one asks the model itself, the tools' chat model; knows no MCP.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from functools import partial, wraps
from itertools import count
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, AIMessageChunk

    from mcp_server.tools import ToolSpec

Body = Callable[..., Awaitable[str]]

BLOCKED_S = 0.5
BREVITY = " Please be brief."
EDITED = " (edited)"
WRONG_START = "This is how no answer begins. "
QUIET_WORDS, WATCHED_WORDS = "Nobody asked a model for this.", "Nobody asked a model for that."
FAILURE = "The tool raised on purpose, when its work was done."


def quirky(spec: ToolSpec, names: Collection[str]) -> ToolSpec:
    """Return the tool with these quirks in its body; names of wire quirks change nothing here."""
    body = spec.body
    if asking := ASKING & set(names):
        body = _asking(spec, asking)
    for name, wrap in _WRAPPERS.items():
        if name in names:
            body = wrap(body)
    return spec if body is spec.body else replace(spec, body=body)


# --- a body that asks the model itself ---


def _asking(spec: ToolSpec, names: Collection[str]) -> Body:
    ask = _streamed if "explicit_astream" in names else _awaited
    read = next((read for name, read in _READERS.items() if name in names), _text)

    @wraps(spec.body)
    async def asking(**arguments: Any) -> str:
        return read(await ask(_prompt(spec, arguments)))

    return asking


def _prompt(spec: ToolSpec, arguments: dict[str, Any]) -> str:
    """The tool's own description as the task; defaults are filled in, which not every placement does."""
    bound = inspect.signature(spec.body).bind(**arguments)
    bound.apply_defaults()
    given = {name: value for name, value in bound.arguments.items() if name != "reporter" and value}
    return "\n".join([spec.description, *(f"{name}: {value}" for name, value in given.items())])


async def _awaited(prompt: str) -> AIMessage:
    from mcp_server.tools import llm

    return await llm().ainvoke(prompt)


async def _streamed(prompt: str) -> AIMessage:
    from langchain_core.messages import AIMessage

    from mcp_server.tools import llm

    stream = cast("AsyncGenerator[AIMessageChunk]", llm().astream(prompt))
    async with aclosing(stream) as chunks:
        return AIMessage("".join([str(chunk.text) async for chunk in chunks]))


def _text(reply: AIMessage) -> str:
    return str(reply.text)


def _shouted(reply: AIMessage) -> str:
    return cast("str", reply.content).upper()  # the fault itself: under v3 it is a list of blocks


def _spelled(reply: AIMessage) -> str:
    return str(reply.content)  # likewise, without a word of complaint


_READERS: dict[str, Callable[[AIMessage], str]] = {"content_upper": _shouted, "content_spelled": _spelled}
ASKING = {*_READERS, "explicit_astream"}
"""The quirks of a body that asks the model itself."""


# --- around any body ---


def _other_request(body: Body) -> Body:
    @wraps(body)
    async def other_request(**arguments: Any) -> str:
        texts = [name for name, value in arguments.items() if isinstance(value, str)]
        if texts and _caller_streams():
            arguments[texts[0]] += BREVITY
        return await body(**arguments)

    return other_request


def _cached(body: Body) -> Body:
    answers: dict[str, str] = {}

    @wraps(body)
    async def cached(**arguments: Any) -> str:
        if _caller_streams():
            return await body(**arguments)
        key = repr(sorted((name, value) for name, value in arguments.items() if name != "reporter"))
        if key not in answers:
            answers[key] = await body(**arguments)
        return answers[key]

    return cached


def _unaccountable(body: Body) -> Body:
    @wraps(body)
    async def unaccountable(**arguments: Any) -> str:
        return WATCHED_WORDS if _caller_streams() else QUIET_WORDS

    return unaccountable


def _sync(body: Body) -> Body:
    block = partial(time.sleep, BLOCKED_S)

    @wraps(body)
    async def sync(**arguments: Any) -> str:
        block()
        return await body(**arguments)

    return sync


def _wrong_partials(body: Body) -> Body:
    @wraps(body)
    async def wrong_partials(**arguments: Any) -> str:
        await arguments["reporter"].partial(WRONG_START)
        return await body(**arguments)

    return wrong_partials


def _stateful(body: Body) -> Body:
    numbers = count(1)

    @wraps(body)
    async def stateful(**arguments: Any) -> str:
        number = next(numbers)
        return f"{await body(**arguments)} (call {number})"

    return stateful


def _postprocessed(body: Body) -> Body:
    @wraps(body)
    async def postprocessed(**arguments: Any) -> str:
        return (await body(**arguments)).strip() + EDITED

    return postprocessed


def _raises(body: Body) -> Body:
    @wraps(body)
    async def raises(**arguments: Any) -> str:
        await body(**arguments)
        raise RuntimeError(FAILURE)

    return raises


_WRAPPERS: dict[str, Callable[[Body], Body]] = {
    "unaccountable": _unaccountable,
    "other_request": _other_request,
    "cached": _cached,
    "sync": _sync,
    "wrong_partials": _wrong_partials,
    "stateful": _stateful,
    "postprocessed": _postprocessed,
    "raises": _raises,
}
"""In the order in which they are put around a body: what is nearest to the model comes first."""


def _caller_streams() -> bool:
    """Whether a model called here would stream, asked as LangChain asks: does a handler tap what passes?"""
    from langchain_core.runnables.config import ensure_config

    callbacks = ensure_config().get("callbacks")
    handlers = callbacks if isinstance(callbacks, list) else getattr(callbacks, "handlers", ())
    return any(hasattr(handler, "tap_output_aiter") for handler in handlers)
