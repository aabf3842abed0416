"""Progress that any host understands: numbers that only grow, few messages, and the last one always told."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.clock import clock, ending, on_a_clock, passed, settled
from tests.core.values import any_text, steady
from throughline.server.status import (
    BEAT_S,
    LAST_GAP_S,
    MESSAGE_CHARS,
    PACE_S,
    Progress,
    StatusReporter,
    words,
)

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock

numbers = st.floats() | st.integers(-3, 10)
said = st.lists(st.none() | st.tuples(numbers, st.none() | numbers), max_size=20)


@given(said)
@steady
def test_progress_is_finite_and_only_grows_whatever_the_tool_says(
    said: list[tuple[float, float | None] | None],
) -> None:
    progress, last = Progress(), 0.0
    for one in said:
        now, total = progress.step() if one is None else progress.reach(*one)
        assert json.loads(json.dumps(now)) > last
        assert math.isfinite(now)
        assert total is None or math.isfinite(total)
        last = now


def test_progress_grows_when_the_end_becomes_known_after_all() -> None:
    progress = Progress()
    before = [progress.step()[0] for _ in range(3)]
    after = [progress.reach(part, 4) for part in (1, 2, 2, 4)]
    assert before == [1, 2, 3]
    assert [now for now, _ in after] == pytest.approx([4, 5, 5, 7], abs=0.001)
    assert {total for _, total in after} == {7}
    assert after[1][0] < after[2][0] < after[3][0]


def test_the_fraction_is_the_tools_own_where_it_knew_the_end_from_the_start() -> None:
    progress = Progress()
    assert [progress.reach(part, 4) for part in (1, 2, 4)] == [(1, 4), (2, 4), (4, 4)]


def test_a_tool_that_goes_back_is_not_followed() -> None:
    progress = Progress()
    ahead, _ = progress.reach(3, 4)
    back, total = progress.reach(1, 4)
    assert ahead < back < ahead + 0.001
    assert total == 4


@given(any_text.map(lambda text: f"{text}\n\t {text}" * 30))
@steady
def test_a_message_is_one_short_line(text: str) -> None:
    assert len(words(text)) <= MESSAGE_CHARS
    assert len(words(text).splitlines()) <= 1


def test_a_message_that_is_cut_says_so() -> None:
    assert words("a  b\nc") == "a b c"
    assert words("x" * MESSAGE_CHARS) == "x" * MESSAGE_CHARS
    assert words("x" * 201) == "x" * 199 + "…"


class Host:
    """What a host was told, and when."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.times: list[float] = []
        self.numbers: list[tuple[float, float | None]] = []
        self.reads = anyio.Event()
        self.reads.set()

    async def __call__(self, progress: float, total: float | None, message: str) -> None:
        self.times.append(clock().time())
        self.told.append(message)
        self.numbers.append((progress, total))
        await self.reads.wait()


@asynccontextmanager
async def reporting(host: Host) -> AsyncIterator[StatusReporter]:
    """A reporter as a call has it, from its first line to the moment before its result."""
    reporter = StatusReporter(host)
    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reporter.run)
            yield reporter
            reporter.close()


async def test_the_first_message_goes_at_once() -> None:
    host = Host()
    async with reporting(host) as reporter:
        began = clock().time()
        await reporter.status("looking")
        await settled()
        assert (host.told, host.times) == (["looking"], [began])


async def test_a_host_is_told_four_times_a_second_and_no_more_and_always_the_latest() -> None:
    host = Host()
    async with reporting(host) as reporter:
        began = clock().time()
        for number in range(1000):
            await reporter.status(f"step {number}", progress=number, total=1000)
            await passed(0.01)
    seconds = host.times[-1] - began
    assert len(host.told) <= seconds * 4 + 2
    assert len(host.told) >= seconds * 4 - 2
    assert all(
        later - sooner >= PACE_S - 1e-9
        for sooner, later in zip(host.times[:-2], host.times[1:-1], strict=True)
    )
    assert host.told[-1] == "step 999"
    assert [int(message.split()[1]) for message in host.told] == sorted(
        {int(message.split()[1]) for message in host.told}
    )
    assert [now for now, _ in host.numbers] == sorted({now for now, _ in host.numbers})


async def test_the_last_message_is_told_however_soon_the_end_comes() -> None:
    host = Host()
    async with reporting(host) as reporter:
        for message in ("first", "second", "third"):
            await reporter.status(message)
    assert host.told == ["first", "third"]


async def test_the_last_message_is_told_though_the_host_was_slow_with_the_one_before() -> None:
    host = Host()
    async with reporting(host) as reporter:
        host.reads = anyio.Event()
        await reporter.status("first")
        await settled()
        await reporter.status("last")
        reporter.close()
        await settled()
        host.reads.set()
    assert host.told == ["first", "last"]


async def test_the_result_keeps_its_distance_from_the_last_message() -> None:
    host = Host()
    async with reporting(host) as reporter:
        await reporter.status("nearly done")
        await settled()
    assert clock().time() - host.times[-1] == pytest.approx(LAST_GAP_S)


async def test_a_tool_that_says_nothing_costs_nothing() -> None:
    host = Host()
    began = clock().time()
    async with reporting(host) as reporter:
        await reporter.partial({"anything": 1})
    assert (host.told, clock().time()) == ([], began)


async def test_messages_without_numbers_count_and_those_with_numbers_measure() -> None:
    host = Host()
    async with reporting(host) as reporter:
        await reporter.status("one")
        await passed(1)
        await reporter.status("half", progress=1, total=2)
        await passed(1)
        await reporter.status("still half")
    assert host.numbers == [(1, None), (2, 3), (pytest.approx(2, abs=0.001), 3)]
    assert host.numbers[2][0] > host.numbers[1][0]


async def test_a_host_hears_of_a_tool_that_works_in_silence() -> None:
    host = Host()
    async with reporting(host) as reporter:
        await passed(BEAT_S + 1)
        await reporter.status("reading")
        await passed(2 * BEAT_S + 1)
    assert host.told == ["Working (10 s)", "reading", "reading (10 s)", "reading (20 s)"]
