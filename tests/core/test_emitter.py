"""The way out of a call: at once, then in bursts; in order, bounded, and nothing after the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.clock import clock, ending, on_a_clock, passed, settled
from tests.core.values import steady, texts
from throughline.events import Event, Frame, Partial, Status, Tokens
from throughline.ledger import Ledger
from throughline.server.body import run_body
from throughline.server.emitter import BEAT_S, GAP_S, HIGH_CHARS, TURN_S, Emitter, emitting
from throughline.server.pacing import SAVED
from throughline.server.reporters import FrameReporter

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock


class Far:
    """The far end of an emitter: what came, and when."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.times: list[float] = []
        self.open = anyio.Event()
        self.open.set()

    async def __call__(self, frame: Frame) -> None:
        await self.open.wait()
        self.frames.append(frame)
        self.times.append(clock().time())

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Nobody reads."""
        self.open = anyio.Event()
        yield
        self.open.set()

    @property
    def events(self) -> list[Event]:
        return list(chain.from_iterable(frame.events for frame in self.frames))

    def tokens(self, run: int) -> list[str]:
        return [
            text
            for event in self.events
            if isinstance(event, Tokens) and event.run == run
            for text in event.texts
        ]


async def test_the_first_event_goes_at_once() -> None:
    far = Far()
    with ending():
        async with emitting(far) as emitter:
            began = clock().time()
            emitter.text(1, "hello")
            await settled()
            assert far.frames == [Frame(1, (Tokens(1, ("hello",)),))]
            assert clock().time() == began


async def test_a_burst_travels_in_large_frames() -> None:
    far = Far()
    with ending():
        async with emitting(far) as emitter:
            for number in range(SAVED):
                emitter.text(1, f"first {number}")
                await settled()
            assert len(far.frames) == SAVED
            burst = [f"t{number} " for number in range(1000)]
            for text in burst:
                emitter.text(1, text)
            await passed(GAP_S)
            await settled()
            assert far.frames[SAVED:] == [Frame(SAVED + 1, (Tokens(1, tuple(burst)),))]
            assert far.times[SAVED] - far.times[0] == pytest.approx(GAP_S)


async def test_a_stream_at_reading_speed_never_waits() -> None:
    far, spoken = Far(), []
    with ending():
        async with emitting(far) as emitter:
            for number in range(50):
                spoken.append(clock().time())
                emitter.text(1, f"t{number}")
                await passed(0.005)
    assert len(far.frames) == 50
    assert far.times == pytest.approx(spoken)


async def test_a_stream_at_reading_speed_catches_up_with_a_frame_that_was_late() -> None:
    far, spoken = Far(), []
    with ending():
        async with emitting(far) as emitter:
            for pause_s in (0.005, 0.005, 0.009, 0.001, 0.005, 0.005):
                spoken.append(clock().time())
                emitter.text(1, "token")
                await passed(pause_s)
    assert far.times == pytest.approx(spoken)


async def test_what_is_left_at_the_end_goes_without_waiting() -> None:
    far = Far()
    with ending():
        async with emitting(far) as emitter:
            emitter.text(1, "first")
            await settled()
            emitter.text(1, "last")
    assert far.tokens(1) == ["first", "last"]
    assert far.times[1] == far.times[0]


pieces = st.tuples(st.integers(1, 3), texts) | texts.map(Partial) | texts.map(Status)


@given(st.lists(st.tuples(pieces, st.sampled_from([0.0, 0.0, 0.001, 0.01])), max_size=30))
@steady
async def test_order_texts_and_boundaries_are_kept_however_runs_interleave(
    said: Sequence[tuple[tuple[int, str] | Partial | Status, float]],
) -> None:
    far, count = Far(), Ledger()
    with ending():
        async with emitting(far) as emitter:
            for piece, pause_s in said:
                if isinstance(piece, tuple):
                    emitter.text(*piece)
                else:
                    emitter.put(piece)
                if pause_s:
                    await passed(pause_s)
    heard: list[tuple[int, str] | Event] = []
    for event in far.events:
        heard.extend([(event.run, text) for text in event.texts] if isinstance(event, Tokens) else [event])
    assert heard == [piece for piece, _ in said]
    assert [frame.seq for frame in far.frames] == list(range(1, len(far.frames) + 1))
    for frame in far.frames:
        count.add(frame)
    assert emitter.totals() == count.totals()


async def test_a_producer_that_never_awaits_anything_else_lets_frames_out() -> None:
    far, per_token_s = Far(), TURN_S / 10
    with ending():
        async with emitting(far) as emitter:
            for number in range(10_000):
                emitter.text(1, f"t{number}")
                clock().pass_time(per_token_s)
                await emitter.breathe()
            in_the_meantime = len(far.frames)
    assert far.tokens(1) == [f"t{number}" for number in range(10_000)]
    assert in_the_meantime >= 10_000 * per_token_s / (GAP_S + 4 * TURN_S)


async def test_a_producer_waits_where_nobody_reads_and_nothing_is_dropped() -> None:
    far, said = Far(), 0
    text = "x" * 1000

    async def produce() -> None:
        nonlocal said
        for _ in range(2000):
            emitter.text(1, text)
            said += 1
            await emitter.breathe()

    with ending():
        async with emitting(far) as emitter, anyio.create_task_group() as tasks:
            with far.shut():
                tasks.start_soon(produce)
                await passed(1)
                stopped_at = said
                await passed(10)
                assert said == stopped_at
                assert HIGH_CHARS <= said * len(text) < 2 * HIGH_CHARS + 4 * len(text)
    assert far.tokens(1) == [text] * 2000


async def test_several_producers_wait_and_go_on_together() -> None:
    far = Far()

    async def produce(run: int) -> None:
        for number in range(300):
            emitter.text(run, f"{number:>1000}")
            await emitter.breathe()

    with ending():
        async with emitting(far) as emitter, anyio.create_task_group() as tasks:
            with far.shut():
                for run in (1, 2, 3):
                    tasks.start_soon(produce, run)
                await passed(1)
    for run in (1, 2, 3):
        assert [int(text) for text in far.tokens(run)] == list(range(300))


async def test_nothing_is_emitted_after_the_end() -> None:
    far = Far()
    with ending():
        async with emitting(far) as emitter:
            emitter.text(1, "said")
        told = emitter.totals()
        emitter.text(1, "late")
        emitter.put(Status("late"))
        await emitter.breathe()
        await passed(10 * BEAT_S)
    assert far.events == [Tokens(1, ("said",))]
    assert emitter.totals() == told


async def test_a_call_that_says_nothing_sends_nothing() -> None:
    far = Far()
    with ending():
        async with emitting(far):
            await passed(BEAT_S / 2)
    assert far.frames == []


async def test_silence_is_broken_by_an_empty_frame_that_keeps_the_caller_waiting() -> None:
    far = Far()
    with ending():
        async with emitting(far) as emitter:
            began = clock().time()
            await passed(2.5 * BEAT_S)
            emitter.text(1, "at last")
            await passed(0.9 * BEAT_S)
            assert [frame.events for frame in far.frames] == [(), (), (Tokens(1, ("at last",)),)]
            assert [when - began for when in far.times[:2]] == pytest.approx([BEAT_S, 2 * BEAT_S])
            await passed(0.2 * BEAT_S)
            assert len(far.frames) == 4
    assert [frame.seq for frame in far.frames] == [1, 2, 3, 4]


async def test_a_body_that_is_stopped_leaves_nothing_running() -> None:
    far = Far()
    with ending():
        async with anyio.create_task_group() as tasks:
            started = anyio.Event()

            async def body() -> None:
                async with emitting(far) as emitter:
                    emitter.text(1, "half")
                    started.set()
                    await anyio.Event().wait()

            tasks.start_soon(body)
            await started.wait()
            await settled()
            tasks.cancel_scope.cancel()
        await passed(10 * BEAT_S)
    assert far.tokens(1) == ["half"]


async def test_a_body_that_does_nothing_but_report_is_stopped_at_once() -> None:
    far, said = Far(), 0

    async def body(reporter: FrameReporter) -> None:
        nonlocal said
        while True:
            await reporter.partial("x" * 1000)
            said += 1

    with ending():
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                async with emitting(far) as emitter:
                    await run_body(body(FrameReporter(emitter)), stopped=emitter.stopped)

            with far.shut():
                tasks.start_soon(call)
                await passed(1)
                began = clock().time()
                tasks.cancel_scope.cancel()
    assert said > 0
    assert clock().time() == began


async def test_a_clean_up_that_reports_is_left_in_peace() -> None:
    far, started, heard = Far(), anyio.Event(), []

    async def body(reporter: FrameReporter) -> None:
        try:
            started.set()
            await anyio.Event().wait()
        finally:
            await reporter.status("cleaning up")
            await passed(0.5)
            await reporter.status("nearly done")
            await passed(0.5)
            heard.append("cleaned up")

    async def call() -> None:
        async with emitting(far) as emitter:
            await run_body(body(FrameReporter(emitter)), stopped=emitter.stopped)

    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await started.wait()
            await settled()
            tasks.cancel_scope.cancel()
    assert heard == ["cleaned up"]


async def test_a_stop_between_two_chunks_is_heard_by_who_reads_the_chunks() -> None:
    far, heard = Far(), []

    async def read(emitter: Emitter) -> None:
        try:
            emitter.text(1, "what keeps the writer busy")
            await settled()
            emitter.text(1, "x" * 2 * HIGH_CHARS)
            await emitter.breathe_between_chunks()
            heard.append("the handler returned")
            await anyio.Event().wait()
        except asyncio.CancelledError:
            heard.append("the reader was stopped")
            raise

    with ending():
        async with emitting(far) as emitter:
            with far.shut():
                reading = asyncio.get_running_loop().create_task(read(emitter))
                await passed(1)
                assert heard == []
                reading.cancel()
                await settled()
    assert heard == ["the handler returned", "the reader was stopped"]
    assert reading.cancelled()


async def test_a_stop_that_was_lost_on_its_way_is_said_again() -> None:
    far, heard = Far(), []

    async def body(reporter: FrameReporter) -> None:
        try:
            await anyio.Event().wait()
        except asyncio.CancelledError:
            heard.append("lost")
        for _ in range(10):
            heard.append("goes on")
            await reporter.status("going on")

    started = anyio.Event()

    async def call() -> None:
        async with emitting(far) as emitter:
            started.set()
            await run_body(body(FrameReporter(emitter)), stopped=emitter.stopped)

    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await started.wait()
            await settled()
            tasks.cancel_scope.cancel()
    assert heard[0] == "lost"
    assert len(heard) <= 3


async def test_where_nobody_reads_any_more_the_call_ends_with_what_the_writer_met() -> None:
    async def gone(frame: Frame) -> None:
        raise anyio.BrokenResourceError

    async def call() -> None:
        async with emitting(gone) as emitter:
            emitter.text(1, "hello")
            await anyio.Event().wait()

    with ending():
        began = clock().time()
        with pytest.raises(anyio.BrokenResourceError):
            await call()
        assert clock().time() == began
