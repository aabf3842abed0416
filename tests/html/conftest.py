"""A browser for the page's tests, and pages opened in it with everything watched that they do.

Chromium is a package of the system (`make browser`); without it these tests are skipped, and say so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from client_demo.report.html import html_page
from client_demo.report.story import Story

NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Opened:
    """A page in the browser, and what it said and asked for meanwhile."""

    page: Page
    path: Path
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was complained of, and nothing was fetched but the page itself."""
        return not self.said and self.asked == [self.path.as_uri()]

    def lanes(self, name: str) -> float:
        """What the timeline says of its last frame."""
        return float(self.page.locator("#lanes").get_attribute(f"data-{name}") or "nan")

    def plot(self) -> FloatRect:
        """Where the timeline is, brought into view."""
        self.page.locator("#timeline").evaluate("(one) => one.scrollIntoView()")
        box = self.page.locator("#plot .u-over").bounding_box()
        assert box is not None
        return box

    def settled(self) -> None:
        """Come back when what was asked for has been drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


Opener = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module: a loop of its own is under it, which no async test bears."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on PATH: make browser")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a story's page as a file, in a window of its own; see `Browser.new_context` for its options."""
    contexts = []

    def open_(story: Story, *, at: str = "", **options: Any) -> Opened:
        path = tmp_path / "report.html"
        path.write_text(html_page(story), encoding="utf-8")
        size = options.pop("viewport", {"width": 1400, "height": 900})
        context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        contexts.append(context)
        one = Opened(context.new_page(), path)
        one.page.set_default_timeout(15_000)
        one.page.on("console", lambda message: one.said.append(message.text))
        one.page.on("pageerror", lambda error: one.said.append(str(error)))
        one.page.on("request", lambda request: one.asked.append(request.url))
        one.page.goto(path.as_uri() + at)
        one.asked[:] = [url.partition("#")[0] for url in one.asked]
        return one

    yield open_
    for context in contexts:
        context.close()
