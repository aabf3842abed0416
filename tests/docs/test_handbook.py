"""The handbook's translations and links. Its pages are run by `make docs`, which CI calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.page import blocks
from tests.docs.run import HANDBOOK, PAGES

TRANSLATED = sorted((HANDBOOK / "ko").glob("*.md"))


def name_of(page: Path) -> str:
    return page.relative_to(HANDBOOK).as_posix()


@pytest.mark.parametrize("page", [page for page in TRANSLATED if page.name != "README.md"], ids=name_of)
def test_a_translation_has_the_blocks_of_its_page(page: Path) -> None:
    assert blocks(page) == blocks(HANDBOOK / page.name)


@pytest.mark.parametrize("page", [*PAGES, *TRANSLATED], ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]
