"""The page in a real Chromium: what a reader sees, does and reaches, and what nobody can make it do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.html.conftest import Opener
from tests.html.made import PATH, Made, lossy, many, story

PHONE = {"width": 360, "height": 740}
PNG_BYTES = 10_000
CONTRASTS = Path(__file__).with_name("contrasts.js")


def test_the_page_opens_without_a_complaint_and_fetches_nothing(opened: Opener) -> None:
    one = opened(lossy())
    expect(one.page.locator("#lanes canvas")).to_be_visible()
    assert one.lanes("rows") == 6
    assert one.clean, (one.said, one.asked)


def test_the_verdict_and_the_matrix_are_above_the_fold(opened: Opener) -> None:
    page = opened(lossy()).page
    expect(page.locator(".headline")).to_have_text(
        "held (1 of 2 paths) differs from local; bridged sees what local sees."
    )
    for place in (".headline", "#matrix tbody tr:last-child"):
        expect(page.locator(place)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scripted", [True, False])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, {"width": 360, "height": 740}])
def test_however_long_the_prompt_is_the_verdict_is_in_sight_and_the_prompt_one_key_away(
    opened: Opener, size: dict[str, int], *, scripted: bool
) -> None:
    prompt = "\n".join(f"{n} {'long ' * 20}" for n in range(40))
    told = replace(lossy(), header=replace(lossy().header, prompt=prompt))
    page = opened(told, viewport=size, java_script_enabled=scripted).page
    expect(page.locator(".headline")).to_be_in_viewport(ratio=1)
    whole = page.locator(".whole blockquote")
    expect(whole).to_be_hidden()
    page.get_by_text("The whole prompt").focus()
    page.keyboard.press("Enter")
    expect(whole).to_be_visible()
    expect(whole).to_contain_text("39 long")


def test_a_short_prompt_stands_whole(opened: Opener) -> None:
    page = opened(lossy()).page
    expect(page.locator("h1")).to_have_text("What is in the bedroom?")
    assert page.get_by_text("The whole prompt").count() == 0


def test_without_javascript_everything_but_the_timeline_reads(opened: Opener) -> None:
    page = opened(lossy(), java_script_enabled=False).page
    for text in ("held (1 of 2 paths) differs", "! 0 of 2", "TOKENS_STOP_AT_BOUNDARY", "There is a bed."):
        expect(page.locator("main")).to_contain_text(text)
    assert page.locator("#runs tbody tr").count() == 12
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("#lanes")).to_be_hidden()


def test_a_drag_zooms_and_a_double_click_shows_everything_again(opened: Opener) -> None:
    one = opened(lossy())
    whole = one.lanes("from"), one.lanes("to")
    box = one.plot()
    y = box["y"] + 60
    one.page.mouse.move(box["x"] + box["width"] * 0.4, y)
    one.page.mouse.down()
    one.page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    one.page.mouse.up()
    one.settled()
    span = one.lanes("to") - one.lanes("from")
    assert span == pytest.approx((whole[1] - whole[0]) * 0.1, rel=0.05)
    one.page.mouse.dblclick(box["x"] + box["width"] / 2, y)
    one.settled()
    assert (one.lanes("from"), one.lanes("to")) == pytest.approx(whole)
    assert one.clean


def test_keys_pan_zoom_choose_runs_and_step_through_events(opened: Opener) -> None:
    one = opened(lossy())
    rows = one.page.locator("#rows")
    rows.focus()
    start = one.lanes("from"), one.lanes("to")
    for key, moved in (("+", 1), ("ArrowRight", 1), ("ArrowLeft", -1), ("-", -1)):
        before = one.lanes("from")
        rows.press(key)
        one.settled()
        assert (one.lanes("from") - before) * moved > 0, key
    rows.press("Escape")
    one.settled()
    assert (one.lanes("from"), one.lanes("to")) == pytest.approx(start)
    rows.press("ArrowDown")
    expect(rows.locator('[aria-selected="true"]')).to_contain_text("held")
    for text in ("message 1: tools/call", "request 50: whole, 0 tokens"):
        rows.press("Shift+ArrowRight")
        expect(one.page.locator("#pinned")).to_contain_text(text)
    expect(one.page.locator("#tip")).to_contain_text("provider, asked by the tool")
    assert one.clean


def test_the_timeline_is_reached_by_tab_and_its_focus_is_visible(opened: Opener) -> None:
    page = opened(lossy()).page
    page.locator("#all").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#rows")).to_be_focused()
    outline = page.locator('#rows [aria-selected="true"]').evaluate(
        "(one) => getComputedStyle(one).outlineWidth"
    )
    assert outline == "3px"


def test_pointing_at_an_event_tells_it_and_a_click_keeps_it(opened: Opener) -> None:
    one = opened(lossy(), at="#run-4-event-1")
    box = one.plot()
    share = (0.1 - one.lanes("from")) / (one.lanes("to") - one.lanes("from"))
    x, y = box["x"] + share * box["width"], box["y"] + 7 + 13 * 1.5
    one.page.mouse.move(x, y)
    for text in ("100.0 ms", "tool tokens", "run 4: astream:messages, local", "A\u00b7"):
        expect(one.page.locator("#tip")).to_contain_text(text)
    one.page.mouse.click(x, y)
    expect(one.page.locator("#pinned")).to_contain_text("event 1: messages")
    assert one.page.url.endswith("#run-4-event-1")
    assert one.clean


def test_filters_leave_the_runs_of_a_path_and_of_the_placements_chosen(opened: Opener) -> None:
    one = opened(lossy())
    one.page.locator("#of-path").select_option("ainvoke")
    expect(one.page.locator("#rows .row")).to_have_count(6)
    one.page.get_by_label("held").uncheck()
    expect(one.page.locator("#rows .row")).to_have_count(4)
    one.page.locator("#of-path").select_option("all 2 paths")
    expect(one.page.locator("#rows .row")).to_have_count(8)
    for name in ("local", "bridged"):
        one.page.get_by_label(name, exact=True).uncheck()
    expect(one.page.get_by_text("No run is left")).to_be_visible()
    assert one.clean


def test_an_exhibit_leads_to_its_event_in_the_timeline(opened: Opener) -> None:
    one = opened(lossy())
    link = one.page.locator(".exhibits a").first
    told = link.inner_text()
    assert "request" in told
    link.click()
    number = told.split()[1].rstrip(",")
    expect(one.page.locator("#pinned")).to_contain_text(f"run {number}: {PATH}, held")
    expect(one.page.locator("#rows")).to_be_focused()
    expect(one.page.locator("#timeline")).to_be_in_viewport()
    assert one.page.url.endswith(link.get_attribute("href") or "none")
    assert one.clean


def test_a_link_opens_the_page_at_an_event_of_a_path_that_was_not_shown(opened: Opener) -> None:
    one = opened(lossy(), at="#run-1-message-2")
    expect(one.page.locator("#pinned")).to_contain_text("message 2: result")
    expect(one.page.locator('#rows [aria-selected="true"]')).to_contain_text("run 1")
    assert one.page.locator("#of-path").input_value() == "0"


def test_a_cell_of_the_matrix_leads_to_its_run(opened: Opener) -> None:
    one = opened(lossy())
    one.page.locator("#matrix tr", has_text="ainvoke").locator("a").nth(1).click()
    expect(one.page.locator('#rows [aria-selected="true"]')).to_contain_text("held")
    assert one.page.locator("#of-path").input_value() == "0"


HOSTILE = (
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "<!--<script>",
    "]]></style><style>*{display:none}",
    '"><a href="javascript:window.hit=3" onfocus=window.hit=4 autofocus>',
    "{{ 7 * 7 }}{% raw %}",
    "a\u2028b\u2029c\u202e reversed \x00\x1b[31m",
    "lone \ud83d surrogate",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_from_a_recording_is_ever_run(opened: Opener, hostile: str) -> None:
    runs = [
        Made(1, words=(hostile, "x"), answer=hostile, result=hostile),
        Made(2, "held", words=(hostile,), answer=f"{hostile}.", result=f"{hostile} "),
        Made(3, "bridged", hostile, answer=None, status="error", error=hostile),
    ]
    one = opened(story(*runs, prompt=hostile, tool=hostile))
    rows = one.page.locator("#rows")
    rows.focus()
    for key in ("Home", "Shift+ArrowRight", "End"):
        rows.press(key)
    one.page.locator("#of-path").select_option(index=0)
    one.settled()
    assert one.page.evaluate("() => window.hit") is None
    assert one.page.locator("main img, main script, main style").count() == 0
    expect(one.page.locator("h1")).to_be_visible()
    assert one.clean, (one.said, one.asked)


INTRUDE = """() => {
  document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.hit = 1">');
  document.body.append(Object.assign(document.createElement("script"), { text: "window.hit = 2" }));
}"""


def test_the_policy_stops_what_would_run_if_it_got_in(opened: Opener) -> None:
    one = opened(lossy())
    one.page.evaluate(INTRUDE)
    one.settled()
    assert one.page.evaluate("() => window.hit") is None
    assert any("Content Security Policy" in line for line in one.said)


@pytest.mark.parametrize("width", [320, 360, 768, 1400])
def test_a_phone_need_not_scroll_sideways(opened: Opener, width: int) -> None:
    long = "x" * 300
    page = opened(
        story(Made(1), Made(2, "held", answer=long), prompt=long), viewport={"width": width, "height": 740}
    ).page
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


FINGERS = """([type, ...fingers]) => {
  const over = document.querySelector("#plot .u-over");
  fingers.forEach((clientX, n) => over.dispatchEvent(
    new PointerEvent(type, { pointerId: n + 2, pointerType: "touch", clientX, bubbles: true })));
}"""


def test_fingers_tap_move_and_spread_on_a_phone(opened: Opener) -> None:
    one = opened(lossy(), viewport=PHONE, has_touch=True, is_mobile=True)
    box = one.plot()
    share = (0.1 - one.lanes("from")) / (one.lanes("to") - one.lanes("from"))
    one.page.touchscreen.tap(box["x"] + share * box["width"], box["y"] + 7 + 15)
    expect(one.page.locator("#pinned")).to_contain_text("event 1: messages")
    one.page.locator("#zoom-in").tap()
    one.settled()
    start, span = one.lanes("from"), one.lanes("to") - one.lanes("from")
    for step in (["pointerdown", 250], ["pointermove", 200], ["pointerup", 200]):
        one.page.evaluate(FINGERS, step)
    one.settled()
    assert one.lanes("from") - start == pytest.approx(span * 50 / box["width"], rel=0.02)
    for step in (["pointerdown", 180, 280], ["pointermove", 155, 305], ["pointerup", 155, 305]):
        one.page.evaluate(FINGERS, step)
    one.settled()
    assert one.lanes("to") - one.lanes("from") == pytest.approx(span * 2 / 3, rel=0.02)
    assert one.clean


def test_the_theme_follows_the_system_and_can_be_turned(opened: Opener) -> None:
    one = opened(lossy(), color_scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = one.page.evaluate(ground)
    one.page.get_by_role("button", name="Light").click()
    assert one.page.evaluate(ground) == "rgb(255, 255, 255)" != dark
    one.page.get_by_role("button", name="Dark").click()
    assert one.page.evaluate(ground) == dark
    assert one.clean


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(opened: Opener, scheme: str) -> None:
    page = opened(lossy(), color_scheme=scheme).page
    assert page.evaluate(CONTRASTS.read_text()) == []


def test_a_great_recording_is_drawn_in_part_and_says_so(opened: Opener) -> None:
    one = opened(many(40_000))
    assert 0 < one.lanes("shown") < 70_000
    expect(one.page.locator("#timeline")).to_contain_text("of 80,008 events are drawn")
    one.page.locator("#rows").press("+")
    one.settled()
    assert one.clean


def test_a_frame_draws_no_more_than_is_in_sight(opened: Opener) -> None:
    one = opened(many(25_000))
    assert one.lanes("shown") > 49_000
    for _ in range(12):
        one.page.locator("#rows").press("+")
    one.settled()
    assert one.lanes("shown") < 2_000


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {"color_scheme": "light"}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": PHONE, "has_touch": True, "is_mobile": True}),
        ("print", {}),
    ],
)
def test_the_page_can_be_pictured(
    opened: Opener, tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    one = opened(lossy(), **options)
    if name == "print":
        one.page.emulate_media(media="print")
    picture = tmp_path / f"report-{name}.png"
    one.page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > PNG_BYTES
    assert one.clean
