"""The reference that users read, and the schema that their editors read, made from `schema.File`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from routergate.config.described import described, said_of
from routergate.config.schema import File
from routergate.config.settings import PREFIX, Settings

Shape: TypeAlias = Mapping[str, Any]
"""A JSON Schema."""

INTRODUCTION = """\
# Configuration

RouterGate reads one YAML file: `config/routergate.yaml`, unless `--config` or `ROUTERGATE_CONFIG` names
another. `routergate check` reports every mistake in it at once, each with its line.

Inside a value, `${NAME}` stands for an environment variable, `${NAME:-default}` for one with a default, and
`${file:/run/secrets/name}` for the content of a file; `$${` is a plain `${`. What is filled in this way
cannot change the structure of the file. Numbers are read as they are written: `0.075` is exactly 0.075.

Prices, capabilities and context sizes that are not given come from the price map that ships with litellm. It
is read from disk, never fetched. A price that is not known there either stays unknown; it is never taken for
zero.
"""

HEAD = "| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n"

PLAIN: Mapping[str, str] = {
    "string": "text",
    "date": "date",
    "uri": "URL",
    "regex": "regular expression",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
}


def json_schema() -> str:
    """The JSON Schema of the file, for editors."""
    shape = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_shape()}
    return json.dumps(shape, indent=2, ensure_ascii=False) + "\n"


def markdown() -> str:
    """Every key of the file and every environment variable, in tables."""
    shape = _shape()
    return "\n".join([INTRODUCTION, *_sections("", shape, shape["$defs"]), _environment()])


def _shape() -> Shape:
    return described(File.model_json_schema())


def _sections(path: str, shape: Shape, parts: Mapping[str, Shape]) -> Iterator[str]:
    """The section of one mapping, and those of the mappings in it."""
    heading = f"`{path}`" if path else "The file"
    rows = (_row(key, inner, shape, parts) for key, inner in shape["properties"].items())
    yield f"## {heading}\n\n{shape['description']}\n\n{HEAD}{''.join(rows)}"
    for key, inner in shape["properties"].items():
        suffix, part = _part(inner, parts)
        if part is not None:
            yield from _sections(f"{path}.{key}".removeprefix(".") + suffix, part, parts)


def _row(key: str, inner: Shape, shape: Shape, parts: Mapping[str, Shape]) -> str:
    meaning = inner.get("description") or _resolved(inner, parts)["description"]
    if "examples" in inner:
        meaning += f" Example: {', '.join(_code(example) for example in inner['examples'])}."
    cells = (f"`{key}`", _type(inner, parts), _default(key, inner, shape), meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _default(key: str, inner: Shape, shape: Shape) -> str:
    if key in shape.get("required", ()):
        return "required"
    plain = inner.get("default")
    return "" if plain is None or isinstance(plain, dict | list) else _code(plain)


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def _present(shape: Shape) -> Shape:
    """The shape of a value that is there."""
    options = [option for option in shape.get("anyOf", ()) if option != {"type": "null"}]
    if not options:
        return shape
    return options[0] if len(options) == 1 else {"anyOf": options}


def _resolved(shape: Shape, parts: Mapping[str, Shape]) -> Shape:
    present = _present(shape)
    return parts[present["$ref"].rpartition("/")[2]] if "$ref" in present else present


def _part(shape: Shape, parts: Mapping[str, Shape]) -> tuple[str, Shape | None]:
    """The mapping with fixed keys in a shape, if there is one, and how it is reached."""
    found = _resolved(shape, parts)
    if "properties" in found:
        return "", found
    for suffix, key in (("[]", "items"), (".<name>", "additionalProperties")):
        if isinstance(found.get(key), dict):
            inner = _resolved(found[key], parts)
            return suffix, inner if "properties" in inner else None
    return "", None


def _type(shape: Shape, parts: Mapping[str, Shape]) -> str:
    found = _resolved(shape, parts)
    if "anyOf" in found:
        return " or ".join(_type(option, parts) for option in found["anyOf"])
    if "const" in found:
        return _code(found["const"])
    if "enum" in found:
        return ", ".join(map(_code, found["enum"]))
    if found["type"] == "array":
        return f"list of: {_type(found['items'], parts)}"
    if found["type"] == "object":
        return _mapping(found, parts)
    return PLAIN[found.get("format", found["type"])] + _bounds(found)


def _mapping(shape: Shape, parts: Mapping[str, Shape]) -> str:
    if "properties" in shape:
        return "mapping"
    return f"mapping of names to: {_type(shape['additionalProperties'], parts)}"


def _bounds(shape: Shape) -> str:
    low, above, high = (shape.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
    least = (
        f", at least {low:g}" if low is not None else f", more than {above:g}" if above is not None else ""
    )
    return least + (f", at most {high:g}" if high is not None and high < 10**12 else "")


def _environment() -> str:
    said = said_of(Settings)
    rows = (
        f"| `{PREFIX}{name.upper()}` | {_code(str(field.default)) if field.default is not None else ''} "
        f"| {said[name]} |\n"
        for name, field in Settings.model_fields.items()
    )
    head = "| Variable | Default | Meaning |\n| --- | --- | --- |\n"
    return f"## Environment\n\n{Settings.__doc__}\n\n{head}{''.join(rows)}"
