"""The chat model that tool bodies talk to.

Holds one choice for the process, made once by whoever runs the bodies: the server when its model is open, a
client that runs them in its own process. Knows neither of them, and imports LangChain on the first use only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from throughline.model.settings import ModelSettings

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI


class _Choice:
    settings: ModelSettings | None = None


def configure(settings: ModelSettings) -> None:
    """Let every tool body of this process talk to this model from now on."""
    _Choice.settings = settings


def llm(**options: Any) -> ChatOpenAI:
    """Return the tools' chat model; `options` are ChatOpenAI's own, for this use of it."""
    from throughline.model.chat import chat_model

    if _Choice.settings is None:
        raise RuntimeError("no model: call mcp_server.tools.configure(settings) before a tool body runs")
    return chat_model(_Choice.settings, who="tool", **options)
