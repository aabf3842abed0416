"""Which tool the doctor calls, and with what.

A stranger's tools may do anything, so one is chosen only where it can do no harm, as far as its annotations
and its name say. Pure. Knows JSON Schema through `example`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from client_demo.errors import UnknownName, UsageError
from throughline.model.example import example

Listed = Mapping[str, Any]

_HARM = re.compile(
    r"add|apply|approve|book|buy|cancel|clear|click|close|commit|create|delete|deploy|destroy|"
    r"drop|edit|exec|execute|fill|insert|install|kill|merge|modify|move|navigate|order|overwrite|"
    r"patch|pay|post|publish|push|put|remove|rename|replace|reset|restart|revoke|run|send|set|"
    r"shell|start|stop|submit|toggle|transfer|truncate|type|uninstall|update|upload|write"
)
TELLING = ("long", "slow", "progress", "stream", "steps", "operation")
WORDS = "What items are in the bedroom?"
# Arguments that say how long a tool is to take: long enough to be watched, short enough for a minute.
TAKES_S = 2
STEPS = 8
_LASTS = re.compile(r"duration|seconds|delay|wait", re.IGNORECASE)
_STEPS = re.compile(r"steps|iterations|ticks", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class ArgumentsUnfit(UsageError):
    """The arguments that were given do not fit the tool's schema."""

    def __init__(self, *, tool: str, reason: str, properties: Sequence[str]) -> None:
        self.tool = tool
        self.reason = reason
        takes = f"it takes {', '.join(properties)}." if properties else "it takes no arguments."
        super().__init__(f"--args does not fit the tool {tool!r} ({reason})", remedy=takes)


@dataclass(frozen=True, slots=True)
class Choice:
    """The tool that is called, its schema, and the arguments."""

    tool: str
    arguments: dict[str, Any]
    schema: dict[str, Any]


def choose(tools: Sequence[Listed], *, wanted: str | None, given: dict[str, Any] | None) -> Choice | None:
    """Choose a tool, or take the one that is wanted; None where none can be called without harm.

    Raises: UnknownName, ArgumentsUnfit.
    """
    if wanted is None:
        safe = [tool for tool in tools if isinstance(tool.get("name"), str) and is_harmless(tool)]
        chosen = max(safe, key=_telling, default=None)
    else:
        names = [str(tool.get("name")) for tool in tools]
        chosen = next((tool for tool in tools if tool.get("name") == wanted), None)
        if chosen is None:
            raise UnknownName(kind="tool on this server", name=wanted, valid=names)
    if chosen is None:
        return None
    schema = _schema(chosen)
    if given is None:
        return Choice(str(chosen["name"]), made_up(schema), schema)
    if reason := misfit(schema, given):
        properties = tuple(schema.get("properties", {}))
        raise ArgumentsUnfit(tool=str(chosen["name"]), reason=reason, properties=properties)
    return Choice(str(chosen["name"]), given, schema)


def is_harmless(tool: Listed) -> bool:
    """Whether calling a tool with made-up arguments changes nothing, as far as it can be told."""
    hints = tool.get("annotations")
    hints = hints if isinstance(hints, dict) else {}
    if hints.get("readOnlyHint") is not True and hints.get("destructiveHint") is True:
        return False
    words = [word.lower() for word in _WORD.findall(str(tool.get("name", "")))]
    return hints.get("readOnlyHint") is True or not any(map(_HARM.fullmatch, words))


def made_up(schema: dict[str, Any]) -> dict[str, Any]:
    """Arguments that fit a schema: the required ones, and those that say how long to take."""
    properties = schema.get("properties", {})
    made = example({"type": "object", **schema}, say=lambda name: WORDS)
    arguments: dict[str, Any] = made if isinstance(made, dict) else {}
    for name, one in properties.items():
        if isinstance(one, dict) and one.get("type") in ("integer", "number"):
            for pattern, value in ((_LASTS, TAKES_S), (_STEPS, STEPS)):
                if pattern.search(name) and one.get("minimum", value) <= value <= one.get("maximum", value):
                    arguments[name] = value
    return arguments


def misfit(schema: dict[str, Any], arguments: dict[str, Any]) -> str | None:
    """Why arguments do not fit a schema, as far as that is plain to see."""
    properties = schema.get("properties", {})
    if missing := [name for name in schema.get("required", []) if name not in arguments]:
        return f"{missing[0]!r} is missing"
    for name, value in arguments.items():
        one = properties.get(name)
        if one is None:
            if schema.get("additionalProperties") is False or not properties:
                return f"there is no {name!r}"
        elif isinstance(one, dict) and (kinds := _KINDS.get(str(one.get("type")))) is not None:
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                return f"{name!r} is not of type {one['type']}"
            if "enum" in one and value not in one["enum"]:
                return f"{name!r} is not one of {', '.join(map(repr, one['enum']))}"
    return None


def wrong(choice: Choice) -> dict[str, Any] | None:
    """Arguments that a tool has to refuse, or None where it would take anything."""
    properties = choice.schema.get("properties", {})
    for name in (*choice.schema.get("required", []), *properties):
        one = properties.get(name)
        if isinstance(one, dict) and one.get("type") in _KINDS and one["type"] != "object":
            return {**choice.arguments, name: {"not": one["type"]}}
    return None


def _schema(tool: Listed) -> dict[str, Any]:
    """A tool's input schema, as far as it is one."""
    given = tool.get("inputSchema")
    schema = dict(given) if isinstance(given, dict) else {}
    for key, kind in (("properties", dict), ("required", list)):
        if not isinstance(schema.get(key, kind()), kind):
            del schema[key]
    return schema


def _telling(tool: Listed) -> tuple[int, bool, int]:
    """How much can be learnt from a tool: one that takes its time first, then one that needs little."""
    name, described = str(tool.get("name", "")).lower(), str(tool.get("description", "")).lower()
    telling = 2 * sum(word in name for word in TELLING) + ("progress" in described)
    hints = tool.get("annotations")
    read_only = isinstance(hints, dict) and hints.get("readOnlyHint") is True
    return telling, read_only, -len(_schema(tool).get("required", []))
