"""JSON schemas for a small model: what it may write, and not without end.

Knows JSON Schema and tools. A 135M model that may write a number of any length does so until its tokens run
out, so whatever has no bound gets one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from throughline.model.ask import Json, Tool

MOST_CHARS = 200
MOST_NUMBER = 1_000_000_000
MOST_ITEMS = 5

_WORDS_ONLY = ("title", "description", "default", "examples", "$schema", "$id", "strict")
_MAPS = ("properties", "$defs", "definitions", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def bounded(schema: Any) -> Any:
    """Copy a schema with bounds for what has none, and without the words that only people read."""
    if not isinstance(schema, dict):
        return schema
    copy = {key: _inside(key, value) for key, value in schema.items() if key not in _WORDS_ONLY}
    return {**_limits(copy), **copy}


def _inside(key: str, value: Any) -> Any:
    if key in _MAPS and isinstance(value, dict):
        return {name: bounded(schema) for name, schema in value.items()}
    if key in _LISTS and isinstance(value, list):
        return [bounded(schema) for schema in value]
    return bounded(value) if key in ("items", "additionalProperties", "not") else value


def _limits(schema: Json) -> Json:
    """Name the bounds that a type needs; what the schema says itself wins."""
    if "enum" in schema or "const" in schema:
        return {}
    kinds = schema.get("type")
    limits: Json = {}
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        limits |= _limits_of(kind, schema)
    return limits


def _limits_of(kind: object, schema: Json) -> Json:
    match kind:
        case "string" if not {"pattern", "format"} & schema.keys():
            least = schema.get("minLength", 1)
            return {"minLength": min(1, schema.get("maxLength", 1)), "maxLength": max(MOST_CHARS, least)}
        case "integer" | "number":
            return {"minimum": -MOST_NUMBER, "maximum": MOST_NUMBER}
        case "array":
            return {"maxItems": max(MOST_ITEMS, schema.get("minItems", 0))}
        case "object":
            return {"additionalProperties": False}
    return {}


def arguments_of(tool: Tool) -> Json:
    """The schema of a tool's arguments."""
    schema: Json = bounded({"type": "object", "properties": {}, **tool.parameters})
    return schema


def name_of(names: Sequence[str]) -> Json:
    """The schema of a choice."""
    return {"type": "string", "enum": list(names)}
