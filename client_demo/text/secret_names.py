"""Which names say that what they name is secret: of fields, variables, headers, flags and parameters.

Pure; knows names, and of values only those that are no secret whatever they are called.
"""

from __future__ import annotations

import re

FIELD = (
    r"(?:proxy[-_]?)?authorization|(?:set[-_]?)?cookie|(?:x[-_])?api[-_]?key|(?:client[-_]?|shared[-_]?)?secret"
    r"|(?:access|refresh|id|auth|bearer|session|api)[-_]?token|pass(?:word|wd|phrase)"
    r"|(?:private|secret|access|account|signing|encryption)[-_]?key|jwt|credentials?"
)
"""What a field is called that holds a secret, in anybody's data; a prefix may stand before it."""
_IS_SECRET = re.compile(rf"[\w-]*?(?:{FIELD})", re.IGNORECASE)
_TOKEN = re.compile(r"(?!progress|cancel|next|page|contin)(?:[\w-]+[-_])?token", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MAY_BE = frozenset(
    {
        "key",
        "keys",
        "token",
        "pass",
        "pwd",
        "pw",
        "passcode",
        "secret",
        "secrets",
        "auth",
        "authorization",
        "jwt",
    }
    | {"cookie", "credential", "credentials", "bearer", "pat", "otp", "sig", "signature"}
)
_ENDS = re.compile(
    r"(?:token|password|passwd|passphrase|secret|cookie|credentials?"
    r"|(?:api|auth|access|account|private|secret|master|license|signing|encryption)key)$"
)
_ABOUT = frozenset(
    {
        "mode",
        "type",
        "file",
        "path",
        "dir",
        "url",
        "uri",
        "endpoint",
        "host",
        "port",
        "limit",
        "budget",
        "max",
    }
    | {
        "min",
        "count",
        "size",
        "length",
        "ttl",
        "timeout",
        "expiry",
        "method",
        "scheme",
        "enabled",
        "required",
    }
    | {"through", "prefix", "format", "version", "algorithm", "scope", "scopes", "region", "user", "username"}
    | {"server", "issuer", "store", "name", "provider"}
)
"""What a name ends in that tells something about a secret, and not the secret."""
_SWITCH = frozenset(
    {"no", "use", "enable", "disable", "with", "without", "require", "skip", "allow", "show", "is", "has"}
)
NO_SECRETS = frozenset(
    # no key at all
    {"true", "false", "none", "null", "undefined", "auto", "default", "enabled", "disabled", "required"}
    | {
        "optional",
        "basic",
        "bearer",
        "digest",
        "oauth",
        "oauth2",
        "token",
        "string",
        "empty",
        "test",
        "dummy",
    }
    | {"no-key", "changeme", "placeholder", "anything", "unused", "ollama", "lm-studio", "vllm", "x-api-key"}
    | {"api-key", "api_key", "authorization", "password", "secret"}
    # words that a recording is made of
    | {
        "local",
        "held",
        "bridged",
        "adapters",
        "agent",
        "tool",
        "tools",
        "user",
        "human",
        "assistant",
        "system",
    }
    | {
        "text",
        "object",
        "function",
        "array",
        "number",
        "integer",
        "boolean",
        "content",
        "messages",
        "message",
    }
    | {"values", "updates", "custom", "tasks", "checkpoints", "debug", "events", "state", "result", "error"}
    | {"model", "name", "type", "role", "data", "image", "status", "stdio", "http", "scripted", "embedded"}
    | {"ainvoke", "invoke", "astream", "stream", "tool_call", "call", "configured", "request", "seen"}
)
"""Values that are looked for nowhere, whatever they are called: without them no recording could be read."""


def is_secret(name: str) -> bool:
    """Whether a field of this name, in anybody's data, holds a secret whatever its value looks like."""
    return _IS_SECRET.fullmatch(name) is not None


def is_token(name: str) -> bool:
    """Whether a field may hold a token of access, where its value is long; or else one of a model's."""
    return _TOKEN.fullmatch(name) is not None


def may_be_secret(name: str) -> bool:
    """Whether a variable, header, flag or parameter of a user's holds a secret, by its name."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT or name in ("PWD", "OLDPWD"):
        return False
    return any(word in _MAY_BE or _ENDS.search(word) for word in words)


def is_switch(name: str) -> bool:
    """Whether a flag of this name is only set, so that what follows is not its value."""
    return next(iter(_WORD.findall(name)), "").lower() in _SWITCH
