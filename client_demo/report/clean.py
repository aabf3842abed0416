"""What a terminal would act on, taken out of what is shown there: it came from a recording, from anybody.

Knows rich's segments; knows nothing of what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

NOT_SHOWN = "\ufffd"
# Controls but for tabs and new lines, what turns the direction of writing, and halves of characters.
_ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """A text that can be written in UTF-8, whatever a server sent."""
    return _SURROGATES.sub(NOT_SHOWN, text)


def clean(text: str) -> str:
    """A text that does nothing but stand there."""
    return _ACTED_ON.sub(NOT_SHOWN, text)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The same as what it holds, in rich's own styles and without anybody else's."""

    shown: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for text, style, control in console.render(self.shown, options):
            yield Segment(text if control else clean(text), style, control)
