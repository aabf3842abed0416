"""Readers who are not at a desk with a mouse: on paper, at 320 px, with a keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.html.conftest import Opener
from tests.html.made import Made, lossy, story
from tests.html.test_browser import CONTRASTS

A4 = {"width": 718, "height": 1047}
"""The pixels of a sheet within the margins that browsers leave."""
LONG_PATH = "astream:messages+tools+updates"
HEIGHTS = """() => addEventListener("beforeprint", () => {
  window.printed = ["lanes", "rows"].map((id) => document.getElementById(id).offsetHeight);
})"""
GROUND = """() => {
  const canvas = document.querySelector("#plot canvas");
  return [...canvas.getContext("2d").getImageData(canvas.width - 3, 40, 1, 1).data].slice(0, 3);
}"""
LIGHT_CHOSEN = [0xE3, 0xEE, 0xFB]


def test_every_row_is_printed_and_the_screen_is_as_it_was_afterwards(opened: Opener) -> None:
    one = opened(lossy(), color_scheme="dark", viewport={"width": 1280, "height": 400})
    before = one.page.evaluate(GROUND), one.page.locator("#lanes").bounding_box()
    one.page.evaluate(HEIGHTS)
    one.page.pdf(format="A4")
    pane, rows = one.page.evaluate("() => window.printed")
    assert pane > rows > 400
    one.settled()
    assert (one.page.evaluate(GROUND), one.page.locator("#lanes").bounding_box()) == before
    assert one.page.locator("details:not([open])").count()


@pytest.mark.parametrize("how", ["system", "button"])
def test_paper_is_light_whatever_the_screen_is(opened: Opener, how: str) -> None:
    one = opened(lossy(), color_scheme="dark" if how == "system" else "light", viewport=A4)
    if how == "button":
        one.page.locator("#theme").click()
        one.settled()
    dark = one.page.evaluate(GROUND)
    one.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    one.page.emulate_media(media="print")
    one.settled()
    assert one.page.evaluate(CONTRASTS.read_text()) == []
    assert one.page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert one.page.evaluate(GROUND) == LIGHT_CHOSEN != dark
    one.page.emulate_media(media="screen")
    one.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    one.settled()
    assert one.page.evaluate(GROUND) == dark


def test_paper_shows_the_timeline_to_its_right_end_and_the_legend_in_colors(opened: Opener) -> None:
    one = opened(lossy(), viewport={"width": 1400, "height": 900})
    one.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    one.page.emulate_media(media="print")
    one.page.set_viewport_size({"width": A4["width"], "height": A4["height"]})
    canvas, pane = (one.page.locator(at).bounding_box() for at in ("#plot canvas", "#lanes"))
    assert canvas is not None
    assert pane is not None
    assert canvas["x"] + canvas["width"] <= pane["x"] + pane["width"] <= A4["width"]
    swatch = one.page.locator(".legend i").first
    assert swatch.evaluate("(one) => getComputedStyle(one).printColorAdjust") == "exact"


@pytest.mark.parametrize("width", [320, 360])
def test_long_names_of_paths_need_no_sideways_scroll(opened: Opener, width: int) -> None:
    runs = [
        Made(n, where, LONG_PATH) for n, where in enumerate(("local", "adapters", "held", "bridged"), start=1)
    ]
    page = opened(story(*runs), viewport={"width": width, "height": 600}).page
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_keyboard_skips_to_the_verdict_the_findings_and_the_timeline(opened: Opener) -> None:
    page = opened(lossy()).page
    for number, name in enumerate(("verdict", "findings", "timeline"), start=1):
        page.reload()
        for _ in range(number):
            page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text(f"Skip to the {name}")
        expect(page.locator(":focus")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{name}")).to_be_focused()
        expect(page.locator(f"#{name} h2")).to_be_in_viewport()


def test_zooming_keeps_the_event_that_was_chosen_in_sight(opened: Opener) -> None:
    one = opened(lossy())
    rows = one.page.locator("#rows")
    rows.press("End")
    told = (one.page.locator("#pinned").text_content() or "").partition(" at ")[2].partition(" ms")[0]
    share = (float(told) / 1000 - one.lanes("from")) / (one.lanes("to") - one.lanes("from"))
    assert share > 0.6
    for _ in range(5):
        rows.press("+")
        one.settled()
    assert one.lanes("from") < float(told) / 1000 < one.lanes("to")
    assert one.clean


def test_the_button_of_the_theme_tells_what_it_does_now(opened: Opener) -> None:
    page = opened(lossy(), color_scheme="dark").page
    button = page.locator("#theme")
    expect(button).to_have_accessible_name("Light colors")
    button.click()
    expect(button).to_have_accessible_name("Dark colors")
    expect(button).to_have_text("Dark")
