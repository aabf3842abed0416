"""What the benchmark counts with: percentiles, turns, ratios, and the checks that a fault must trip."""

from __future__ import annotations

import pytest
from rich.console import Console

from client_demo.bench.errors import BenchBroken, expect
from client_demo.bench.goals import goal_of, missed
from client_demo.bench.interleave import interleaved
from client_demo.bench.machine import describe_machine
from client_demo.bench.outcome import Fact, Outcome, Ratio, Series, ratio
from client_demo.bench.sizes import FULL, QUICK
from client_demo.bench.stats import percentile, slope, summarize
from client_demo.bench.suites.parallel import Tally
from client_demo.bench.suites.soak import Look, judge
from client_demo.bench.table import show


def test_a_percentile_lies_between_the_two_nearest_samples() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([1.0, 2.0], 50) == 1.5
    assert percentile([float(number) for number in range(101)], 95) == 95.0
    assert percentile([7.0], 99) == 7.0


def test_a_slope_is_what_is_added_for_each_step() -> None:
    assert slope([1.0, 2.0, 3.0], [10.0, 12.0, 14.0]) == pytest.approx(2.0)
    assert slope([1.0, 1.0], [3.0, 4.0]) == 0.0


@pytest.mark.anyio
async def test_variants_are_run_in_turns_and_the_warm_up_is_kept_apart() -> None:
    order: list[str] = []

    def variant(name: str) -> object:
        async def sample() -> tuple[float, ...]:
            order.append(name)
            return (float(len(order)),)

        return sample

    series = await interleaved(
        {"a": variant("a"), "b": variant("b")},  # type: ignore[dict-item]
        unit="ms",
        rounds=4,
        tick=lambda: None,
    )
    assert "".join(order) == "ab" + "baabbaab"
    assert series["a"].warm_up == (1.0,)
    assert series["a"].samples == (4.0, 5.0, 8.0, 9.0)


def test_a_ratio_divides_medians_and_tells_how_it_varied_by_round() -> None:
    over = Series("over", "ms", ((2.0,), (4.0,), (9.0,)))
    under = Series("under", "ms", ((1.0,), (2.0,), (3.0,)))
    assert ratio("key", over, under) == Ratio("key", 2.0, 2.0, 2.5)
    assert ratio("key", over, under, percent=100).value == 3.0


def test_a_goal_is_a_limit_from_below_or_from_above() -> None:
    rates, calls = goal_of("throughput_vs_pipe"), goal_of("call_vs_raw")
    assert rates is not None
    assert calls is not None
    assert (rates.met(1.1), rates.met(0.9), calls.met(1.2), calls.met(1.3)) == (True, False, True, False)
    told = Ratio("throughput_vs_flushed_pipe", 0.1, 0.1, 0.1)
    late = Ratio("call_vs_raw", 2.0, 2.0, 2.0)
    assert missed((told, late)) == [late]


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (["1.0 ", "1.1 ", "1.2 "], (0, 0, 0)),
        (["1.0 ", "1.2 "], (1, 0, 0)),
        (["1.0 ", "1.2 ", "1.1 "], (0, 1, 0)),
        (["1.0 ", "1.1 ", "1.1 ", "1.2 "], (0, 1, 0)),
        (["1.0 ", "2.1 ", "1.2 "], (1, 0, 1)),
    ],
)
def test_a_lost_a_late_and_a_foreign_token_are_each_counted(
    texts: list[str], wrong: tuple[int, int, int]
) -> None:
    tally = Tally()
    tally.add(1, 3, texts)
    assert (tally.lost, tally.reordered, tally.misattributed) == wrong
    assert tally.perfect == (wrong == (0, 0, 0))


def test_memory_and_descriptors_that_grow_are_not_flat() -> None:
    flat = judge("client", [Look(number, 100.0, 10) for number in range(1, 41)])
    grown = judge("client", [Look(number, 100.0 + number, 10 + number) for number in range(1, 41)])
    assert [fact.holds for fact in flat] == [True, True]
    assert [fact.holds for fact in grown] == [False, False]
    assert grown[0].value["kib_a_call"] == pytest.approx(1024)


def test_a_run_that_did_not_do_its_work_is_not_timed() -> None:
    expect("nothing", 1, 1)
    with pytest.raises(BenchBroken, match="expected 3 and got 2"):
        expect("tokens", 3, 2)


def test_quick_is_smaller_in_no_way_larger_and_scaling_leaves_something_of_everything() -> None:
    assert FULL.soak_calls * FULL.soak_tokens == 1_000_000
    assert QUICK.parallel_calls == FULL.parallel_calls == 32
    assert all(getattr(QUICK, name) <= getattr(FULL, name) for name in FULL.__slots__)
    least = QUICK.scaled(1e-6)
    assert all(getattr(least, name) == 1 for name in least.__slots__)


def test_the_table_shows_what_was_measured_checked_and_aimed_at() -> None:
    series = Series("bridged tool", "us", ((1234.5, 10.0), (20.0, 30.0)))
    outcome = Outcome(
        (series,),
        (Ratio("call_vs_raw", 1.31, 1.2, 1.4), Ratio("throughput_vs_flushed_pipe", 2.0, 2.0, 2.0)),
        (Fact("nothing mixed", "3 lost", {"lost": 3}, holds=False), Fact("size", "small", {})),
        ("A note.",),
    )
    console = Console(width=110, record=True, quiet=True)
    machine = describe_machine() | {"load_after": [0.5], "took_s": 3.0}
    with console.capture() as captured:
        console.quiet = False
        show(console, machine, {"calls": outcome})
    text = captured.get()
    for words in ("bridged tool", "1.31", "<= 1.25", "not met", "does not hold", "A note.", "took 3 s"):
        assert words in text
    assert summarize(series.samples).n == 4
