"""Running a tool body so that it can be stopped once, and clean up in peace.

MCP's server cancels a handler with a level-triggered scope, in which every `await` of a clean-up is cancelled
again. The body therefore runs in a task of its own, which is cancelled once and then waited for, shielded and
bounded.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
from collections.abc import Awaitable
from typing import Any

import anyio
import anyio.lowlevel

GRACE_S = 2.0
"""Seconds that a cancelled body has for its clean-up."""

logger = logging.getLogger(__name__)


class Stopped:
    """Whether a body was told to stop: who hears it go on calls `insist`.

    Python 3.11's `asyncio.wait_for`, through which langchain-openai reads each chunk, loses a cancellation
    that arrives together with a chunk (python/cpython#86296, mended in 3.12).
    """

    def __init__(self) -> None:
        self.told = False

    def insist(self) -> None:
        """Cancel the body again, at its next await, if it was told to stop and goes on all the same.

        Who is cleaning up has heard it, and is left in peace.
        """
        cleaning_up = isinstance(sys.exception(), asyncio.CancelledError)
        if self.told and not cleaning_up and (task := asyncio.current_task()) is not None:
            task.cancel()


class BodyTimeout(Exception):
    """A body was not done within its deadline, and was stopped."""


async def run_body(
    body: Awaitable[Any],
    config: Any = None,
    *,
    stopped: Stopped | None = None,
    deadline_s: float | None = None,
    grace_s: float = GRACE_S,
) -> Any:
    """Await a tool body under a LangChain config; when stopped, cancel it once and wait for its clean-up.

    Raises what the body raises; BodyTimeout; and the cancellation itself, however the body ends then.
    """
    context = contextvars.copy_context()
    if config is not None:
        from langchain_core.runnables.config import var_child_runnable_config

        context.run(var_child_runnable_config.set, config)
    stopped = stopped or Stopped()
    task = asyncio.get_running_loop().create_task(_awaited(body), context=context)
    try:
        async with asyncio.timeout(deadline_s):
            return await asyncio.shield(task)
    except TimeoutError:
        if task.done() and not task.cancelled():
            return task.result()  # its own time limit, or it ended just as ours ran out
        await _stop(task, stopped, grace_s)
        # A handler that answers after it was cancelled ends mcp 1.30's server: was it, meanwhile?
        await anyio.lowlevel.checkpoint_if_cancelled()
        raise BodyTimeout from None
    except asyncio.CancelledError:
        if task.cancelled() and not _being_cancelled():
            raise RuntimeError("The tool cancelled itself.") from None
        if not task.done():
            await _stop(task, stopped, grace_s)
        raise


def _being_cancelled() -> bool:
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0


async def _awaited(body: Awaitable[Any]) -> Any:
    return await body


async def _stop(task: asyncio.Task[Any], stopped: Stopped, grace_s: float) -> None:
    stopped.told = True
    for _ in range(2):  # once more for a body that nobody hears (see Stopped)
        task.cancel()
        with anyio.move_on_after(grace_s, shield=True):
            await asyncio.wait([task])
        if task.done():
            break
    if not task.done():
        logger.warning("A cancelled tool is still cleaning up after %g s and is left behind.", grace_s)
    elif not task.cancelled() and (error := task.exception()) is not None:
        logger.warning("A cancelled tool failed in its clean-up: %r", error)
