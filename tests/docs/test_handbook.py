"""The handbook's translations and links. Its pages are run by `make docs`, which CI calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.page import blocks
from tests.docs.run import HANDBOOK, PAGES, ROOT

TRANSLATED = sorted((HANDBOOK / "ko").glob("*.md"))
# What the Korean pages say otherwise (그래프, 본문, 콜백, ...), and what they never begin with a capital.
NOT_KOREAN = r"(?i:graph|body|callback|prompt|event|tag|code|list)|Tool|Agent|Chain|Bridge|Provider"


def name_of(page: Path) -> str:
    return page.relative_to(HANDBOOK if page.is_relative_to(HANDBOOK) else ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in TRANSLATED if page.name != "README.md"], ids=name_of)
def test_a_translation_has_the_blocks_of_its_page(page: Path) -> None:
    assert blocks(page) == blocks(HANDBOOK / page.name)


@pytest.mark.parametrize("page", TRANSLATED, ids=name_of)
def test_a_translation_has_one_word_for_a_thing(page: Path) -> None:
    code = r"^```.*?^```$|`[^`]*`"
    names = r"\[[^\]]*\]\(https?:[^)]*\)|\]\([^)]*\)|\*[^*\n]+\*"
    told = re.sub(f"{code}|{names}", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert not re.findall(rf"(?<![A-Za-z_])(?:{NOT_KOREAN})(?![A-Za-z_])", told)


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings as GitHub makes them: no capitals, punctuation or blanks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, *TRANSLATED, ROOT / "README.md"], ids=name_of)
def test_a_link_to_a_heading_finds_it(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert not [
        (target, anchor)
        for target, anchor in links
        if anchor not in headings(page.parent / target if target else page)
    ]


@pytest.mark.parametrize("page", [*PAGES, *TRANSLATED, ROOT / "README.md"], ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]
