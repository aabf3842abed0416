"""Takes out what must not leave the machine: keys, passwords, cookies and tokens, by name and by their looks.

Pure but for what it learns: a secret that was seen whole once is known from then on, also in pieces, as a
model streams it. Knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

REDACTED = "[redacted]"
SHORTEST = 8
"""Characters that a secret has at least, for it to be looked for everywhere."""
SHORTEST_PIECE = 4
LONG = 16
"""Characters from which on a word is none of everyday, though it has no digit."""
_STRUCTURE = frozenset(
    {"schema", "line", "placement", "path", "probe", "lane", "mode", "who", "what", "direction", "status"}
    | {"type", "role", "name", "method", "jsonrpc", "model", "kind", "prompt_name", "object", "transport"}
)
"""Fields that hold no text of anybody's."""
_FIELD = (
    r"(?:proxy[-_]?)?authorization|(?:set[-_]?)?cookie|(?:x[-_])?api[-_]?key|(?:client[-_]?|shared[-_]?)?secret"
    r"|(?:access|refresh|id|auth|bearer|session|api)[-_]?token|pass(?:word|wd|phrase)|(?:private|secret)[-_]?key"
    r"|jwt|credentials?"
)
_IS_SECRET = re.compile(_FIELD, re.IGNORECASE)
_MAY_BE_SECRET = re.compile(rf"(?:{_FIELD})|key|token|pass|pwd|auth", re.IGNORECASE)
# What stands in the group `s` is the secret.
_LOOKS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<s>.+?)(?:-----END|\Z)", re.DOTALL),
        # an authorization header's
        (r"\b(?:bearer\s+(?P<s>[^\s\"'\\,]{8,}))", re.IGNORECASE),
        (r"\b(?:basic\s+(?P<s>[A-Za-z0-9+/=]{16,}))", re.IGNORECASE),
        (r"(?P<s>\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)+)", 0),  # a JWT
        (r"(?P<s>\b(?:sk|pk|rk|tl|xai|pypi|glpat)-[A-Za-z0-9_-]{8,})", 0),  # OpenAI's kind, ours, others'
        (r"(?P<s>\b(?:[sprw]k_(?:live|test)|whsec|gsk|npm|hf|gh[pousr]|github_pat)_[A-Za-z0-9_-]{10,})", 0),
        (r"(?P<s>\b(?:xox[abeprs]-|AIza|AKIA|ASIA|ya29\.)[A-Za-z0-9_-]{10,})", 0),
        (r"://[^/\s:@\"']+:(?P<s>[^/\s@\"']+)@", 0),  # who logs in by a URL
        # a field in JSON or Python that stands in a string
        (rf"(?:{_FIELD})\\*[\"']\s*:\s*(?:b|u)?\\*[\"'](?P<s>[^\"'\\]+)", re.IGNORECASE),
        (r"authorization\s*[:=]\s*(?P<s>[^\s\"'\\]+(?: [^\s\"'\\]+)?)", re.IGNORECASE),  # a header
        # a line of settings, a form, a query; no word of everyday
        (
            rf"(?:\b|_)(?:{_FIELD})\s*[=:]\s*(?P<s>(?=[^\s\"'&;,\\]*\d|[^\s\"'&;,\\]{{16}})[^\s\"'&;,\\]{{6,}})",
            re.IGNORECASE,
        ),
        (r"[?&](?:key|token|sig|signature|auth|code)=(?P<s>[^\s\"'&#\\]+)", re.IGNORECASE),
    )
)


class Redactor:
    """Takes out secrets; `known` are those that are there to begin with, whatever they look like."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known: dict[str, None] = {}
        self._known.update(dict.fromkeys(one for one in known if len(one) >= SHORTEST))

    def value(self, value: Any, field: str = "") -> Any:
        """A JSON value without what it must not say."""
        match value:
            case Mapping():
                return {key: self._field(str(key), one) for key, one in value.items()}
            case [str(name), _] if _IS_SECRET.fullmatch(name):  # a field as the law writes it
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
        for look in _LOOKS:
            text = look.sub(self._taken, text)
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        return text

    def _piece(self, text: str) -> str:
        """The same where a text is no more than a part of what is known."""
        bare = text.strip()
        if len(bare) >= SHORTEST_PIECE and any(bare in secret for secret in self._known):
            return text.replace(bare, REDACTED)
        return text

    def _field(self, name: str, value: Any) -> Any:
        secret = _IS_SECRET.fullmatch(name) or (name.lower() == "token" and _is_long(value))
        if not secret or value is None or isinstance(value, bool) or _is_schema(value):
            return self.value(value, name)
        if isinstance(value, str):
            self._learn(value)
        return REDACTED

    def _taken(self, match: re.Match[str]) -> str:
        self._learn(match["s"])
        start, end = match.span("s")
        return match[0][: start - match.start()] + REDACTED + match[0][end - match.start() :]

    def _learn(self, secret: str) -> None:
        """Know a secret from now on, and what follows the scheme of an authorization header."""
        self._known.update(dict.fromkeys(one for one in _parts(secret) if REDACTED not in one))


def redacted(value: Any) -> Any:
    """A JSON value without secrets."""
    return Redactor().value(value)


def without_keys(text: str, key: str = "") -> str:
    """A text without what looks like a key wherever it stands, and without `key`."""
    return Redactor((key,)).text(text)


def secrets_of(env: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets among a server's variables and headers, by their names."""
    told = [value for name, value in (*env.items(), *headers.items()) if _MAY_BE_SECRET.search(name)]
    return tuple(part for value in told for part in _parts(value))


def _parts(secret: str) -> tuple[str, ...]:
    """What is worth knowing: no word of everyday that merely stood in such a place."""
    return tuple(
        one
        for one in dict.fromkeys((secret, secret.rpartition(" ")[2]))
        if len(one) >= LONG or (len(one) >= SHORTEST and any(map(str.isdigit, one)))
    )


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) >= LONG and not re.search(r"\s", value)


def _is_schema(value: Any) -> bool:
    """Whether this says what a field is to be like, and not what it is."""
    return isinstance(value, Mapping) and bool(value.keys() & {"type", "anyOf", "$ref"})
