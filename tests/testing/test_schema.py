from typing import Any

import pytest

from routergate.testing.schema import example
from support.simulation import conforms

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["name", "next", "children"],
            "additionalProperties": False,
        }
    },
}
SCHEMAS: dict[str, Any] = {
    "nothing said": {},
    "const": {"const": {"a": [1]}},
    "enum": {"enum": ["red", 2, None]},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "integer": {"type": "integer"},
    "integer between": {"type": "integer", "minimum": 3, "maximum": 4},
    "integer strictly between": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    "integer below": {"type": "integer", "maximum": -7},
    "integer multiple": {"type": "integer", "multipleOf": 5, "minimum": 11, "maximum": 21},
    "number": {"type": "number", "minimum": 0.5, "exclusiveMaximum": 0.6},
    "number strictly above": {"type": "number", "exclusiveMinimum": 1},
    "number multiple": {"type": "number", "multipleOf": 0.5, "minimum": 0.7},
    "bounds without a type": {"minimum": 10},
    "short string": {"type": "string", "maxLength": 2},
    "long string": {"type": "string", "minLength": 30},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
    "one of several types": {"type": ["string", "null"]},
    "array": {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4},
    "tuple": {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "maxItems": 2},
    "alternatives": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "all of": {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]},
    "all of numbers": {"allOf": [{"type": "integer"}, {"minimum": 3}]},
    "required but not described": {"type": "object", "required": ["a"]},
    "nested": {
        "properties": {
            "a": {"type": "object", "properties": {"b": {"type": "array", "items": {"enum": [1]}}}}
        }
    },
    "recursive": TREE,
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_the_example_fits_its_schema(schema: dict[str, Any]) -> None:
    for seed in map(str, range(20)):
        assert conforms(example(schema, seed), schema)


def test_an_example_is_the_same_for_the_same_seed() -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 5}
    assert example(schema, "a") == example(schema, "a") != example(schema, "b")


def test_optional_properties_are_given_too() -> None:
    assert example({"type": "object", "properties": {"a": {"type": "integer"}}}, "s").keys() == {"a"}


def test_a_reference_to_nowhere_or_to_itself_is_anything() -> None:
    assert isinstance(example({"$ref": "#/$defs/missing"}, "s"), str)
    assert isinstance(example({"$ref": "#"}, "s"), str)
