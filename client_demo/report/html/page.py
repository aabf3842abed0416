"""The comparison as one HTML file that needs nothing else: no network, no other file, no server.

Pure: the same story is the same bytes. Knows the template and what is inlined into it. Everything from a
recording is escaped by the template, or is JSON that no HTML parser can take for markup; the page's own
policy lets nothing run but these scripts, known by their hashes, and nothing be fetched.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from client_demo.report.clean import without_surrogates
from client_demo.report.html.data import timeline
from client_demo.report.html.readable import fit
from client_demo.report.html.selection import selected
from client_demo.report.html.told import page_of
from client_demo.report.story import Story

TEMPLATE, STYLE = "page.html.j2", "page.css"
SCRIPTS = ("moments.js", "drawing.js", "timeline.js", "page.js")
"""Each builds on those before it; together they are one script."""
LICENSE = "vendor/uPlot.LICENSE"
LIBRARY, LIBRARY_STYLE = "vendor/uPlot.iife.min.js", "vendor/uPlot.min.css"


def html_page(story: Story) -> str:
    """Draw the whole page."""
    shown = selected(story.evidence, story.findings)
    drawn = timeline(shown, story.findings)
    style = f"{_text(LIBRARY_STYLE)}\n{_text(STYLE)}"
    scripts = (
        f"/*\n{_text(LICENSE)}*/\n{_text(LIBRARY)}",
        "\n".join(_text(f"script/{name}") for name in SCRIPTS),
    )
    page = (
        _environment()
        .get_template(TEMPLATE)
        .render(
            page=page_of(story, shown, drawn),
            data=Markup(drawn.json),  # escaped by `data.in_script`
            policy=policy(style, *scripts),
            style=Markup(style),  # ours
            library=Markup(scripts[0]),  # ours
            script=Markup(scripts[1]),  # ours
        )
    )
    return without_surrogates(page)


def policy(style: str, *scripts: str) -> str:
    """The page's own Content Security Policy: nothing comes from anywhere, nothing else runs."""
    allowed = " ".join(f"'sha256-{_hash(one)}'" for one in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'sha256-{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=DictLoader({TEMPLATE: _text(TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: fit(value) if type(value) is str else value,
    )
