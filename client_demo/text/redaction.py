"""Takes out what must not leave the machine: keys, passwords, cookies and tokens, by name and by their looks.

Pure but for what it learns: a secret that was seen whole once is known from then on, also in pieces, as a
model streams it. Knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from client_demo.text.secret_names import FIELD, NO_SECRETS, is_secret, is_token

REDACTED = "[redacted]"
SHORTEST = 4
"""Characters that a secret has at least, for it to be looked for: shorter ones stand in every text."""
ANYWHERE = 8
"""Characters from which on a secret is looked for within words as well, unless it is a word of everyday."""
SHORTEST_PIECE = 4
LONG = 16
"""Characters from which on a word is none of everyday, though it has no digit."""
_STRUCTURE = frozenset(
    {"schema", "line", "placement", "path", "probe", "lane", "mode", "who", "what", "direction", "status"}
    | {"type", "role", "name", "method", "jsonrpc", "model", "kind", "prompt_name", "object", "transport"}
)
"""Fields that hold no text of anybody's."""
# What stands in the group `s` is the secret.
_LOOKS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?P<s>.+?)(?:-----END|\Z)", re.DOTALL),
        # an authorization header's
        (r"\b(?:bearer\s+(?P<s>[^\s\"'\\,]{8,}))", re.IGNORECASE),
        (r"\b(?i:basic)\s+(?P<s>(?=[A-Za-z]*(?:[0-9=+/]|[a-z][A-Z]))[A-Za-z0-9+/=]{12,})", 0),
        (r"(?P<s>\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)+)", 0),  # a JWT
        # OpenAI's kind, ours, others'
        (
            r"(?P<s>\b(?:sk|pk|rk|tl|xai|pypi|gl(?:pat|dt|rt|cbt|ft)|pplx|nvapi|tvly|GOCSPX|xapp)-[A-Za-z0-9_-]{8,})",
            0,
        ),
        (r"(?P<s>\b(?:[sprw]k_(?:live|test)|whsec|gsk|npm|hf|gh[pousr]|github_pat)_[A-Za-z0-9_-]{10,})", 0),
        (r"(?P<s>\b(?:dop_v1|shp[ac]t|shpss|lin_api|ntn|dckr_pat|sbp)_[A-Za-z0-9_-]{10,})", 0),
        (r"(?P<s>\b(?:xox[abeprs]-|AIza|AKIA|ASIA|ya29\.|SG\.)[A-Za-z0-9._-]{10,})", 0),
        (r"hooks\.slack\.com/services/(?P<s>[A-Za-z0-9/]{16,})", 0),
        (r"://[^/\s:@\"']*:(?P<s>[^/\s@\"']+)@", 0),  # who logs in by a URL
        # a field in JSON or Python that stands in a string
        (rf"(?:{FIELD})\\*[\"']\s*:\s*(?:b|u)?\\*[\"'](?P<s>[^\"'\\]+)", re.IGNORECASE),
        (r"authorization\s*[:=]\s*(?P<s>[^\s\"'\\]+(?: [^\s\"'\\]+)?)", re.IGNORECASE),  # a header
        (r"cookie\s*:\s*(?P<s>[\w.-]+=[^\r\n\"'\\]+)", re.IGNORECASE),
        # a line of settings, a form, a query; no word of everyday
        (
            rf"(?:\b|_)(?:{FIELD})\s*[=:]\s*(?P<s>(?=[^\s\"'&;,\\]*\d|[^\s\"'&;,\\]{{16}})[^\s\"'&;,\\]{{6,}})",
            re.IGNORECASE,
        ),
        (r"[?&](?:key|token|sig|signature|auth|code)=(?P<s>[^\s\"'&#\\]+)", re.IGNORECASE),
    )
)


class Redactor:
    """Takes out secrets; `known` are those that are there to begin with, whatever they look like.

    One that might be a word of everyday is taken out where it is a word of its own, and is not looked for in
    pieces. What has fewer than `SHORTEST` characters is looked for nowhere, unless that is set lower.
    """

    def __init__(self, known: Iterable[str] = (), *, shortest: int = SHORTEST) -> None:
        self._known: dict[str, re.Pattern[str]] = {}
        self._know(one for one in known if len(one) >= max(shortest, 1) and _may_be_known(one))

    def value(self, value: Any, field: str = "") -> Any:
        """A JSON value without what it must not say."""
        match value:
            case Mapping():
                return {self._key(key): self._field(str(key), one) for key, one in value.items()}
            case [str(name), _] if is_secret(name):  # a field as the law writes it
                return [name, REDACTED]
            case list() | tuple():
                return [self.value(one, field) for one in value]
            case str():
                text = self.text(value)
                return text if field in _STRUCTURE else self._piece(text)
            case None | bool() | int() | float():
                return value
        return self.text(str(value))

    def text(self, text: str) -> str:
        """A text without what it must not say."""
        text, before = self._without_known(text), len(self._known)
        for look in _LOOKS:
            text = look.sub(self._taken, text)
        return text if len(self._known) == before else self._without_known(text)

    def _without_known(self, text: str) -> str:
        for secret, pattern in self._known.items():
            if secret in text:
                text = pattern.sub(REDACTED, text)
        return text

    def _key(self, key: Any) -> Any:
        """The name of a field, which may be a secret itself where somebody keeps things by their secrets."""
        return self.text(key) if isinstance(key, str) and len(key) >= LONG else key

    def _piece(self, text: str) -> str:
        """The same where a text is no more than a part of what is known."""
        bare = text.strip()
        if len(bare) >= SHORTEST_PIECE and any(bare in one for one in self._known if not _is_everyday(one)):
            return text.replace(bare, REDACTED)
        return text

    def _field(self, name: str, value: Any) -> Any:
        secret = is_secret(name) or (is_token(name) and _is_long(value))
        if not secret or value is None or isinstance(value, bool) or _is_schema(value):
            return self.value(value, name)
        if isinstance(value, str):
            self._learn(value)
        return REDACTED

    def _taken(self, match: re.Match[str]) -> str:
        if match["s"].startswith(REDACTED):  # what follows it is another's
            return match[0]
        self._learn(match["s"])
        start, end = match.span("s")
        return match[0][: start - match.start()] + REDACTED + match[0][end - match.start() :]

    def _learn(self, secret: str) -> None:
        """Know a secret from now on, and what follows the scheme of an authorization header."""
        self._know(one for one in _parts(secret) if _may_be_known(one))

    def _know(self, secrets: Iterable[str]) -> None:
        """Look for these from now on, for the longest first: it may hold others."""
        fresh = {one: _pattern(one) for one in secrets if one not in self._known}
        if fresh:
            self._known = dict(sorted({**self._known, **fresh}.items(), key=lambda item: -len(item[0])))


def redacted(value: Any) -> Any:
    """A JSON value without secrets."""
    return Redactor().value(value)


def without_keys(text: str, key: str = "") -> str:
    """A text without what looks like a key wherever it stands, and without `key`."""
    return Redactor((key,)).text(text)


def looks_in(text: str) -> Iterator[str]:
    """What looks like a secret in a text."""
    for look in _LOOKS:
        yield from (match["s"] for match in look.finditer(text))


def _may_be_known(secret: str) -> bool:
    """Whether a recording can do without it: it is none of its own words, and no mark of ours."""
    return secret.strip().lower() not in NO_SECRETS and secret not in REDACTED and REDACTED not in secret


def _pattern(secret: str) -> re.Pattern[str]:
    escaped = re.escape(secret)
    return re.compile(rf"(?<![^\W_]){escaped}(?![^\W_])" if _is_everyday(secret) else escaped)


def _is_everyday(secret: str) -> bool:
    """Whether it might stand within other words, or be one."""
    plain = secret.isalpha() and secret[1:].islower() and len(secret) < LONG
    return plain or len(secret) < ANYWHERE


def _parts(secret: str) -> tuple[str, ...]:
    """What is worth knowing: no word of everyday that merely stood in such a place."""
    return tuple(
        one
        for one in dict.fromkeys((secret, secret.rpartition(" ")[2], *secret.split("\n")))
        if len(one) >= LONG or (len(one) >= ANYWHERE and any(map(str.isdigit, one)))
    )


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) >= LONG and not re.search(r"\s", value)


def _is_schema(value: Any) -> bool:
    """Whether this says what a field is to be like, and not what it is."""
    return isinstance(value, Mapping) and bool(value.keys() & {"type", "anyOf", "$ref"})
