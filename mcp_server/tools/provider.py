"""What a provider's refusal means to whoever called the tool: one sentence with its remedy.

Knows the exceptions of openai, which it imports only when there is one. Everything else that a body raises
passes through: its message is the tool's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from mcp_server.tools.model import current
from throughline.model.errors import EndpointUnreachable, KeyRefused, ModelError, ModelFailed, ModelUnknown
from throughline.model.settings import ModelSettings

if TYPE_CHECKING:
    from openai import APIError


def explained(body: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    """Return the body with its provider's errors put into words; its signature stays."""

    @wraps(body)
    async def told(**arguments: Any) -> str:
        try:
            return await body(**arguments)
        except _refusals() as error:
            raise explain(error, current()) from error

    return told


def explain(error: APIError | JSONDecodeError, settings: ModelSettings) -> ModelError:
    """Say what the endpoint of `settings` meant."""
    from openai import APIConnectionError, APIStatusError

    match error:
        case JSONDecodeError():
            return ModelFailed(status=None, message=f"its answer is not JSON ({_line(error)})")
        case APIConnectionError():
            return _no_answer(error, settings)
        case APIStatusError(status_code=401 | 403):
            return KeyRefused(base_url=settings.base_url, status=error.status_code)
        case APIStatusError(code="model_not_found"):
            return ModelUnknown(base_url=settings.base_url, model=settings.model, known=())
        case APIStatusError():
            return ModelFailed(status=error.status_code, message=_said(error))
        case _:
            return ModelFailed(status=None, message=_line(error))


def _refusals() -> tuple[type[APIError], type[JSONDecodeError]]:
    from openai import APIError

    # openai hands a broken body on as the parser's own error.
    return (APIError, JSONDecodeError)


def _no_answer(error: APIError, settings: ModelSettings) -> ModelError:
    causes = list(_causes(error))
    reason = _line(causes[-1])
    # By name: openai stands on httpx or httpx2, as its version has it.
    if any(type(cause).__name__ in ("ConnectError", "ConnectTimeout") for cause in causes):
        return EndpointUnreachable(base_url=settings.base_url, reason=reason)
    return ModelFailed(status=None, message=f"it did not finish its answer ({reason})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _said(error: APIError) -> str:
    told = error.body.get("message") if isinstance(error.body, dict) else None
    return str(told or _line(error))


def _line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "").strip() or type(error).__name__
