"""What `--fail-on` says, read: which things a comparison must not come to.

Pure. Knows the words and what is wrong with others; knows no comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

from client_demo.errors import UsageError

Kind = Literal["loss", "difference", "error", "overhead"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTHING = "none"
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*%?")
HOW = "take loss, difference, error, overhead=10% (with commas between them), or none."


class ConditionUnknown(UsageError):
    """`--fail-on` names nothing that can be held against a comparison."""

    def __init__(self, given: str) -> None:
        self.given = given
        name = given.partition("=")[0].strip().lower()
        near = get_close_matches(name, [*KINDS, NOTHING], n=1, cutoff=0.4)
        self.nearest = near[0] if near else None
        meant = f"did you mean {self.nearest!r}? Otherwise " if self.nearest else ""
        remedy = _amiss(name) or f"{meant}{HOW}"
        super().__init__(f"--fail-on cannot hold {given!r} against a comparison", remedy=remedy)


def _amiss(name: str) -> str:
    """What is wrong with a name that is one."""
    if name == "overhead":
        return "write overhead=10%, the percentage that bridged may take over local."
    return f"{name} takes no value, write {name} alone." if name in (*KINDS, NOTHING) else ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must not be; `percent` is the limit of an overhead."""

    kind: Kind
    percent: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}={self.percent:g}%" if self.kind == "overhead" else self.kind


def read_conditions(given: Iterable[str]) -> tuple[Condition, ...]:
    """Read what `--fail-on` says. Raises: ConditionUnknown."""
    parts = [one.strip() for text in given for one in text.split(",") if one.strip()]
    if not parts:
        raise ConditionUnknown("")
    return tuple(dict.fromkeys(_condition(one) for one in parts if one.lower() != NOTHING))


def _condition(text: str) -> Condition:
    name, sign, value = text.partition("=")
    kind = next((one for one in KINDS if one == name.strip().lower()), None)
    limit = _LIMIT.fullmatch(value.strip())
    if kind is None or bool(sign) != (kind == "overhead") or (sign and limit is None):
        raise ConditionUnknown(text)
    return Condition(kind, float(limit[1]) if limit else 0.0)
