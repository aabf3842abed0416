"""What a provider's refusal means to whoever called the tool: one sentence with its remedy.

Knows which exceptions come from a provider, and imports openai's only when there is one. Everything else that
a body raises passes through: its message is the tool's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from throughline.model.errors import ModelFailed

if TYPE_CHECKING:
    from openai import APIError

CONNECTING = ("ConnectError", "ConnectTimeout")
"""By name: openai stands on httpx or on httpx2, as its version has it."""


def explained(body: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    """Return the body with its provider's errors put into words; its signature stays."""

    @wraps(body)
    async def told(**arguments: Any) -> str:
        try:
            return await body(**arguments)
        except _refusals() as error:
            raise await _in_words(error) from error

    return told


def _refusals() -> tuple[type[APIError], type[JSONDecodeError]]:
    from openai import APIError

    # openai hands a body that is broken on as the parser's own error.
    return (APIError, JSONDecodeError)


async def _in_words(error: APIError | JSONDecodeError) -> Exception:
    from openai import APIConnectionError

    from throughline.model.explain import explain

    match error:
        case JSONDecodeError():
            return ModelFailed(status=None, message=f"its answer is not JSON ({error})")
        case APIConnectionError() if not any(type(one).__name__ in CONNECTING for one in _causes(error)):
            *_, last = _causes(error)
            return ModelFailed(status=None, message=f"it did not finish its answer ({last})")
    # It may ask the endpoint for the names of its models, and waits for them.
    return await anyio.to_thread.run_sync(explain, error, abandon_on_cancel=True) or error


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
