"""What a small model may write: everything has an end, and nothing is more than the engine can bear."""

from __future__ import annotations

import pytest

from tests.model.asking import Json
from throughline.model.ask import Tool
from throughline.model.errors import Refused
from throughline.model.grammar import LONGEST, MOST_CHARS, MOST_ITEMS, MOST_NUMBER, arguments_of, bounded


@pytest.mark.parametrize(
    ("schema", "limits"),
    [
        ({"type": "string"}, {"minLength": 1, "maxLength": MOST_CHARS}),
        ({"type": "string", "maxLength": 9}, {"minLength": 1, "maxLength": 9}),
        ({"type": "string", "maxLength": 0}, {"minLength": 0, "maxLength": 0}),
        ({"type": "string", "maxLength": 1_000_000}, {"minLength": 1, "maxLength": LONGEST}),
        ({"type": "string", "minLength": 300}, {"minLength": 300, "maxLength": 300}),
        ({"type": "integer"}, {"minimum": -MOST_NUMBER, "maximum": MOST_NUMBER}),
        ({"type": "integer", "minimum": 10**12}, {"minimum": 10**12, "maximum": 10**12}),
        ({"type": "number", "exclusiveMinimum": 0}, {"exclusiveMinimum": 0, "maximum": MOST_NUMBER}),
        ({"type": "array"}, {"minItems": 0, "maxItems": MOST_ITEMS}),
        ({"type": "array", "maxItems": 20}, {"minItems": 0, "maxItems": 20}),
        ({"type": "object"}, {"additionalProperties": False}),
        (
            {"type": "object", "additionalProperties": {"type": "null"}},
            {"additionalProperties": {"type": "null"}},
        ),
        ({"type": ["string", "null"]}, {"minLength": 1, "maxLength": MOST_CHARS}),
        ({"type": "string", "enum": ["a"]}, {}),
        ({"type": "string", "pattern": "^[a-z]{3}$"}, {}),
        ({"type": "string", "format": "date"}, {}),
        ({"const": 3}, {}),
    ],
)
def test_what_has_no_bound_gets_one_and_what_is_too_large_is_lowered(schema: Json, limits: Json) -> None:
    assert bounded(schema) == {**schema, **limits}


@pytest.mark.parametrize("pattern", ["(", "[a-z]+", "^(a{50}){50}$", "^a{1,100000}$"])
def test_a_pattern_that_the_engine_cannot_follow_is_left_out(pattern: str) -> None:
    assert "pattern" not in bounded({"type": "string", "pattern": pattern})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 5, "maxLength": 2},
        {"type": "string", "minLength": 100_000},
        {"type": "array", "minItems": 100_000},
        {"type": "integer", "minimum": 3, "maximum": 1},
        {"type": "object", "properties": {"x": {"anyOf": [{"type": "array", "minItems": 2, "maxItems": 1}]}}},
    ],
)
def test_what_cannot_be_written_is_refused(schema: Json) -> None:
    with pytest.raises(Refused, match="cannot write"):
        bounded(schema)


def test_bounds_reach_every_corner_of_a_schema() -> None:
    text, limited = {"type": "string"}, {"type": "string", "minLength": 1, "maxLength": MOST_CHARS}
    schema: Json = {
        "$defs": {"a": text},
        "anyOf": [text, {"$ref": "#/$defs/a"}],
        "properties": {"type": text, "b": {"items": text}},
        "additionalProperties": text,
    }
    assert bounded(schema) == {
        "$defs": {"a": limited},
        "anyOf": [limited, {"$ref": "#/$defs/a"}],
        "properties": {"type": limited, "b": {"items": limited}},
        "additionalProperties": limited,
    }


def test_words_for_people_are_left_out_and_a_property_of_that_name_is_not() -> None:
    schema: Json = {
        "type": "null",
        "title": "T",
        "description": "D",
        "default": 1,
        "properties": {"title": {}},
    }
    assert bounded(schema) == {"type": "null", "properties": {"title": {}}}


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    assert arguments_of(Tool("now")) == {"type": "object", "properties": {}, "additionalProperties": False}
