"""Which model to ask, and with which key: from the environment, or from a `.env` file beside it.

Knows the variables and their defaults. Refuses to know HTTP, and imports nothing heavy: a server reads its
settings before it answers `initialize`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from dotenv import dotenv_values

from throughline.model.errors import SettingsInvalid

Kind = Literal["configured", "embedded", "scripted"]

BASE_URL = "OPENAI_BASE_URL"
API_KEY = "OPENAI_API_KEY"
MODEL = "OPENAI_MODEL"
KIND = "THROUGHLINE_MODEL_KIND"

DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-4.1-mini"
NO_KEY = "no-key"
SIDES = ("/agent", "/tool")
"""What the paths of our own endpoint begin with, for those who do not say who they are."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One model at one address. The key is left out of the representation.

    `upstream_key` is the one behind our own endpoint, where it forwards: nobody is told of it, but whoever
    writes something down must know what to leave out.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    kind: Kind = "configured"
    upstream_key: str = field(default="", repr=False)

    def to_env(self) -> dict[str, str]:
        """Say the same to a child process."""
        return {BASE_URL: self.base_url, API_KEY: self.api_key, MODEL: self.model, KIND: self.kind}

    def as_seen_by(self, who: Literal["agent", "tool"]) -> ModelSettings:
        """The settings of an open model for a side whose code does not say who it is: its address does."""
        parts = urlsplit(self.base_url)
        path = next((parts.path.removeprefix(one) for one in SIDES if parts.path.startswith(one)), parts.path)
        return replace(self, base_url=parts._replace(path=f"/{who}{path}").geturl())


def read_settings(env: Mapping[str, str], *, dotenv: Path | None) -> ModelSettings | None:
    """Read the settings; None where neither an address nor a key is set.

    `env` wins over the file; a variable that is set and empty counts as not set, in the file as well.
    An address alone needs no key (local services want none), a key alone means OpenAI's own address.
    """
    values = {name: value.strip() for name, value in {**_read_file(dotenv), **env}.items()}
    if not values.get(BASE_URL) and not values.get(API_KEY):
        return None
    return ModelSettings(
        base_url=_check_url(values.get(BASE_URL) or DEFAULT_BASE_URL),
        api_key=_check_key(values.get(API_KEY) or NO_KEY),
        model=values.get(MODEL) or DEFAULT_MODEL,
        kind=_check_kind(values.get(KIND) or "configured"),
    )


def _read_file(path: Path | None) -> dict[str, str]:
    """Read the file's OPENAI_* lines; a file that is not there says nothing."""
    if path is None or not path.is_file():
        return {}
    try:
        values = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            setting=str(path),
            reason=f"cannot be read ({error})",
            remedy="save it as UTF-8 text, or remove it.",
        ) from error
    wanted = (BASE_URL, API_KEY, MODEL)
    return {name: value for name in wanted if (value := values.get(name)) is not None}


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsInvalid(
            setting=BASE_URL,
            reason=f"is {url!r}, which is not an http address",
            remedy="write it in full, as in http://127.0.0.1:11434/v1",
        )
    return url.rstrip("/")


def _check_key(key: str) -> str:
    """Refuse what cannot stand in a header; the sentence does not repeat the key."""
    if not (key.isascii() and key.isprintable()):
        raise SettingsInvalid(
            setting=API_KEY,
            reason="has characters that no key has",
            remedy="copy the key again, without spaces.",
        )
    return key


def _check_kind(kind: str) -> Kind:
    for known in get_args(Kind):
        if kind == known:
            return known  # type: ignore[no-any-return]
    raise SettingsInvalid(
        setting=KIND, reason=f"is {kind!r}", remedy=f"leave it out, or use {get_args(Kind)}."
    )
