"""What differs, as it is told: whether it follows the path, and the place where two texts part."""

from __future__ import annotations

from client_demo.causes.differences import Difference, differences
from client_demo.causes.stats import permutation_test
from client_demo.report.apart import SHOWN, document, drawn, told
from tests.causes.world import World


def difference(*groups: tuple[str, ...], aspect: str = "answer", needed: int | None = None) -> Difference:
    names = ("ainvoke", "astream:messages", "events:v2")
    return Difference(
        aspect=aspect,
        between="paths",
        within="local",
        groups=dict(zip(names, groups, strict=False)),
        test=permutation_test(groups),
        noise=any(len(set(labels)) > 1 for labels in groups),
        needed=needed,
    )


def test_two_texts_are_shown_around_the_place_where_they_part() -> None:
    left, right = "word " * 40 + "a lamp.", "word " * 40 + "a  lamp."
    lines = list(told([difference((left,) * 4, (right,) * 4)]))
    assert lines[1] == "  answer, local: it follows the paths (p = 0.029 over 8 runs)"
    assert lines[2] == "      ainvoke:          ..." + ("word " * 40 + "a ")[-36:] + "lamp."
    assert lines[3] == "      astream:messages: ..." + ("word " * 40 + "a ")[-36:] + "[·]lamp."


def test_outcomes_that_vary_within_a_path_are_told_of_that_path() -> None:
    lines = list(told([difference(("one", "two"), ("one", "two"))]))
    assert "varies as much within one of the paths" in lines[1]
    assert [line.split()[0] for line in lines[2:]] == ["ainvoke:", "ainvoke,"]


def test_results_of_tools_are_compared_as_the_texts_that_they_are() -> None:
    lines = list(told([difference(('["a\\nb"]',), ('["a\\nc"]',), aspect="tool results", needed=4)]))
    assert lines[1].endswith("too few runs to tell it from chance (p = 1 over 2 runs); 4 of each would do")
    assert [line.split()[1] for line in lines[2:]] == ["[b]", "[c]"]


def test_many_differences_are_cut_short_with_the_established_ones_first() -> None:
    vague, clear = difference(("one",), ("two",)), difference(("one",) * 4, ("two",) * 4)
    lines = list(told([vague] * SHOWN + [clear]))
    assert "follows the paths" in lines[1]
    assert lines[-1] == "  and 1 more: --json has them all"
    assert drawn([vague]).plain.splitlines() == list(told([vague]))


def test_nothing_is_said_where_nothing_differs() -> None:
    assert not differences(World().evidence(("local",), ["ainvoke", "astream:values"], repeat=2))
    assert list(told([])) == []
    assert document([]) == []


def test_programs_are_told_which_outcomes_are_alike_without_the_texts() -> None:
    [row] = document([difference(("x", "y"), ("y", "y"))])
    assert row["outcomes"] == {"ainvoke": [0, 1], "astream:messages": [1, 1]}
    assert (row["exact"], row["established"], row["noise"]) == (True, False, True)
