"""The permutation test against brute force, and what it says of too few runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import factorial, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_demo.causes.stats import permutation_test, runs_needed

GROUPS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), min_size=2, max_size=3).filter(
    lambda groups: sum(map(len, groups)) <= 7
)


def chi_square(groups: Sequence[Sequence[str]]) -> float:
    every = [label for group in groups for label in group]
    return sum(
        (group.count(label) - len(group) * every.count(label) / len(every)) ** 2
        / (len(group) * every.count(label) / len(every))
        for group in map(list, groups)
        for label in set(every)
    )


def brute_force(groups: Sequence[Sequence[str]]) -> float:
    """The share of all orders of the outcomes whose chi-square is as large as the observed one."""
    every = [label for group in groups for label in group]
    observed, hits, orders = chi_square(groups), 0, 0
    for order in permutations(every):
        at, dealt = 0, []
        for group in groups:
            dealt.append(order[at : at + len(group)])
            at += len(group)
        orders += 1
        hits += chi_square(dealt) >= observed - 1e-9
    return hits / orders


@settings(max_examples=25, deadline=None)
@given(GROUPS)
def test_the_exact_p_is_what_counting_every_order_gives(groups: list[list[str]]) -> None:
    test = permutation_test(groups)
    assert test.exact
    assert test.p == pytest.approx(brute_force(groups))


@given(GROUPS)
def test_the_names_of_outcomes_and_the_order_of_groups_do_not_matter(groups: list[list[str]]) -> None:
    renamed = [[{"a": 3, "b": 1, "c": 2}[label] for label in group] for group in reversed(groups)]
    assert permutation_test(renamed).p == pytest.approx(permutation_test(groups).p)


@given(GROUPS)
def test_the_dealings_are_as_many_as_there_are(groups: list[list[str]]) -> None:
    sizes = [len(group) for group in groups]
    assert permutation_test(groups).dealings == factorial(sum(sizes)) // prod(map(factorial, sizes))


def test_groups_that_keep_to_themselves_are_told_apart_by_four_runs_each() -> None:
    assert permutation_test(["aaa", "bbb"]).p == pytest.approx(0.1)
    assert permutation_test(["aaaa", "bbbb"]).p == pytest.approx(2 / 70)
    assert runs_needed(0.05) == 4
    assert runs_needed(0.05, ["a", "b"]) == 4
    assert runs_needed(0.01) == 5


def test_alike_groups_and_outcomes_that_never_repeat_can_never_be_told_apart() -> None:
    assert permutation_test(["ab", "ab"]).p == 1
    assert permutation_test(["ab", "cd"]).p == 1
    assert runs_needed(0.05, ["ab", "ab"]) is None
    assert runs_needed(0.05, ["aa", "aa"]) is None


def test_more_noise_takes_more_runs() -> None:
    clear, noisy = runs_needed(0.05, ["aaaa", "bbbb"]), runs_needed(0.05, ["aaab", "abbb"])
    assert clear is not None
    assert noisy is not None
    assert noisy > clear


def test_beyond_the_bound_p_is_estimated_and_says_so() -> None:
    groups = ["aab", "abb", "bbb"]
    exact, drawn = permutation_test(groups), permutation_test(groups, bound=3)
    assert not drawn.exact
    assert "about" in str(drawn)
    assert drawn.p == pytest.approx(exact.p, abs=0.03)
    assert permutation_test(groups, bound=3) == drawn


def test_many_paths_with_few_runs_each_are_exact_all_the_same() -> None:
    groups = [["x"] * 3] * 8 + [["y"] * 3] * 5
    test = permutation_test(groups)
    assert test.exact
    assert test.p < 0.001
    assert str(test) == "p < 0.001"
