"""Whether a value has the structure that a JSON schema asks for.

What makes up structured output is understood: types, properties, items, enumerations, alternatives and
references within the schema. What else stands in a schema is passed over, so that no answer is rejected for
a rule that nobody here knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

DEEPEST, MOST = 100, 20_000
"""Levels and steps; an answer that takes more to check is believed."""
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda it: isinstance(it, dict),
    "array": lambda it: isinstance(it, list),
    "string": lambda it: isinstance(it, str),
    "boolean": lambda it: isinstance(it, bool),
    "null": lambda it: it is None,
    "number": lambda it: isinstance(it, int | float) and not isinstance(it, bool),
    "integer": lambda it: not isinstance(it, bool) and (isinstance(it, int) or _is_whole(it)),
}


def fits(value: Any, schema: object) -> bool:
    """Whether `value` has the structure of `schema`, as far as that is understood."""
    return _Walk(schema).fits(value, schema, 0)


@dataclass(slots=True)
class _Walk:
    """One comparison, which is given up, in favour of the answer, when it takes too long."""

    root: object
    steps: int = field(default=0)

    def fits(self, value: Any, schema: object, depth: int) -> bool:
        self.steps += 1
        if depth > DEEPEST or self.steps > MOST:
            return True
        if not isinstance(schema, dict):
            return schema is not False
        if isinstance(reference := schema.get("$ref"), str):
            return self.fits(value, _at(self.root, reference), depth + 1)
        return (
            _is_plain(value, schema)
            and self._is_one_of(value, schema, depth)
            and self._has_properties(value, schema, depth)
            and self._has_items(value, schema, depth)
        )

    def _is_one_of(self, value: Any, schema: Mapping[str, Any], depth: int) -> bool:
        every, any_ = schema.get("allOf"), schema.get("anyOf") or schema.get("oneOf")
        if isinstance(every, list) and not all(self.fits(value, each, depth + 1) for each in every):
            return False
        return not isinstance(any_, list) or any(self.fits(value, each, depth + 1) for each in any_)

    def _has_properties(self, value: Any, schema: Mapping[str, Any], depth: int) -> bool:
        if not isinstance(value, dict):
            return True
        known, others = _mapping(schema.get("properties")), schema.get("additionalProperties", True)
        if any(name not in value for name in _names(schema.get("required"))):
            return False
        if "patternProperties" in schema:
            others = True
        return all(self.fits(each, known.get(name, others), depth + 1) for name, each in value.items())

    def _has_items(self, value: Any, schema: Mapping[str, Any], depth: int) -> bool:
        if not isinstance(value, list) or "prefixItems" in schema:
            return True
        if not _count(schema.get("minItems"), 0) <= len(value) <= _count(schema.get("maxItems"), len(value)):
            return False
        return all(self.fits(each, schema.get("items", True), depth + 1) for each in value)


def _is_plain(value: Any, schema: Mapping[str, Any]) -> bool:
    """Type, enumeration and constant."""
    types = schema.get("type")
    names = [types] if isinstance(types, str) else _names(types)
    if names and not any(_TYPES.get(name, lambda _: True)(value) for name in names):
        return False
    if isinstance(listed := schema.get("enum"), list) and not any(_same(value, each) for each in listed):
        return False
    return "const" not in schema or _same(value, schema["const"])


def _same(one: Any, other: Any) -> bool:
    """As JSON sees it: true is not 1, at any depth."""
    pairs = [(one, other)]
    for left, right in pairs:  # It grows on the way: values may be nested more deeply than calls may be.
        if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
            pairs.extend((left[name], right[name]) for name in left)
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pairs.extend(zip(left, right, strict=True))
        elif (
            isinstance(left, dict | list)
            or left != right
            or isinstance(left, bool) != isinstance(right, bool)
        ):
            return False
    return True


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _at(root: object, reference: str) -> object:
    """What a reference within the schema means; what is elsewhere is not fetched, and fits."""
    found = root
    if not reference.startswith("#"):
        return True
    for name in filter(None, reference[1:].split("/")):
        found = _mapping(found).get(name.replace("~1", "/").replace("~0", "~"), True)
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _count(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
