"""The chat model that everything in throughline asks: `ChatOpenAI`, pointed at the settings.

Knows which of the client's defaults do not fit. Refuses to know what is behind the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from throughline.model.settings import ModelSettings
from throughline.urls import is_loopback

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

Who = Literal["agent", "tool"]

WHO_HEADER = "X-Throughline-Who"
TIMEOUT_S = 180.0
UPSTREAM_RETRIES = 2


def chat_model(settings: ModelSettings, *, who: Who, **options: Any) -> ChatOpenAI:
    """Make the client; `options` are ChatOpenAI's and win over what is set here.

    `who` is told to the endpoint, which keeps it in its records. Local models are not asked twice: a fault
    made on purpose has to arrive.
    """
    from langchain_openai import ChatOpenAI  # heavy: a server answers `initialize` without it

    defaults: dict[str, Any] = {
        "model": settings.model,
        "base_url": settings.base_url,
        "api_key": settings.api_key,
        "default_headers": {WHO_HEADER: who},
        "stream_usage": True,
        "use_responses_api": False,
        "max_retries": UPSTREAM_RETRIES if settings.kind == "configured" else 0,
        "timeout": TIMEOUT_S,
        # `timeout` limits the wait for a chunk already, and the task that this makes for each chunk loses
        # cancellations on Python 3.11 (python/cpython#86296).
        "stream_chunk_timeout": None,
        **(_past_proxies() if is_loopback(settings.base_url) else {}),
    }
    return ChatOpenAI(**{**defaults, **options})


def _past_proxies() -> dict[str, Any]:
    """Reach loopback directly: a proxy that the environment names is meant for the world outside."""
    from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

    return {
        "openai_proxy": None,
        "http_socket_options": (),  # else LangChain warns that these shadow the proxy
        "http_client": DefaultHttpxClient(trust_env=False, verify=False),
        "http_async_client": DefaultAsyncHttpxClient(trust_env=False, verify=False),
    }
