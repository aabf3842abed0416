"""The kinds of arguments that tools take, with what is asked of them.

Knows pydantic's constraints; the words that describe an argument belong to its tool.
"""

from __future__ import annotations

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


NOT_BLANK = AfterValidator(_not_blank)
"""Blanks alone are no question. The text stays as it came: a body sees the same one in every placement."""
