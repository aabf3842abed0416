"""What openai's client raised, as one sentence with its remedy.

Knows openai's exceptions, and asks an endpoint which models it has. Refuses to know who asked
the model and why.
"""

from __future__ import annotations

import json

import httpx
import openai

from throughline.errors import ThroughlineError
from throughline.model.errors import EndpointUnreachable, KeyRefused, ModelFailed, ModelUnknown
from throughline.model.settings import ModelSettings
from throughline.model.upstream import UNREACHABLE
from throughline.urls import is_loopback

LISTING_S = 5.0
COMPLETIONS = "/chat/completions"


def explain(error: BaseException, *, address: str | None = None) -> ThroughlineError | None:
    """Say what went wrong between us and a model; None where the error is of another kind.

    `address` is the endpoint as the user knows it; without it the one that was asked is named, which may be
    our own on loopback. An unknown model costs a further request, for the names of the models that there are.
    """
    match error:
        case ThroughlineError():
            return error
        case openai.APIStatusError():
            return _refused(error, address or _base_url(error))
        case openai.APIConnectionError():
            return EndpointUnreachable(
                base_url=address or _base_url(error), reason=_line(error.__cause__ or error)
            )
        case openai.APIError():
            return ModelFailed(status=None, message=_line(error))
    return None


def known_models(settings: ModelSettings) -> tuple[str, ...]:
    """Ask an endpoint for the names of its models; nothing where it does not say."""
    return _listed(settings.base_url, f"Bearer {settings.api_key}")


def _refused(error: openai.APIStatusError, address: str) -> ThroughlineError:
    told = _told(error)
    if error.code == UNREACHABLE:
        return EndpointUnreachable(base_url=address, reason=told.partition("(")[2].rpartition(")")[0] or told)
    if error.status_code in (401, 403):
        return KeyRefused(base_url=address, status=error.status_code)
    if error.code == "model_not_found" or (error.status_code == 404 and "model" in told.lower()):
        return _unknown(error, address)
    return ModelFailed(status=error.status_code, message=told)


def _unknown(error: openai.APIStatusError, address: str) -> ModelUnknown:
    """Name the model that was asked for and those that there are."""
    key = error.request.headers.get("authorization", "")
    asked = json.loads(error.request.content).get("model", "")
    return ModelUnknown(base_url=address, model=str(asked), known=_listed(_base_url(error), key))


def _listed(base_url: str, authorization: str) -> tuple[str, ...]:
    headers = {"authorization": authorization}
    try:
        answer = httpx.get(
            f"{base_url}/models", headers=headers, timeout=LISTING_S, trust_env=not is_loopback(base_url)
        ).json()
        return tuple(str(model["id"]) for model in answer["data"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ()


def _base_url(error: openai.APIError) -> str:
    return str(error.request.url).partition("?")[0].removesuffix(COMPLETIONS)


def _told(error: openai.APIStatusError) -> str:
    body = error.body
    told = body.get("message") if isinstance(body, dict) else None
    return str(told) if told else _line(error)


def _line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "").strip() or type(error).__name__
