"""The comparison as a picture for a README: an SVG of the terminal, self-contained, in fonts that are there.

Knows rich's SVG export. Takes out of it what would be loaded from elsewhere.
"""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from client_demo.report.clean import Cleaned
from client_demo.report.story import Story
from client_demo.report.terminal import picture

WIDTH = 100
# Black, red, green, yellow, blue, magenta, cyan, white: as they are, and bright.
NORMAL = "323a4a ff6b6b 5ed38a f0c65c 66a2ff c68cff 58ced6 d6dce6"
BRIGHT = "5c667a ff8282 82e6a5 fad782 8cb9ff d7aaff 82e1e6 ffffff"


def _colors(hexes: str) -> list[tuple[int, int, int]]:
    return [(n >> 16, n >> 8 & 255, n & 255) for n in (int(one, 16) for one in hexes.split())]


THEME = TerminalTheme((16, 20, 30), (214, 220, 230), _colors(NORMAL), _colors(BRIGHT))
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def svg(story: Story) -> str:
    """Draw the verdict and the paths by placement."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Cleaned(picture(story)))
    drawn = console.export_svg(title="throughline compare", theme=THEME)
    drawn = re.sub(r"@font-face\s*\{.*?\}", "", drawn, flags=re.DOTALL)
    return re.sub(r"font-family: ?(Fira Code|arial)[^;]*;", f"font-family: {FONTS};", drawn)
