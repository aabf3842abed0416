"""What came from a recording, made fit for a page: nothing in it can act on a reader's browser or eyes.

Pure. Escaping is the template's; here go characters that no markup can tame.
"""

from __future__ import annotations

import re

from client_demo.report.clean import without_surrogates

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Controls, and what turns the direction of a text around."""
C0_PICTURES = 0x2400


def fit(text: str) -> str:
    """A text in which controls are shown and do nothing."""
    return without_surrogates(_CONTROLS.sub(_shown, text))


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(C0_PICTURES + code) if code < 0x20 else f"<U+{code:04X}>"
