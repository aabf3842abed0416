"""The page as text: what stands in it for a reader without a script, and what never does."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from client_demo.report.html import html_page
from client_demo.report.story import story_of
from tests.html.made import PATH, Made, lines, lossy, story

PLACES = ("local", "bridged")


class Reader(HTMLParser):
    """Reads what a browser without scripts shows, and which addresses a page names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self._mute = 0
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mute += tag in ("script", "style")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        self._mute -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.text += f" {data}"


def test_the_same_story_is_the_same_page_byte_for_byte() -> None:
    assert html_page(lossy()).encode() == html_page(lossy()).encode()


def test_the_text_holds_question_verdict_matrix_findings_and_runs() -> None:
    read = Reader(html_page(lossy())).text
    for text in (
        "What is in the bedroom?",
        "held (1 of 2 paths) differs from local; bridged sees what local sees.",
        "2026-11-20 09:30 UTC",
        "list_items, the scripted model (not a model), 2 paths, 3 placements, 2 repeats",
        f"{PATH} 2 tokens ! 0 of 2 = 2 of 2",
        "TOKENS_STOP_AT_BOUNDARY",
        "put @streamed on the tool",
        "There is a bed. given by every run that came to an answer (12)",
        "0.10 0.10 0.17 0.22 2",
    ):
        assert text in read


def test_nothing_is_named_that_would_be_fetched() -> None:
    addresses = Reader(html_page(lossy())).addresses
    assert addresses
    assert all(one.startswith(("#", "data:")) for one in addresses)


def test_the_policy_allows_what_is_inlined_and_nothing_else() -> None:
    page = html_page(lossy())
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found is not None
    policy = found[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    inlined = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    assert len(inlined) == 3
    for one in inlined:
        assert b64encode(sha256(one.encode()).digest()).decode() in policy
    assert " style=" not in page.partition("<body>")[2].partition("<script>")[0]


def test_the_library_comes_with_its_licence() -> None:
    page = html_page(story(Made(1)))
    assert page.index("Permission is hereby granted") < page.index("var uPlot=")


def test_markup_from_a_recording_stays_text() -> None:
    hostile = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
    runs = [
        Made(1, answer=hostile, result=hostile),
        Made(2, "held", hostile, answer=None, status="error", error=hostile),
    ]
    page = html_page(story(*runs, prompt=hostile, tool=hostile))
    assert "<img" not in page
    assert page.count("</script>") == 3
    assert hostile in Reader(page).text


def test_what_acts_on_a_terminal_or_turns_a_text_around_is_shown_and_does_nothing() -> None:
    read = Reader(html_page(story(Made(1), prompt="a\x00b\x1b[31mc\u202ed\ud83de"))).text
    assert "a\u2400b\u241b[31mc<U+202E>d\ufffde" in read


def test_texts_that_differ_stand_side_by_side_with_their_white_space() -> None:
    page = html_page(story(Made(1, answer="A bed."), Made(2, "held", answer="A  bed.\n")))
    assert re.search(r"A.<ins>\u00b7</ins>bed\.<ins>\u21b5</ins>", page)
    assert "They differ only in how much white space there is" in page


def test_a_great_text_is_compared_in_part_and_says_so() -> None:
    texts = ["line\n" * 9_000, "LINE\n" * 9_000]
    read = Reader(html_page(story(Made(1, answer=texts[0]), Made(2, "held", answer=texts[1])))).text
    assert "The first 20000 of 45000 characters were compared. 120 of 4000 lines are shown." in read


def test_repeats_that_do_not_agree_show_the_worst_and_how_many() -> None:
    runs = [Made(1), Made(2, "bridged"), Made(3, repeat=2), Made(4, "bridged", repeat=2, words=())]
    read = Reader(html_page(story(*runs))).text
    assert f"{PATH} 2 tokens ! 0 of 2 1 of 2 runs" in read


def test_of_very_many_runs_the_page_shows_some_and_counts_all() -> None:
    runs = [Made(2 * n + at, place, repeat=n) for n in range(1, 601) for at, place in enumerate(PLACES)]
    read = Reader(html_page(story(*runs)))
    assert "1,000 of 1,200 runs are shown; all are in the recording." in read.text
    assert "given by every run that came to an answer (1200)" in read.text
    assert sum(one.startswith("run-") for one in read.ids) == 1_000


def test_every_run_has_a_place_that_links_can_name() -> None:
    read = Reader(html_page(lossy()))
    assert {f"run-{n}" for n in range(1, 13)} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def test_a_recording_that_was_cut_off_says_so_first() -> None:
    cut = [line for line in lines(Made(1), Made(2, "held")) if line.get("line") != "end" or line["run"] == 1]
    page = html_page(story_of(cut))
    assert "ends before its last run did" in Reader(page).text


def test_a_recording_without_a_run_is_a_page_all_the_same() -> None:
    assert "No run came to its end." in Reader(html_page(story())).text
