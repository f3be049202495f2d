from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.check.schema import DEEPEST, fits

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": ["integer", "null"]},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1, "maxItems": 2},
        "boss": {"$ref": "#/$defs/boss"},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"boss": {"anyOf": [{"const": None}, {"$ref": "#"}]}},
}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ada"},
        {"name": "Ada", "age": 36, "tags": ["a", "b"]},
        {"name": "Ada", "age": None, "boss": None},
        {"name": "Ada", "boss": {"name": "Charles", "boss": {"name": "Eve"}}},
        {"name": "Ada", "age": 36.0},
    ],
)
def test_what_has_the_structure_fits(value: Any) -> None:
    assert fits(value, PERSON)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"name": 1},
        {"name": "Ada", "age": "36"},
        {"name": "Ada", "age": True},
        {"name": "Ada", "age": 36.5},
        {"name": "Ada", "tags": []},
        {"name": "Ada", "tags": ["a", "a", "a"]},
        {"name": "Ada", "tags": ["c"]},
        {"name": "Ada", "extra": 1},
        {"name": "Ada", "boss": {"age": 3}},
        {"name": "Ada", "boss": 7},
    ],
)
def test_what_has_another_structure_does_not(value: Any) -> None:
    assert not fits(value, PERSON)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("x", True),
        ("x", {}),
        ("x", None),
        ("x", {"type": "word"}),
        ("x", {"type": 7, "enum": 8, "allOf": 9, "anyOf": "no"}),
        ("x", {"pattern": "^y", "format": "date"}),
        ("x", {"$ref": "https://example.com/schema.json"}),
        ("x", {"$ref": "#/nowhere/at/all"}),
        ({"a": 1}, {"properties": 3, "required": [{}, 7], "additionalProperties": True}),
        ({"a": 1}, {"patternProperties": {"a": {}}, "additionalProperties": False}),
        ([1], {"prefixItems": [{"type": "string"}]}),
        ([1], {"minItems": "two", "maxItems": None}),
        (1, {"allOf": [{"type": "integer"}, {"const": 1}]}),
    ],
)
def test_a_rule_that_nobody_here_knows_rejects_nothing(value: Any, schema: object) -> None:
    assert fits(value, schema)


def test_nothing_fits_false_and_true_is_not_one() -> None:
    assert not fits("x", schema=False)
    assert not fits([True], {"items": {"const": 1}})
    assert not fits("x", {"allOf": [{"type": "string"}, {"const": "y"}]})


def test_a_schema_that_never_ends_is_given_up_in_favour_of_the_answer() -> None:
    assert fits("x", {"$ref": "#"})
    twice = {"anyOf": [{"allOf": [{"$ref": "#"}, False]}, {"allOf": [{"$ref": "#"}, False]}]}
    fits("x", twice)
    nested: Any = "x"
    for _ in range(DEEPEST + 1):
        nested = [nested]
    assert fits(nested, {"items": {"$ref": "#"}})


@pytest.mark.parametrize(
    ("value", "other"),
    [([1], [True]), ({"a": False}, {"a": 0}), ({"a": 1}, {"b": 1}), ([1], [1, 1]), ([], {}), (1, [1])],
)
def test_nested_values_are_the_same_only_in_every_part(value: Any, other: Any) -> None:
    assert not fits(value, {"const": other})
    assert fits(value, {"enum": [other, value]})


simple = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
schemas = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"type": st.sampled_from(["object", "array", "string", "integer", "boolean", "null"])}
    )
    | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), unique=True, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "enum": st.lists(simple, min_size=1, max_size=2),
        },
    ),
    max_leaves=6,
)


@given(simple, schemas)
def test_of_what_is_understood_the_standard_says_the_same(value: Any, schema: Any) -> None:
    assert fits(value, schema) is jsonschema.Draft202012Validator(schema).is_valid(value)
