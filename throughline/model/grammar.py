"""JSON schemas for a small model: what it may write, and not without end.

Knows JSON Schema and tools. A 135M model that may write a number of any length does so until its tokens run
out, so whatever has no bound gets one, and large bounds are lowered. Contradictions are refused: over a
string of at least five characters and at most two, xllamacpp 2026.10 takes all of a machine's memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any

from throughline.model.ask import Json, Tool
from throughline.model.errors import Refused

MOST_CHARS = 200
MOST_NUMBER = 1_000_000_000
MOST_ITEMS = 5
# What a schema may ask for itself, in characters and in items.
LONGEST = 800
MOST_REPEATS = 200

_WORDS_ONLY = ("title", "description", "default", "examples", "$schema", "$id", "strict")
_MAPS = ("properties", "$defs", "definitions", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONES = ("items", "additionalProperties", "not")


def arguments_of(tool: Tool) -> Json:
    """The schema of a tool's arguments."""
    return bounded({"type": "object", "properties": {}, **tool.parameters})


def name_of(names: Sequence[str]) -> Json:
    """The schema of a choice."""
    return {"type": "string", "enum": list(names)}


def bounded(schema: Json) -> Json:
    """Copy a schema with bounds that the engine can bear, and without the words that only people read.

    Raises `Refused` where the schema contradicts itself, or insists on more than a small model writes.
    """
    copy = {key: _inside(key, value) for key, value in schema.items() if key not in _WORDS_ONLY}
    if "enum" in copy or "const" in copy:
        return copy
    kinds = copy.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        copy = _limited(str(kind), copy)
    return copy


def _inside(key: str, value: Any) -> Any:
    if key in _MAPS and isinstance(value, dict):
        return {name: _any(schema) for name, schema in value.items()}
    if key in _LISTS and isinstance(value, list):
        return [_any(schema) for schema in value]
    return _any(value) if key in _ONES else value


def _any(schema: Any) -> Any:
    return bounded(schema) if isinstance(schema, dict) else schema


def _limited(kind: str, schema: Json) -> Json:
    match kind:
        case "string":
            return _string(schema)
        case "integer" | "number":
            return _number(schema)
        case "array":
            return {**schema, **_between(schema, "minItems", "maxItems", usual=(0, MOST_ITEMS))}
        case "object":
            return {"additionalProperties": False, **schema}
    return schema


def _string(schema: Json) -> Json:
    if "format" in schema or _is_harmless(schema.get("pattern")):
        return schema
    rest = {key: value for key, value in schema.items() if key != "pattern"}
    return {**rest, **_between(schema, "minLength", "maxLength", usual=(1, MOST_CHARS))}


def _is_harmless(pattern: object) -> bool:
    """Say whether a pattern is one that the engine follows and can bear."""
    if not isinstance(pattern, str) or not (pattern.startswith("^") and pattern.endswith("$")):
        return False
    return len(pattern) <= MOST_CHARS and prod(map(int, re.findall(r"\d+(?=[,}])", pattern))) <= MOST_REPEATS


def _number(schema: Json) -> Json:
    """Bound a number on the sides that the schema leaves open."""
    low = _first(schema, "minimum", "exclusiveMinimum")
    high = _first(schema, "maximum", "exclusiveMaximum")
    if low is not None and high is not None and low > high:
        raise _impossible(f"a number of at least {low:g} and at most {high:g}")
    limits: Json = {}
    if low is None:
        limits["minimum"] = min(-MOST_NUMBER, high or 0)
    if high is None:
        limits["maximum"] = max(MOST_NUMBER, low or 0)
    return {**schema, **limits}


def _between(schema: Json, least_name: str, most_name: str, *, usual: tuple[int, int]) -> Json:
    """Bound a length: by what the schema says as far as it can be borne, and by what is usual otherwise."""
    least, most = _first(schema, least_name), _first(schema, most_name)
    if (least or 0) > min(LONGEST, LONGEST if most is None else most):
        raise _impossible(
            f"a {least_name} of {least:g} and a {most_name} of {most if most is not None else LONGEST:g}"
        )
    high = max(int(least or 0), usual[1] if most is None else min(int(most), LONGEST))
    low = min(usual[0], high) if least is None else int(least)
    return {least_name: low, most_name: high}


def _first(schema: Json, *names: str) -> float | None:
    """Find the first of the names that has a number."""
    found = (schema.get(name) for name in names)
    return next((n for n in found if isinstance(n, int | float) and not isinstance(n, bool)), None)


def _impossible(what: str) -> Refused:
    return Refused(f"Invalid schema: this model cannot write {what}.", code="invalid_schema")
