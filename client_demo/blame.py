"""Foreign errors in our words: what a graph, a provider or a server raised, as one sentence with a remedy.

The one place where the near side maps errors that are not its own. Knows the exceptions of openai, LangGraph
and MCP; knows nothing of what is done about them.
"""

from __future__ import annotations

import openai
from langgraph.errors import GraphRecursionError

from client_demo.agent import RECURSION_LIMIT
from throughline.errors import ThroughlineError
from throughline.model.errors import EndpointUnreachable, KeyRefused, ModelFailed, ModelUnknown
from throughline.model.upstream import UNREACHABLE

HOPELESS = (EndpointUnreachable, KeyRefused, ModelUnknown)
"""Errors that every other run would meet as well."""


class RunFailed(ThroughlineError):
    """A run ended with an error that we know nothing about but what it says."""

    def __init__(self, *, kind: str, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(
            f"The run ended with {kind}: {message}" if message else f"The run ended with {kind}", remedy=""
        )


class TooManySteps(ThroughlineError):
    """The agent went round in circles."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(
            f"The agent was not done after {limit} steps",
            remedy="its model keeps calling the tool; choose a larger --model.",
        )


class SyncUnsupported(ThroughlineError):
    """A path without async cannot run an async tool."""

    def __init__(self) -> None:
        super().__init__(
            "invoke cannot run an async-only tool", remedy="call the agent with ainvoke or astream."
        )


def explain(error: BaseException, *, address: str, model: str) -> ThroughlineError:
    """Say what happened; an error that is ours already says it itself.

    `address` is the model's endpoint as the user knows it, which our loopback endpoint may stand before.
    """
    match error:
        case ThroughlineError():
            return error
        case NotImplementedError():
            return SyncUnsupported()
        case GraphRecursionError():
            return TooManySteps(limit=RECURSION_LIMIT)
        case openai.APIStatusError():
            return _refusal(error, address, model)
        case openai.APIConnectionError():
            return EndpointUnreachable(base_url=address, reason=_first_line(error.__cause__ or error))
        case openai.APIError():
            return ModelFailed(status=None, message=_first_line(error))
    return RunFailed(kind=type(error).__name__, message=_first_line(error))


def _refusal(error: openai.APIStatusError, address: str, model: str) -> ThroughlineError:
    told = _told(error)
    if error.status_code in (401, 403):
        return KeyRefused(base_url=address, status=error.status_code)
    if error.code == UNREACHABLE:
        return EndpointUnreachable(base_url=address, reason=_reason(told))
    if error.code == "model_not_found" or (error.status_code == 404 and "model" in told.lower()):
        return ModelUnknown(base_url=address, model=model, known=())
    return ModelFailed(status=error.status_code, message=told)


def _reason(told: str) -> str:
    """The part of the forwarding endpoint's sentence that stands in brackets."""
    inner = told.partition("(")[2].rpartition(")")[0]
    return inner or told


def _told(error: openai.APIStatusError) -> str:
    body = error.body
    told = body.get("message") if isinstance(body, dict) else None
    return str(told) if told else _first_line(error)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "").strip()
