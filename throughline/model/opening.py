"""Decides which model there is, and opens it behind a loopback endpoint.

Knows the order: configured by the environment, else embedded, else scripted. The endpoint and the engine are
imported when they are opened, because a server answers `initialize` first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from throughline.model.errors import EngineMissing, ModelError, SettingsInvalid, WeightsMissing
from throughline.model.options import NAME as SCRIPTED
from throughline.model.options import is_scripted, read_options
from throughline.model.settings import BASE_URL, Kind, ModelSettings, read_settings
from throughline.model.shelf import DEFAULT, NAMES, Weights, take
from throughline.model.weights import Found, find_any, require

if TYPE_CHECKING:
    from throughline.model.answer import Provider
    from throughline.model.endpoint import Endpoint, Opening

EMBEDDED = "embedded"
CHOICES = ("auto", "configured", EMBEDDED, SCRIPTED)
NOT_A_MODEL = "The scripted model answers: its words are canned and no model's."


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A model that can be asked.

    `settings` point at `endpoint`, on loopback, whoever answers behind it; `notice` is one line for people
    that says what was chosen, where nobody chose it.
    """

    settings: ModelSettings
    notice: str | None
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Found:
    """What a choice turned out to mean."""

    kind: Kind
    model: str
    provider: Opening
    notice: str | None
    key: str = field(default="", repr=False)


@asynccontextmanager
async def open_model(
    choice: str = "auto", *, env: Mapping[str, str], dotenv: Path | None = None
) -> AsyncIterator[OpenModel]:
    """Open a model for the length of the context.

    `choice` is one of `CHOICES`, the name of an embedded model, or the scripted model with options
    (`scripted?pace_ms=0`). Raises `ModelError` where the choice cannot be had; "auto" always can.
    """
    found = _find(choice, env, dotenv)
    from throughline.model.endpoint import serve  # heavy: brings uvicorn and starlette

    async with serve(found.provider) as endpoint:
        settings = ModelSettings(
            endpoint.base_url, endpoint.api_key, found.model, found.kind, upstream_key=found.key
        )
        yield OpenModel(settings, found.notice, endpoint)


def _find(choice: str, env: Mapping[str, str], dotenv: Path | None) -> _Found:
    if is_scripted(choice):
        return _scripted(choice, notice=NOT_A_MODEL)
    if choice == "auto":
        return _configured(env, dotenv) or _own(env)
    if choice == "configured":
        return _configured(env, dotenv) or _nothing_configured()
    if choice == EMBEDDED:
        return _embedded(_any(env))
    return _embedded(_here(take(choice, known=(*CHOICES, *NAMES)), env))


def _own(env: Mapping[str, str]) -> _Found:
    """The embedded model where it can be had, else the scripted one, with the reason."""
    try:
        return _embedded(_any(env))
    except ModelError as error:
        return _scripted(SCRIPTED, notice=f"{NOT_A_MODEL} {error}")


def _any(env: Mapping[str, str]) -> Found:
    return find_any(env) or _here(DEFAULT, env)


def _here(weights: Weights, env: Mapping[str, str]) -> Found:
    """Find the weights; where they are missing and the engine is too, both are said at once."""
    from throughline.model import engine

    try:
        return require(weights, env)
    except WeightsMissing as missing:
        if isinstance(engine.problem(), EngineMissing):
            raise WeightsMissing(name=missing.name, engine=engine.NAME) from None
        raise


def _embedded(found: Found) -> _Found:
    from throughline.model import engine

    if problem := engine.problem():
        raise problem
    model = found.weights.model

    def provider() -> AbstractAsyncContextManager[Provider]:
        from throughline.model.embedded import embedded

        return embedded(found.path, names=(model, found.weights.name))

    return _Found("embedded", model, provider, f"The embedded model {model} answers, on this machine.")


def _scripted(choice: str, *, notice: str) -> _Found:
    read_options(choice)  # a wrong option is said now and not at the first request

    def provider() -> AbstractAsyncContextManager[Provider]:
        from throughline.model.scripted import scripted

        return scripted()

    return _Found("scripted", choice, provider, notice)


def _configured(env: Mapping[str, str], dotenv: Path | None) -> _Found | None:
    settings = read_settings(env, dotenv=dotenv)
    if settings is None:
        return None

    def provider() -> AbstractAsyncContextManager[Provider]:
        from throughline.model.upstream import forwarding

        return forwarding(settings)

    return _Found(settings.kind, settings.model, provider, None, key=settings.api_key)


def _nothing_configured() -> NoReturn:
    raise SettingsInvalid(
        setting=BASE_URL,
        reason="is not set, and neither is OPENAI_API_KEY",
        remedy="set one of them in the environment or in .env, or use --model scripted.",
    )
