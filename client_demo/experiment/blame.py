"""Foreign errors in our words: what a graph, a provider or a server raised, as one sentence with a remedy.

The one place where the near side maps errors that are not its own. Knows the exceptions of LangGraph and MCP
(those of models are explained where models are); knows nothing of what is done about them.
"""

from __future__ import annotations

import anyio
from langgraph.errors import GraphRecursionError
from mcp.shared.exceptions import McpError

from client_demo.agent import RECURSION_LIMIT
from client_demo.experiment.culprit import place_of
from throughline.errors import EXIT_UNREACHABLE, ThroughlineError
from throughline.model.errors import EndpointUnreachable, KeyRefused, ModelUnknown
from throughline.model.explain import explain as explain_model

HOPELESS = (EndpointUnreachable, KeyRefused, ModelUnknown)
"""Errors that every other run would meet as well."""

NO_SYNC = "No synchronous function provided"
"""How LangGraph begins what it says of a node that is async-only."""


class RunFailed(ThroughlineError):
    """A run ended with an error that we know nothing about but what it says, and where in whose code."""

    def __init__(self, *, kind: str, message: str, place: str = "") -> None:
        self.kind = kind
        self.message = message
        said = ", ".join(one for one in (message, place) if one)
        super().__init__(
            f"The run ended with {kind} ({said})" if said else f"The run ended with {kind}",
            remedy="see what came before it with --record FILE.",
        )


class ServerFailed(ThroughlineError):
    """The MCP server, or the connection to it, failed during a run."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, *, message: str) -> None:
        self.message = message
        super().__init__(
            f"The MCP server failed during the run ({message})", remedy="read what it prints on stderr."
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
    """A path without async cannot run async tools and nodes."""

    def __init__(self, *, what: str = "an async-only tool") -> None:
        self.what = what
        super().__init__(f"invoke cannot run {what}", remedy="call the agent with ainvoke or astream.")


def explain(error: BaseException, *, address: str, steps: int | None = RECURSION_LIMIT) -> ThroughlineError:
    """Say what happened; an error that is ours already says it itself.

    `address` is the model's endpoint as the user knows it, which our loopback endpoint may stand before;
    `steps` is the limit that we set to a graph, None where it has its own.
    """
    while isinstance(error, BaseExceptionGroup):  # what task groups, and so sessions, wrap errors in
        error = error.exceptions[0]
    match error:
        case NotImplementedError():
            return SyncUnsupported()
        case TypeError() if str(error).startswith(NO_SYNC):
            return SyncUnsupported(what="async-only nodes")
        case GraphRecursionError() if steps is not None:
            return TooManySteps(limit=steps)
        case McpError() | anyio.BrokenResourceError() | anyio.ClosedResourceError():
            return ServerFailed(message=_first_line(error) or "the connection is closed")
    told = explain_model(error, address=address)
    kind, place = type(error).__name__, place_of(error)
    return told or RunFailed(kind=kind, message=_first_line(error), place=place)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "").strip()
