"""The secrets in what a user told us: a command line, a URL, variables, headers, arguments and a prompt.

What is named as a secret there is one, whatever it looks like. Knows the forms in which it may be met again;
how they are taken out, and which are too short for it, is the redactor's. Pure.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from binascii import Error as NoBase64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from client_demo.text.redaction import LONG, looks_in
from client_demo.text.secret_names import NO_SECRETS, is_secret, is_switch, may_be_secret

_FLAG = re.compile(r"--?([A-Za-z][\w.-]*)")
_ASSIGNED = re.compile(r"(?:--?)?([A-Za-z_][\w.-]*)=(.+)", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z][\w-]*)\s*:\s*(\S.*)", re.DOTALL)
_HEADER_FLAGS = frozenset({"H", "header", "headers"})
_IN_PROMPT = re.compile(
    r"\b(?:password|passwd|passphrase|pwd|(?:api|secret)[-_ ]?key|access[-_ ]?token)[\"']?"
    r"(?:\s*[:=]\s*[\"']?(\S+)|\s+is\s+[\"']?((?=\S*\d)\S{6,}))",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"(?:^|; )(?!(?i:path|domain|expires|max-age|samesite)=)[\w.-]+=([^;=]+=*)(?=;|$)")
_LOGIN = re.compile(r"://[^/\s:@\"']*:([^/\s@\"']+)@")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KIND = re.compile(r"[a-z]+|[A-Z]+|\d+")


def in_command(words: Sequence[str]) -> Iterator[str]:
    """The secrets among a command's words: by flags, assignments, headers and URLs, and by their looks."""
    flag = ""
    for word in words:
        if flag and not word.startswith("--"):
            yield from _given(flag, word)
        yield from _in_word(word)
        found = _FLAG.fullmatch(word)
        flag = found[1] if found else ""


def in_url(url: str) -> Iterator[str]:
    """The secrets of a URL: who logs in, its parameters, and segments of its path that look like keys."""
    with suppress(ValueError):
        parts = urlsplit(url)
        user, _, password = parts.netloc.rpartition("@")[0].partition(":")
        if password:
            yield from named(password)
            yield base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        elif parts.scheme in ("http", "https"):
            yield from named(user)
        for segment in parts.path.split("/"):
            if _is_key(segment):
                yield from named(segment)
        for pair in re.split("[&;]", f"{parts.query}&{parts.fragment}"):
            name, _, value = pair.partition("=")
            if may_be_secret(name) or name == "code" or _is_key(unquote_plus(value)):
                yield from named(value)
            yield from _in_word(unquote_plus(value))


def in_settings(settings: Mapping[str, str]) -> Iterator[str]:
    """The secrets among variables or headers: by their names, and by the looks of their values."""
    for name, value in settings.items():
        yield from named(value) if may_be_secret(name) else _in_word(value)


def in_arguments(value: Any, name: str = "") -> Iterator[str]:
    """The secrets in JSON that a tool or agent is given, where `key` and `token` mean other things too."""
    match value:
        case Mapping():
            for key, one in value.items():
                yield from in_arguments(one, name if is_secret(name) else str(key))
        case list() | tuple():
            for one in value:
                yield from in_arguments(one, name)
        case str() if is_secret(name) or (may_be_secret(name) and _is_keylike(value)):
            yield from named(value)
        case str():
            yield from _logins(value)


def in_prompt(prompt: str) -> Iterator[str]:
    """The passwords and keys that a prompt names."""
    yield from _logins(prompt)
    for match in _IN_PROMPT.finditer(prompt):
        yield from named((match[1] or match[2]).rstrip(".,;:!?)]}\"'"))


def named(secret: str) -> Iterator[str]:
    """A secret in the forms in which it may be met: whole, without its scheme, decoded, encoded, by lines."""
    whole = secret.strip()
    if whole.lower() in NO_SECRETS:
        return
    forms = [whole, unquote(whole), unquote_plus(whole), quote(whole, safe="")]
    forms += [json.dumps(whole)[1:-1], json.dumps(whole, ensure_ascii=False)[1:-1]]
    yield from forms
    if re.fullmatch(r"[^\s:]+:[^\s:/]+", whole):  # who logs in, and with what
        yield whole.partition(":")[2]
    scheme, _, rest = whole.partition(" ")
    if rest and " " not in rest:
        yield rest
        if scheme.lower() == "basic":
            yield from _decoded(rest)
    yield from (line for line in whole.splitlines() if len(line) >= LONG)
    yield from (match[1] for match in _COOKIE.finditer(whole))
    if whole.startswith("{"):
        with suppress(ValueError, RecursionError):
            yield from in_arguments(json.loads(whole))


def _logins(text: str) -> Iterator[str]:
    """The passwords of the URLs in a text."""
    for match in _LOGIN.finditer(text):
        yield from named(match[1])


def is_random(text: str) -> bool:
    """Whether a word looks like a key that was drawn by lot, or has a key in it."""
    return any(looks_in(text)) or any(map(_is_drawn, re.split(r"[^A-Za-z0-9]", text)))


def _is_key(text: str) -> bool:
    """The same of a part of a URL, where names of models and of versions are rare."""
    mixed = all(len(re.findall(kind, text)) >= 2 for kind in ("[A-Z]", "[a-z]", r"\d"))
    whole = re.sub(r"[^A-Za-z0-9]", "", text)
    return is_random(text) or _UUID.fullmatch(text) is not None or (mixed and _is_drawn(whole))


def _is_drawn(letters: str) -> bool:
    """Whether letters and digits change places as they do nowhere in a language."""
    digits, changes = sum(map(str.isdigit, letters)), len(_KIND.findall(letters))
    return len(letters) >= LONG and digits >= 2 and changes * 4 >= len(letters)


def split(text: str) -> list[str]:
    """The words of a text, as a shell would read them where it can."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _in_word(word: str) -> Iterator[str]:
    """The secrets of one word of a command line, or of a value without a telling name."""
    yield from looks_in(word)
    if len(words := split(word)) > 1:
        yield from in_command(words)
    if assigned := _ASSIGNED.fullmatch(word):
        yield from _given(assigned[1], assigned[2])
        yield from _in_word(assigned[2])
    elif (header := _HEADER.fullmatch(word)) and (is_secret(header[1]) or _is_variable(header[1])):
        yield from named(header[2])
    elif "://" in word:
        yield from in_url(word)
    elif word.startswith("{"):
        with suppress(ValueError, RecursionError):
            yield from in_arguments(json.loads(word))
    elif ";" in word:
        for one in word.split(";"):
            yield from _in_word(one)
    elif "/" not in word and len(words) == 1 and is_random(word):
        yield word


def _given(flag: str, value: str) -> Iterator[str]:
    """The secret that a flag or a variable is given, where it is one."""
    header = _HEADER.fullmatch(value)
    if flag in _HEADER_FLAGS:
        if header and may_be_secret(header[1]):
            yield from named(header[2])
    elif (may_be_secret(flag) and not is_switch(flag)) or (flag == "k" and _is_keylike(value)):
        yield from named(value)
    elif flag in ("u", "user", "login") and header and "://" not in value:
        yield from named(header[2])


def _is_variable(name: str) -> bool:
    return name.isupper() and may_be_secret(name)


def _is_keylike(value: str) -> bool:
    """Whether a value may be a key, though its name may mean something else."""
    mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    return bool(len(value) >= 8 and mixed and not re.search(r"[\s/]", value))


def _decoded(basic: str) -> Iterator[str]:
    """The password in the Basic form of an authorization."""
    with suppress(NoBase64, ValueError):
        yield base64.b64decode(basic, validate=True).decode().partition(":")[2]


def unique(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they were found."""
    return tuple(dict.fromkeys(one for one in secrets if one))
