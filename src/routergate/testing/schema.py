"""Values that fit a JSON schema.

It knows types, `enum`, `const`, local `$ref`, `anyOf`, `oneOf`, `allOf`, bounds and common formats; it does
not know `pattern`, `not` or conditions.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

_Schema = Mapping[str, Any]
_DEEP = 6
"""From here on only what is required, so that recursive schemas come to an end."""
_WORDS = ("simulated", "Beispiel", "exemple", "näherungsweise", "例", "пример", "sample", "señal")
_FORMATS = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "simulated@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/simulated",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def draw(seed: str, below: int) -> int:
    """A number from 0 up to `below`, always the same for the same seed."""
    return int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big") % below


def example(schema: _Schema, seed: str) -> Any:
    """A value that fits `schema`, always the same for the same seed."""
    return _Example(root=schema).value(schema, seed, 0)


@dataclass(frozen=True, slots=True)
class _Example:
    root: _Schema
    """Where local references are looked up."""

    def value(self, schema: Any, seed: str, depth: int) -> Any:
        schema = self.resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        if options := schema.get("enum"):
            return options[draw(seed, len(options))]
        match _type_of(schema, depth):
            case "object":
                return self.object(schema, seed, depth)
            case "array":
                return self.array(schema, seed, depth)
            case kind:
                return _scalar(kind, schema, seed)

    def resolved(self, schema: Any, depth: int, hops: int = 0) -> _Schema:
        """`schema` with references followed, alternatives chosen and parts merged."""
        if not isinstance(schema, Mapping) or hops > 20:
            return {}
        if "$ref" in schema:
            return self.resolved(self.target(schema["$ref"]), depth, hops + 1)
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return self.resolved(_simplest(options) if depth >= _DEEP else options[0], depth, hops + 1)
        if parts := schema.get("allOf"):
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            return _merged(rest, *(self.resolved(part, depth, hops + 1) for part in parts))
        return schema

    def target(self, reference: str) -> Any:
        found: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
        return found

    def object(self, schema: _Schema, seed: str, depth: int) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        required = schema.get("required") or ()
        names = required if depth >= _DEEP else dict.fromkeys([*properties, *required])
        return {name: self.value(properties.get(name), f"{seed}/{name}", depth + 1) for name in names}

    def array(self, schema: _Schema, seed: str, depth: int) -> list[Any]:
        first = list(schema.get("prefixItems") or ())
        least = schema.get("minItems", 0)
        wished = least if depth >= _DEEP else max(least, len(first), 1 + draw(seed, 3))
        size = min(wished, schema.get("maxItems", wished))
        items = [*first, *[schema.get("items")] * size][:size]
        return [self.value(item, f"{seed}/{place}", depth + 1) for place, item in enumerate(items)]


def _type_of(schema: _Schema, depth: int) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return "null" if depth >= _DEEP and "null" in kind else str(kind[0])
    if kind is not None:
        return str(kind)
    return next((kind for key, kind in _TELLING.items() if key in schema), "string")


_TELLING = {
    "properties": "object",
    "required": "object",
    "items": "array",
    "prefixItems": "array",
    "minimum": "number",
    "maximum": "number",
}
"""The type that a keyword speaks of, where none is named."""


def _scalar(kind: str, schema: _Schema, seed: str) -> Any:
    match kind:
        case "integer":
            return _integer(schema, seed)
        case "number":
            return _number(schema, seed)
        case "boolean":
            return bool(draw(seed, 2))
        case "null":
            return None
        case _:
            return _string(schema, seed)


def _string(schema: _Schema, seed: str) -> str:
    if (form := schema.get("format")) in _FORMATS:
        return _FORMATS[form]
    word = _WORDS[draw(seed, len(_WORDS))]
    return word.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 80)]


def _integer(schema: _Schema, seed: str) -> int:
    step: int = math.ceil(schema.get("multipleOf", 1))
    low, high = _bounds(schema, margin=1)
    first = math.ceil(low / step)
    return (first + draw(seed, max(1, math.floor(high / step) - first + 1))) * step


def _number(schema: _Schema, seed: str) -> float:
    if "multipleOf" in schema:
        low, _ = _bounds(schema, margin=schema["multipleOf"])
        return float(math.ceil(low / schema["multipleOf"]) * schema["multipleOf"])
    low, high = _bounds(schema, margin=0)
    return float(low + (high - low) * (1 + draw(seed, 98)) / 100)


def _bounds(schema: _Schema, margin: float) -> tuple[float, float]:
    """The lowest and the highest value; `margin` keeps clear of a bound that is excluded."""
    lows = [schema.get("minimum"), _moved(schema.get("exclusiveMinimum"), margin)]
    highs = [schema.get("maximum"), _moved(schema.get("exclusiveMaximum"), -margin)]
    low = max((bound for bound in lows if bound is not None), default=None)
    high = min((bound for bound in highs if bound is not None), default=None)
    if low is None:
        low = min(0, high) if high is not None else 0
    return low, high if high is not None else low + 100


def _moved(bound: float | None, margin: float) -> float | None:
    return None if bound is None else bound + margin


def _simplest(options: list[Any]) -> Any:
    """The alternative that is least likely to nest any deeper."""
    return min(options, key=lambda option: len(str(option)) + 1000 * ("$ref" in option))


def _merged(*schemas: _Schema) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for schema in schemas:
        merged |= {
            **schema,
            "properties": {**merged.get("properties", {}), **schema.get("properties", {})},
            "required": [*merged.get("required", ()), *schema.get("required", ())],
        }
    return merged if merged.get("properties") or merged.get("required") else _bare(merged)


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in {"properties", "required"}}
