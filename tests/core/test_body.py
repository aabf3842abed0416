"""A tool body is stopped once, cleans up in peace and within bounds, and never takes its caller with it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
from langchain_core.runnables import RunnableConfig, ensure_config

from tests.core.clock import clock, ending, on_a_clock, passed, settled
from throughline.server.body import GRACE_S, BodyTimeout, run_body

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock


async def forever() -> None:
    await anyio.Event().wait()


async def stop(body: Callable[[], Awaitable[Any]], started: anyio.Event) -> float:
    """Run a body and cancel it as MCP's server does, once it has started; how long the end then took."""
    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_body, body())
            await started.wait()
            await settled()
            began = clock().time()
            tasks.cancel_scope.cancel()
        return clock().time() - began


async def test_what_a_body_returns_and_raises_is_handed_on() -> None:
    async def returns() -> int:
        return 7

    async def raises() -> None:
        raise LookupError("not here")

    with ending():
        assert await run_body(returns()) == 7
        with pytest.raises(LookupError, match="not here"):
            await run_body(raises())


async def test_a_body_runs_in_its_callers_context_and_under_its_config() -> None:
    seen = contextvars.ContextVar("seen", default="nothing")
    seen.set("the caller's")

    async def look() -> tuple[str, list[str]]:
        found = seen.get()
        seen.set("the body's")
        return found, ensure_config()["tags"]

    with ending():
        assert await run_body(look(), RunnableConfig(tags=["ours"])) == ("the caller's", ["ours"])
    assert seen.get() == "the caller's"
    assert ensure_config()["tags"] == []


async def test_a_stopped_body_is_cancelled_once_and_finishes_its_clean_up() -> None:
    started, heard = anyio.Event(), []

    async def body() -> None:
        try:
            started.set()
            await forever()
        except asyncio.CancelledError:
            heard.append("cancelled")
            await passed(GRACE_S / 4)
            heard.append("first")
            await passed(GRACE_S / 4)
            heard.append("second")
            raise

    took_s = await stop(body, started)
    assert heard == ["cancelled", "first", "second"]
    assert took_s == pytest.approx(GRACE_S / 2)


async def test_a_clean_up_without_an_end_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    started, ended = anyio.Event(), anyio.Event()

    async def body() -> None:
        started.set()
        while not ended.is_set():
            with suppress(asyncio.CancelledError):  # goes on, as a body should not
                await ended.wait()

    assert GRACE_S <= await stop(body, started) <= 3 * GRACE_S
    assert "still cleaning up" in caplog.text
    ended.set()
    await settled()


async def test_a_body_that_answers_after_it_was_stopped_answers_nobody() -> None:
    started = anyio.Event()
    returned = False

    async def body() -> str:
        try:
            started.set()
            await forever()
        except asyncio.CancelledError:
            pass
        return "too late"

    async def call() -> None:
        nonlocal returned
        await run_body(body())
        returned = True

    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await started.wait()
            tasks.cancel_scope.cancel()
    assert not returned


async def test_a_clean_up_that_fails_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    started = anyio.Event()

    async def body() -> None:
        try:
            started.set()
            await forever()
        finally:
            raise LookupError("no such file")

    await stop(body, started)
    assert "failed in its clean-up" in caplog.text
    assert "no such file" in caplog.text


async def cancels_its_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await forever()


async def raises_a_cancellation() -> None:
    raise asyncio.CancelledError


async def awaits_what_was_cancelled() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize("body", [cancels_its_task, raises_a_cancellation, awaits_what_was_cancelled])
async def test_a_body_that_cancels_itself_is_an_error_and_no_hang(
    body: Callable[[], Awaitable[None]],
) -> None:
    with ending(), pytest.raises(RuntimeError, match="cancelled itself"):
        await run_body(body())


async def test_a_body_that_gives_up_a_part_of_its_work_goes_on() -> None:
    async def body() -> str:
        with anyio.move_on_after(1):
            await forever()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(forever)
            tasks.cancel_scope.cancel()
        return "done"

    with ending():
        assert await run_body(body()) == "done"


async def test_a_body_is_cut_at_its_deadline_after_its_clean_up() -> None:
    heard = []

    async def body() -> None:
        try:
            await forever()
        finally:
            await passed(GRACE_S / 2)
            heard.append("cleaned up")

    with ending():
        began = clock().time()
        with pytest.raises(BodyTimeout):
            await run_body(body(), deadline_s=5)
        assert clock().time() - began == pytest.approx(5 + GRACE_S / 2)
    assert heard == ["cleaned up"]


async def test_a_bodys_own_time_limit_is_its_own() -> None:
    async def body() -> None:
        async with asyncio.timeout(1):
            await forever()

    with ending(), pytest.raises(TimeoutError):
        await run_body(body(), deadline_s=5)


async def test_a_body_that_ends_as_its_deadline_strikes_has_ended() -> None:
    done = asyncio.get_running_loop().create_future()

    async def body() -> str:
        return str(await done)

    with ending():
        at = clock().time() + 5
        clock().call_at(at - 1e-12, done.set_result, "in time")
        assert await run_body(body(), deadline_s=5) == "in time"


async def test_a_cancellation_during_the_clean_up_after_a_deadline_waits_for_it() -> None:
    cleaning, heard = anyio.Event(), []

    async def body() -> None:
        try:
            await forever()
        finally:
            cleaning.set()
            await passed(GRACE_S / 2)
            heard.append("cleaned up")

    async def call() -> None:
        await run_body(body(), deadline_s=1)

    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await cleaning.wait()
            tasks.cancel_scope.cancel()
    assert heard == ["cleaned up"]
