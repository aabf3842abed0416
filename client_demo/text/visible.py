"""Characters that cannot be seen, or be told from others, by their names.

Pure. Knows Unicode's names and categories.
"""

from __future__ import annotations

import unicodedata

SHOWN = {" ": "\u00b7", "\t": "\u2192", "\n": "\u21b5"}
_MARKS = frozenset({"Mc", "Me", "Mn"})
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_JAMO = ("\u1100", "\u11ff")
"""Parts of Korean syllables, which terminals draw as the whole ones that they are told from."""


def name_of(letter: str) -> str:
    """A character's code point and name."""
    known = unicodedata.name(letter, "") or {"\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\t": "TAB"}.get(
        letter, ""
    )
    return f"U+{ord(letter):04X} {known}".rstrip()


def visible(text: str) -> str:
    """A text in which every character can be seen, and told from every other; others than signs by name."""
    return "".join(_visible(letter) for letter in text)


def _visible(letter: str) -> str:
    if letter in SHOWN:
        return SHOWN[letter]
    category = unicodedata.category(letter)
    named = letter in "<>" or letter in SHOWN.values() or category in _UNSEEN | _MARKS
    return f"<{name_of(letter)}>" if named or _JAMO[0] <= letter <= _JAMO[1] else letter


def readable(text: str) -> str:
    """A text that both sides have, as it is, but for what a terminal would act on or show as nothing."""
    return "".join(_readable(letter) for letter in text)


def _readable(letter: str) -> str:
    if letter in " \n":
        return letter.strip("\n")
    return f"<{name_of(letter)}>" if unicodedata.category(letter) in _UNSEEN else letter
