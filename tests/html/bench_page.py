"""How long a frame of the timeline takes, by how many events are in sight: to be run by hand.

    python -m tests.html.bench_page [EVENTS ...]

A pan and a zoom are keys pressed in a real Chromium; a frame is what the page does between the key and the
next paint, on the page's own clock; a browser paints every 16.7 ms. Without a graphics card these are upper
bounds.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from client_demo.report.html import html_page
from tests.html.made import many

EVENTS = (5_000, 50_000, 200_000)
KEYS = {"pan": ["ArrowRight", "ArrowLeft"], "zoom": ["+", "-"]}
FRAMES = """async (keys) => {
  const [rows, lanes] = ["rows", "lanes"].map((id) => document.getElementById(id)), took = [], paints = [];
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const shown = Number(lanes.dataset.shown), middle = (of) => of.sort((a, b) => a - b)[20];
  for (let n = 0; n < 40; n++) {
    await painted();
    const start = performance.now(), from = lanes.dataset.from;
    rows.dispatchEvent(new KeyboardEvent("keydown", { key: keys[n % 2], bubbles: true }));
    await new Promise((done) => setTimeout(done));
    took.push(performance.now() - start);
    if (lanes.dataset.from === from) throw new Error("nothing was drawn");
    await painted();
    paints.push(performance.now() - start);
  }
  return [shown, middle(took), took[39], middle(paints), paints[39]];
}"""


def measure(page: Page, path: Path, events: int) -> None:
    """Print the frames of one page."""
    story = many(events // 2)
    started = time.perf_counter()
    text = html_page(story)
    drawn_s = time.perf_counter() - started
    path.write_text(text, encoding="utf-8")
    started = time.perf_counter()
    page.goto(path.as_uri())
    opened_s = time.perf_counter() - started
    size = f"page of {len(text) / 1e6:.1f} MB"
    say(f"{events:,} events: {size} made in {drawn_s:.2f} s, open in {opened_s:.2f} s")
    page.locator("#rows").press("+")
    for what, keys in KEYS.items():
        shown, script, longest, painted, last = page.evaluate(FRAMES, keys)
        say(
            f"  {what}, {shown:,} in sight: script {script:.1f} ms (longest {longest:.1f}), "
            f"painted after {painted:.1f} ms (longest {last:.1f})"
        )


def say(line: str) -> None:
    """Write a line of the result."""
    sys.stdout.write(f"{line}\n")


def run(sizes: list[int]) -> None:
    """Measure pages of these sizes."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        for events in sizes:
            measure(page, Path(folder) / "report.html", events)
        browser.close()


if __name__ == "__main__":
    run([int(one) for one in sys.argv[1:]] or list(EVENTS))
