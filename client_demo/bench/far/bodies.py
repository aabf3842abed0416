"""The tool bodies that are measured, in-process and behind MCP alike.

Knows LangChain, lazily, and where the model is; knows no transport and nothing of what is timed.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from throughline.model.settings import ModelSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Body = Callable[..., Awaitable[str]]


class _Choice:
    settings: ModelSettings | None = None


def configure(settings: ModelSettings) -> None:
    """Let the bodies of this process ask this model from now on."""
    _Choice.settings = settings


async def nothing() -> str:
    """Do nothing."""
    return ""


async def number() -> str:
    """Tell the number of the process that runs this."""
    return str(os.getpid())


async def narrate(tokens: int, pace_ms: int = 0) -> str:
    """Ask a provider, over HTTP, for an answer of so many tokens; a plain `ainvoke`."""
    reply = await _chat_model(pace_ms).ainvoke(f"[[tokens:{tokens}]]")
    return str(len(reply.text))


async def recite(tokens: int) -> str:
    """Ask a chat model of this process, without any HTTP, for so many tokens; a plain `ainvoke`."""
    reply = await _reciting().ainvoke(str(tokens))
    return str(len(reply.text))


BODIES: dict[str, Body] = {body.__name__: body for body in (nothing, number, narrate, recite)}


@cache
def _chat_model(pace_ms: int) -> Any:
    from throughline.model.chat import chat_model

    if _Choice.settings is None:
        raise RuntimeError("no model: call configure(settings) before a tool body runs")
    return chat_model(_Choice.settings, who="tool", model=f"scripted?pace_ms={pace_ms}")


@cache
def _reciting() -> BaseChatModel:
    from client_demo.bench.far.reciting import Reciting

    return Reciting()
