"""Markdown for a comment: as it is rendered, not as it is written; what came from elsewhere is text."""

from __future__ import annotations

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from client_demo.causes.findings import Exhibit, Finding
from client_demo.experiment.compare import Plan
from client_demo.report.gate import breaches, read_conditions
from client_demo.report.markdown import LIMIT, markdown
from tests.compare.made import run, silent
from tests.report.made import story

PLAN = Plan("What is here?", "list_items", ("local", "adapters", "bridged"), ("ainvoke", "astream:messages"))
RUNS = (
    *(silent(name, "ainvoke") for name in PLAN.placements),
    *(run(), silent("adapters"), run("bridged")),
)
HOSTILE = (
    "a | b `code` *b* <img src=x onerror=alert(1)> [x](http://evil) </details> @everyone #1 \\ www.evil.com\n"
    "# head\n\n```\nfence\n\u2028\x00\ud800"
)


def finding(says: str, *, code: str = "LOST_FRAMES", sentence: str = "Frames were lost.") -> Finding:
    return Finding(code, "harm", sentence, (Exhibit(1, "m", says),), "certain", "x.", ("held",), ("a",))


def rendered(text: str) -> str:
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))


def test_the_verdict_stands_first_then_the_matrix_then_what_unfolds() -> None:
    told = markdown(story(PLAN, RUNS))
    html = rendered(told)
    assert html.index("sees what local sees") < html.index("<table>") < html.index("<details>")
    assert re.search(r"<tr>\s*<td><code>astream:messages</code></td>\s*<td>2 tokens</td>", html)
    assert "<td>! 0 of 2</td>" in html
    assert "<td>= 2 of 2</td>" in html


def test_what_was_not_held_is_told() -> None:
    told = story(PLAN, RUNS)
    html = rendered(markdown(told, breaches(told, read_conditions(["loss"]))))
    assert "loss: adapters shows 0 of the 2 tool tokens on astream:messages that local shows." in html


def test_a_finding_unfolds_to_what_proves_it() -> None:
    told = replace(story(PLAN, RUNS), findings=(finding("said so"),))
    html = rendered(markdown(told))
    assert "<summary><b>LOST_FRAMES</b> (harm, certain): Frames were lost.</summary>" in html
    assert "run 1, m: said so" in html
    assert "remedy: x." in html


def test_nothing_that_came_from_elsewhere_is_alive() -> None:
    runs = (replace(run(), answer=HOSTILE), silent("bridged", status="error", error=HOSTILE, answer=None))
    told = story(replace(PLAN, prompt=HOSTILE, tool=HOSTILE, paths=("astream:messages", HOSTILE)), runs)
    html = rendered(markdown(replace(told, findings=(finding(HOSTILE, sentence=HOSTILE),))))
    assert "<img" not in html
    assert "<a " not in html
    assert "<h1>" not in html
    assert "<em>" not in html
    assert html.count("<details>") == html.count("</details>") == 3
    rows = re.findall(r"<tr>.*?</tr>", html, re.DOTALL)
    assert {len(re.findall("</t[hd]>", row)) for row in rows} == {4, 8}
    assert "@everyone" not in re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    markdown(told).encode()  # no half of a character is left


def test_it_fits_into_a_comment_and_says_that_it_was_cut() -> None:
    many = tuple(finding("x" * 130, sentence=f"{n} {'y' * 900}") for n in range(200))
    told = markdown(replace(story(PLAN, RUNS), findings=many))
    assert len(told) <= LIMIT
    assert "Cut here, because a comment holds 65,536 characters" in told.splitlines()[-1]
    assert told.count("<details>") == told.count("</details>")
    assert "sees what local sees" in told
