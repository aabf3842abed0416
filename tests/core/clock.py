"""An event loop whose time passes only when there is nothing else to do: seconds of waiting cost none.

A module of tests runs on it by `anyio_backend = on_a_clock`. Not for tests that wait for threads or
processes: while they work, the loop has nothing to do, and time flies.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

MUST_END_S = 1000.0
"""Seconds of the clock in which a test ends, or hangs."""


class Clock(asyncio.SelectorEventLoop):
    """A loop with a time of its own."""

    def __init__(self) -> None:
        super().__init__(_Selector(self))
        self._now = 100.0

    def time(self) -> float:
        return self._now

    def pass_time(self, seconds: float) -> None:
        """Let time pass, as work does that never awaits."""
        self._now += seconds


class _Selector(selectors.SelectSelector):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout else timeout)
        if timeout and not ready:
            self._clock.pass_time(timeout)
        return ready


@pytest.fixture(scope="module")
def on_a_clock() -> tuple[str, dict[str, Any]]:
    """The backend for a module whose waiting is to cost nothing."""
    return "asyncio", {"loop_factory": Clock}


def clock() -> Clock:
    """The clock that the test runs on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clock)
    return loop


@contextmanager
def ending() -> Iterator[None]:
    """A test, or a part of one, that hangs fails instead."""
    with anyio.fail_after(MUST_END_S):
        yield


async def settled() -> None:
    """Wait until nobody has anything left to do at this moment of the clock."""
    await anyio.lowlevel.checkpoint()
    while clock()._ready:  # type: ignore[attr-defined]
        await anyio.lowlevel.checkpoint()


async def passed(seconds: float) -> None:
    """Let the others have this much time."""
    with anyio.move_on_after(seconds):
        await anyio.Event().wait()
