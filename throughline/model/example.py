"""A small valid instance of a JSON schema.

Knows JSON Schema as far as Pydantic and the OpenAI API use it. Refuses to know whose schema it is: what a
string should say is asked of `say`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
Say = Callable[[str], str]

DEEPEST = 24
NUMBER = 3


def example(schema: Schema, *, say: Say) -> Any:
    """Make an instance with the required properties only; `say` gives the text for a property's name."""
    return _Example(schema, say).make(schema, name="", depth=0)


class _Example:
    def __init__(self, root: Schema, say: Say) -> None:
        self._root = root
        self._say = say

    def make(self, schema: Any, *, name: str, depth: int) -> Any:
        schema = self._resolve(schema)
        if depth > DEEPEST:
            return None
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"], name)
        return self._typed(schema, name=name, depth=depth)

    def _resolve(self, schema: Any) -> Schema:
        """Follow references and take the first of alternatives; `true` is any value."""
        for _ in range(DEEPEST):
            if not isinstance(schema, dict):
                return {}
            if "$ref" in schema:
                schema = {**self._follow(str(schema["$ref"])), **_without(schema, "$ref")}
            elif parts := schema.get("allOf"):
                schema = _merged([_without(schema, "allOf"), *map(self._resolve, parts)])
            elif options := schema.get("anyOf") or schema.get("oneOf"):
                schema = {**_without(schema, "anyOf", "oneOf"), **self._resolve(_fullest(options))}
            else:
                return schema
        return {}

    def _follow(self, reference: str) -> Schema:
        target: Any = self._root
        for part in reference.removeprefix("#").strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            target = target.get(key, {}) if isinstance(target, dict) and key else target
        return target if isinstance(target, dict) else {}

    def _one_of(self, options: list[Any], name: str) -> Any:
        """Prefer the option that the words mention."""
        words = self._say(name).lower()
        mentioned = [
            option for option in options if isinstance(option, str) and option and option.lower() in words
        ]
        return (mentioned or options)[0]

    def _typed(self, schema: Schema, *, name: str, depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth=depth)
            case "array":
                return self._array(schema, name=name, depth=depth)
            case "integer":
                return int(_number(schema, step=1, words=self._say(name)))
            case "number":
                return _number(schema, step=0.5, words=self._say(name))
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return _string(schema, self._say(name))

    def _object(self, schema: Schema, *, depth: int) -> Any:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        return {key: self.make(properties.get(key, {}), name=key, depth=depth + 1) for key in required}

    def _array(self, schema: Schema, *, name: str, depth: int) -> list[Any]:
        first = list(schema.get("prefixItems", []))
        count = max(int(schema.get("minItems", 0)), len(first))
        kinds = [*first, *[schema.get("items", {})] * (count - len(first))]
        return [self.make(kind, name=name, depth=depth + 1) for kind in kinds]


def _type(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return str(next((item for item in kind if item != "null"), "null"))
    if kind is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _fullest(options: list[Any]) -> Any:
    """Of alternatives take the first that is more than null."""
    return next((option for option in options if option != {"type": "null"}), options[0])


def _merged(parts: list[Schema]) -> Schema:
    merged: Schema = {}
    for part in parts:
        both = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", []), *part.get("required", [])]
        merged = {**merged, **part}
        merged |= {"properties": both, "required": required} if both else {}
    return merged


def _number(schema: Schema, *, step: float, words: str) -> float:
    """Take a number out of the words, or a small one, within the schema's bounds."""
    said = [float(word) for word in words.split() if word.isdecimal() and len(word) < 10]
    low = max(schema.get("minimum", float("-inf")), schema.get("exclusiveMinimum", float("-inf")) + step)
    high = min(schema.get("maximum", float("inf")), schema.get("exclusiveMaximum", float("inf")) - step)
    value: float = min(max(said[0] if said else NUMBER, low), high)
    if multiple := schema.get("multipleOf"):
        value = -(-value // multiple) * multiple
    return value


def _string(schema: Schema, text: str) -> str:
    formats = {"date": "2025-01-31", "date-time": "2025-01-31T12:00:00Z", "email": "name@example.com"}
    formats |= {"uri": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000"}
    text = formats.get(str(schema.get("format")), text)
    text = text.ljust(int(schema.get("minLength", 0)), ".")
    return text[: int(schema["maxLength"])] if "maxLength" in schema else text


def _without(schema: Schema, *keys: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}
