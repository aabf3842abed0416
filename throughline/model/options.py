"""What the scripted model is asked to be: pace, length, faults and quirks, carried in its own name.

`scripted?tokens=200&pace_ms=0&fault=cut_arguments,slow_first_token&slow_ms=500&who=tool` is a model name like
any other, so it reaches the endpoint through every client. Knows the options' names and ranges, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl

from throughline.model.errors import ModelChoiceInvalid, nearest

NAME = "scripted"
PACE_MS = 5.0
SLOW_MS = 2000.0
AFTER = 3
MOST = 1_000_000
WHO = ("agent", "tool")

Fault = Literal["cut_arguments", "stop_midway", "error", "invalid_json", "slow_first_token", "error_midway"]
FAULTS: tuple[str, ...] = get_args(Fault)
Quirk = Literal["random", "bare_stream", "other_model_streaming"]
QUIRKS: dict[Quirk, str] = {
    "random": "No two texts that it answers with are the same.",
    "bare_stream": "A stream has ids of another kind, and no usage, logprobs, refusal or fingerprint.",
    "other_model_streaming": "A stream is another model's, in name and in words.",
}

_KEYS = ("tokens", "pace_ms", "fault", "slow_ms", "after", "who", *QUIRKS)


@dataclass(frozen=True, slots=True)
class ScriptOptions:
    """How the scripted model behaves.

    `pace_ms` lies between two tokens (0: all at once), `tokens` is the length of a default answer, `after`
    the number of tokens before a fault in mid-answer, `slow_ms` the wait of `slow_first_token`. `who` limits
    faults and quirks to requests of the agent or of the tool.
    """

    tokens: int | None = None
    pace_ms: float = PACE_MS
    faults: frozenset[Fault] = frozenset()
    slow_ms: float = SLOW_MS
    after: int = AFTER
    who: str | None = None
    quirks: frozenset[Quirk] = frozenset()

    def faults_for(self, who: str) -> frozenset[Fault]:
        """The faults that this request meets."""
        return self.faults if self.who in (None, who) else frozenset()

    def quirks_for(self, who: str) -> frozenset[Quirk]:
        """The quirks that this request meets."""
        return self.quirks if self.who in (None, who) else frozenset()


def is_scripted(model: str) -> bool:
    """Say whether a model name means the scripted model."""
    return model.partition("?")[0] == NAME


def read_options(model: str) -> ScriptOptions:
    """Read the options out of a model name; raise `ModelChoiceInvalid` with the nearest valid word."""
    given = dict(parse_qsl(model.partition("?")[2], keep_blank_values=True))
    if unknown := [key for key in given if key not in _KEYS]:
        raise ModelChoiceInvalid(
            choice=model, reason=f"has no option {unknown[0]!r}", remedy=nearest(unknown[0], _KEYS)
        )
    try:
        return ScriptOptions(
            tokens=_whole(given["tokens"]) if "tokens" in given else None,
            pace_ms=_milliseconds(given.get("pace_ms", PACE_MS)),
            faults=_faults(given.get("fault", ""), model),
            slow_ms=_milliseconds(given.get("slow_ms", SLOW_MS)),
            after=_whole(given.get("after", AFTER)),
            who=_who(given.get("who"), model),
            quirks=frozenset(name for name in QUIRKS if _switched(given.get(name, "0"))),
        )
    except ValueError as error:
        raise ModelChoiceInvalid(
            choice=model,
            reason=f"has an option that is not a number in range ({error})",
            remedy="correct it.",
        ) from error


def _whole(value: str | int) -> int:
    number = int(value)
    if not 0 <= number <= MOST:
        raise ValueError(f"{value!r}")
    return number


def _milliseconds(value: str | float) -> float:
    number = float(value)
    if not 0 <= number <= MOST:
        raise ValueError(f"{value!r}")
    return number


def _switched(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError(f"{value!r} is neither 0 nor 1")
    return value == "1"


def _who(value: str | None, model: str) -> str | None:
    if value not in (None, *WHO):
        raise ModelChoiceInvalid(choice=model, reason=f"knows nobody {value!r}", remedy=nearest(value, WHO))
    return value


def _faults(value: str, model: str) -> frozenset[Fault]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in FAULTS:
            raise ModelChoiceInvalid(
                choice=model, reason=f"has no fault {name!r}", remedy=nearest(name, FAULTS)
            )
    return frozenset(cast("list[Fault]", names))
