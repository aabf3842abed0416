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
    "# head\n\n```\nfence\n\u2028\x00\ud800\u202egip\u2066\u2069\u200f\x9b"
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
    assert {len(re.findall("</t[hd]>", row)) for row in rows} == {4, 9}
    assert "@everyone" not in re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    assert not re.search("[\x00-\x08\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", markdown(told))
    markdown(told).encode()  # no half of a character is left


def test_runs_stand_with_the_number_that_findings_name_them_by() -> None:
    again = replace(run("bridged"), cell=replace(run("bridged").cell, repeat=2))
    rows = re.findall(r"<tr>(.*?)</tr>", rendered(markdown(story(PLAN, (*RUNS, again)))), re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    assert cells[3][:4] == ["run", "path", "placement", "repeat"]
    assert cells[-1][:4] == ["7", "<code>astream:messages</code>", "bridged", "2"]


def test_a_note_has_one_bullet() -> None:
    told = markdown(story(PLAN, RUNS))
    assert "\u2022" not in told
    assert "\n- The first call of" in told


def test_a_long_prompt_unfolds_below_all_else() -> None:
    prompt = "\n".join(f"{n}. What is here?" for n in range(40))
    told = markdown(story(replace(PLAN, prompt=prompt), RUNS))
    assert len(told.splitlines()[0]) < 250
    assert told.splitlines()[0].endswith("...")
    html = rendered(told)
    assert (
        html.index("<table>") < html.index("<summary>The whole prompt</summary>") < html.index("39. What is")
    )
    assert "The whole prompt" not in markdown(story(PLAN, RUNS))


def test_it_fits_into_a_comment_and_says_that_it_was_cut() -> None:
    many = tuple(finding("x" * 130, sentence=f"{n} {'y' * 900}") for n in range(200))
    told = markdown(replace(story(PLAN, RUNS), findings=many))
    assert len(told) <= LIMIT
    assert "Cut here, because a comment holds 65,536 characters" in told.splitlines()[-1]
    assert told.count("<details>") == told.count("</details>")
    assert "sees what local sees" in told
