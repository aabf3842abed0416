"""One call: its frames in order or an error with numbers, two limits of time, and no loss unsaid."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.clock import clock, ending, on_a_clock, passed, settled
from tests.core.values import steady
from throughline.client.call import Limits, RemoteCall
from throughline.errors import (
    ConnectionLost,
    DeadlineExceeded,
    FrameLost,
    LedgerMismatch,
    ProgressSuppressed,
    ThroughlineError,
    WireError,
)
from throughline.events import Event, Frame, Status, Tokens
from throughline.ledger import Ledger, Totals
from throughline.wire import FRAME, LEDGER, write_frame, write_ledger

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock


def frame(seq: int, *texts: str) -> Frame:
    return Frame(seq, (Tokens(1, texts or (f"t{seq} ",)),))


def meta(seq: int, *texts: str) -> dict[str, Any]:
    return write_frame(frame(seq, *texts))


def totals(*frames: Frame) -> Totals:
    ledger = Ledger()
    for one in frames:
        ledger.add(one)
    return ledger.totals()


def call(*, strict: bool = True, idle_s: float = 10.0, absolute_s: float = 60.0) -> RemoteCall:
    return RemoteCall(tool="ask", token="t-1", limits=Limits(idle_s, absolute_s), strict=strict)


async def heard(remote: RemoteCall) -> list[Event]:
    with ending():
        return [event async for event in remote.events()]


async def test_everything_is_heard_in_the_order_of_the_wire_and_before_the_result() -> None:
    remote = call()
    for seq in (1, 2, 3):
        remote.deliver(meta(seq))
    sent = totals(*(frame(seq) for seq in (1, 2, 3)))
    remote.finish(result="done", meta=write_ledger(sent, finish="stop"))
    assert await heard(remote) == [event for seq in (1, 2, 3) for event in frame(seq).events]
    ledger = remote.ledger()
    assert (ledger.received, ledger.sent, ledger.finish, ledger.findings) == (sent, sent, "stop", ())
    assert remote.result() == "done"


async def test_a_notification_that_is_no_frame_is_no_event() -> None:
    remote = call()
    for other in (None, {}, {"other/thing": 1}):
        remote.deliver(other)
    remote.deliver(meta(1))
    remote.finish(result="done")
    assert await heard(remote) == list(frame(1).events)


@pytest.mark.parametrize(
    ("seqs", "expected", "got", "words"),
    [
        ((1, 3), 2, 3, "Frame 2 is missing (expected 2, got 3)"),
        ((2,), 1, 2, "Frame 1 is missing (expected 1, got 2)"),
        ((1, 2, 2), 3, 2, "Frame 2 was repeated or came late (expected 3, got 2)"),
        ((1, 2, 1), 3, 1, "Frame 1 was repeated or came late (expected 3, got 1)"),
        ((0,), 1, 0, "Frame 0 was repeated or came late (expected 1, got 0)"),
    ],
)
async def test_a_frame_out_of_order_is_an_error_with_its_numbers(
    seqs: tuple[int, ...], expected: int, got: int, words: str
) -> None:
    remote = call()
    for seq in seqs:
        remote.deliver(meta(seq))
    remote.finish(result="done")
    with pytest.raises(FrameLost) as lost:
        await heard(remote)
    assert (lost.value.expected_seq, lost.value.got_seq) == (expected, got)
    assert str(lost.value).startswith(words)


async def test_a_lenient_call_warns_once_of_each_kind_of_trouble(caplog: pytest.LogCaptureFixture) -> None:
    remote = call(strict=False)
    for seq in (1, 3, 5, 7):
        remote.deliver(meta(seq))
    remote.finish(result="done")
    with caplog.at_level(logging.WARNING):
        await heard(remote)
    assert len(remote.ledger().findings) == 3
    [warning] = caplog.records
    assert "Frame 2 is missing" in warning.getMessage()


@given(st.permutations(range(1, 7)), st.sets(st.integers(1, 6)), st.lists(st.integers(1, 6), max_size=3))
@steady
async def test_a_lenient_call_plays_each_frame_once_and_says_what_went_wrong(
    order: list[int], lost: set[int], again: list[int]
) -> None:
    arriving = [seq for seq in order if seq not in lost] + [seq for seq in again if seq not in lost]
    remote = call(strict=False)
    for seq in arriving:
        remote.deliver(meta(seq))
    sent = totals(*(frame(seq) for seq in range(1, 7)))
    remote.finish(result="done", meta=write_ledger(sent, finish="stop"))
    events = await heard(remote)
    played = [int(event.texts[0][1:]) for event in events if isinstance(event, Tokens)]
    assert sorted(played) == sorted(set(arriving))
    assert remote.result() == "done"
    assert bool(remote.ledger().findings) == (arriving != list(range(1, 7)))


async def test_what_was_counted_out_and_not_in_is_an_error_with_both_numbers() -> None:
    remote = call()
    remote.deliver(meta(1))
    remote.finish(result="done", meta=write_ledger(totals(frame(1), frame(2, "a", "bc")), finish="stop"))
    await heard(remote)
    with pytest.raises(LedgerMismatch) as mismatch:
        remote.ledger()
    assert "2 frames, 2 events, 3 tokens, 6 characters" in str(mismatch.value)
    assert "1 frames, 1 events, 1 tokens, 3 characters arrived" in str(mismatch.value)


async def test_a_text_that_was_changed_on_the_way_is_noticed_though_it_is_as_long() -> None:
    remote = call()
    remote.deliver(meta(1, "abc"))
    remote.finish(result="done", meta=write_ledger(totals(frame(1, "abd")), finish="stop"))
    await heard(remote)
    with pytest.raises(LedgerMismatch):
        remote.ledger()


async def test_a_proxy_that_swallows_all_progress_is_named_as_that() -> None:
    remote = call()
    remote.finish(result="done", meta=write_ledger(totals(frame(1), frame(2)), finish="stop"))
    await heard(remote)
    with pytest.raises(ProgressSuppressed, match="'ask'"):
        remote.ledger()


async def test_a_server_that_keeps_no_ledger_is_believed() -> None:
    remote = call()
    remote.deliver(meta(1))
    remote.finish(result="done", meta=None)
    await heard(remote)
    assert remote.ledger().sent is None


@pytest.mark.parametrize("broken", [{FRAME: 1}, {FRAME: {"seq": 1, "events": [{"type": "song"}]}}])
async def test_a_malformed_frame_is_an_error_or_where_lenient_a_finding(broken: dict[str, Any]) -> None:
    strict, lenient = call(), call(strict=False)
    for remote in (strict, lenient):
        remote.deliver(broken)
        remote.finish(result="done")
    with pytest.raises(WireError, match="malformed"):
        await heard(strict)
    assert await heard(lenient) == []
    [finding] = lenient.ledger().findings
    assert "malformed" in str(finding)


async def test_a_malformed_ledger_is_an_error_or_where_lenient_a_finding() -> None:
    strict, lenient = call(), call(strict=False)
    for remote in (strict, lenient):
        remote.deliver(meta(1))
        remote.finish(result="done", meta={LEDGER: {"frames": "many"}})
        await heard(remote)
    with pytest.raises(WireError, match="ledger is malformed"):
        strict.ledger()
    ledger = lenient.ledger()
    assert (ledger.sent, len(ledger.findings)) == (None, 1)
    assert lenient.result() == "done"


async def test_what_failed_fails_the_call_after_what_had_come_before() -> None:
    remote, events = call(), []

    async def listen() -> None:
        async for event in remote.events():
            events.append(event)  # noqa: PERF401 - what was heard before it failed

    remote.deliver(meta(1))
    remote.finish(error=LookupError("gone"))
    with ending(), pytest.raises(LookupError, match="gone"):
        await listen()
    assert events == list(frame(1).events)


async def test_a_lost_connection_is_told_after_what_had_come_before_and_counts_it() -> None:
    remote = call()
    remote.deliver(meta(1, "a", "b"))
    remote.lose()
    with pytest.raises(ConnectionLost, match="after 2 tokens") as lost:
        await heard(remote)
    assert (lost.value.tool, lost.value.tokens) == ("ask", 2)


async def test_the_first_word_about_the_end_counts() -> None:
    remote = call()
    remote.finish(result="done")
    remote.finish(error=LookupError("something went wrong too"))
    remote.lose()
    assert await heard(remote) == []
    assert (remote.result(), remote.done) == ("done", True)


async def limited(remote: RemoteCall, feed: Callable[[], Any]) -> tuple[DeadlineExceeded, float]:
    """The limit that a call runs into while it is fed, and when it did."""
    began = clock().time()
    failure: DeadlineExceeded | None = None
    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feed)
            try:
                async for _ in remote.events():
                    pass
            except DeadlineExceeded as error:
                failure = error
            took_s = clock().time() - began
            tasks.cancel_scope.cancel()
    assert failure is not None
    return failure, took_s


async def test_silence_runs_into_the_idle_limit() -> None:
    remote = call(idle_s=10, absolute_s=60)
    error, took_s = await limited(remote, settled)
    assert took_s == pytest.approx(10)
    assert (error.kind, error.limit_s, error.tokens, error.tool) == ("idle", 10, 0, "ask")
    assert "sent nothing for 10 s (idle limit), 0 tokens had arrived" in str(error)
    assert "raise the idle limit" in error.remedy


def beat(seq: int) -> dict[str, Any]:
    return write_frame(Frame(seq, ()))


def no_frame(seq: int) -> None:
    """Plain progress, as a server sends it that does not know us."""


@pytest.mark.parametrize("sign", [beat, no_frame, meta])
async def test_every_sign_of_life_renews_the_idle_limit_and_never_the_absolute_one(
    sign: Callable[[int], Any],
) -> None:
    remote, seq = call(idle_s=10, absolute_s=60), 0

    async def feed() -> None:
        nonlocal seq
        while True:
            await passed(9)
            seq += 1
            remote.deliver(sign(seq))

    error, took_s = await limited(remote, feed)
    assert took_s == pytest.approx(60)
    assert (error.kind, error.limit_s) == ("absolute", 60)
    assert "was not done within 60 s (absolute limit)" in str(error)
    assert seq == 6


async def test_the_idle_limit_starts_anew_with_the_last_frame() -> None:
    remote = call(idle_s=10, absolute_s=60)

    async def feed() -> None:
        await passed(7)
        remote.deliver(meta(1, "a", "b"))

    error, took_s = await limited(remote, feed)
    assert took_s == pytest.approx(17)
    assert (error.kind, error.tokens) == ("idle", 2)


async def test_a_server_that_never_pauses_still_runs_into_the_absolute_limit() -> None:
    remote, began = call(idle_s=10, absolute_s=60), clock().time()

    async def listen() -> None:
        seq = 1
        async for _ in remote.events():
            seq += 1
            remote.deliver(meta(seq))  # there is always one more
            clock().pass_time(1)

    remote.deliver(meta(1))
    with ending(), pytest.raises(DeadlineExceeded) as limit:
        await listen()
    assert limit.value.kind == "absolute"
    assert clock().time() - began == pytest.approx(60, abs=2)


async def test_a_listener_who_is_slow_does_not_make_a_finished_call_late() -> None:
    remote = call(idle_s=10, absolute_s=60)
    for seq in (1, 2, 3):
        remote.deliver(meta(seq))
    remote.finish(result="done")
    events = []
    with ending():
        async for event in remote.events():
            events.append(event)
            clock().pass_time(50)
    assert len(events) == 3


async def test_no_limit_at_all_is_a_limit_too() -> None:
    remote = call(idle_s=float("inf"), absolute_s=float("inf"))
    with ending():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(heard, remote)
            await passed(900)
            remote.deliver(write_frame(Frame(1, (Status("still here"),))))
            remote.finish(result="done")
    assert remote.result() == "done"


def test_every_error_of_a_call_is_one_sentence() -> None:
    errors: list[ThroughlineError] = [
        FrameLost(expected_seq=2, got_seq=4),
        LedgerMismatch(sent=str(totals(frame(1))), received=str(totals())),
        ProgressSuppressed(tool="ask", frames=3),
        DeadlineExceeded(tool="ask", kind="idle", limit_s=0.5, tokens=3),
    ]
    for error in errors:
        assert "\n" not in str(error)
        assert str(error).endswith(".")
        assert error.remedy
        assert error.remedy in str(error)
