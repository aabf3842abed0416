"""Values as JSON has them, and without what must not leave the machine.

Pure. Knows LangChain's and LangGraph's shapes as far as pydantic does, and what keys look like.
Knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel

REDACTED = "[redacted]"
_KEYS = re.compile(
    r"\b(sk|pk|rk|tl)-[A-Za-z0-9_-]{8,}"  # OpenAI's kind, and ours
    r"|(?<=[Bb]earer )[^\s\"\\]{8,}|(?<=[Bb]asic )[A-Za-z0-9+/=]{16,}"  # an authorization header's
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)?"  # a JWT
    r"|\b(gh[pousr]_|github_pat_|xox[abprs]-|hf_|AIza|AKIA|glpat-)[A-Za-z0-9_-]{10,}"
)
# A secret's field in JSON that stands in a JSON string.
_QUOTED_FIELDS = re.compile(
    r'(?i)(\\+"(?:x-)?(?:api[_-]?key|authorization|password|client_secret|access_token)\\+"\s*:\s*\\+")[^"\\]+'
)
_SECRET_FIELDS = frozenset(
    {"api_key", "apikey", "api-key", "x-api-key", "authorization", "proxy-authorization", "cookie"}
    | {"set-cookie", "password", "secret", "client_secret", "access_token", "refresh_token", "id_token"}
)


def jsonable(value: Any) -> Any:
    """Turn whatever a stream hands out into JSON values, keeping every field."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case BaseModel():
            shown = {name: getattr(value, name) for name in type(value).model_fields}
            return {"_": type(value).__name__, **jsonable(shown)}
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [jsonable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        names = value.__dataclass_fields__
        return {"_": type(value).__name__, **{name: jsonable(getattr(value, name)) for name in names}}
    return repr(value)


def redacted(value: Any) -> Any:
    """Take out what stands in a field that is named for a secret."""
    if isinstance(value, Mapping):
        return {k: REDACTED if str(k).lower() in _SECRET_FIELDS else redacted(v) for k, v in value.items()}
    match value:
        case [str(name), _] if name.lower() in _SECRET_FIELDS:  # a field as the law writes it
            return [name, REDACTED]
        case list() | tuple():
            return [redacted(item) for item in value]
    return value


def without_keys(text: str, key: str = "") -> str:
    """Take out what looks like a key wherever it stands, and `key` itself."""
    if key:
        text = text.replace(key, REDACTED)
    return _KEYS.sub(REDACTED, _QUOTED_FIELDS.sub(rf"\1{REDACTED}", text))
