"""What stands below the fields of a class: read where it is asked for, as that takes its time."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any

from routergate.config.part import Part


def said_of(kind: type) -> dict[str, str]:
    """By field, its docstring; that of a base where the class itself says nothing."""
    return {
        name: text
        for one in reversed(kind.__mro__)
        if one is not object
        for name, text in _below(one).items()
    }


def described(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema of parts, with the docstrings of their fields."""
    parts = {part.__name__: part for part in _parts(Part)}
    inner = {name: _filled(part, parts.get(name)) for name, part in shape["$defs"].items()}
    return {**_filled(shape, parts[shape["title"]]), "$defs": inner}


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    for one in part.__subclasses__():
        yield one
        yield from _parts(one)


def _filled(shape: Mapping[str, Any], part: type[Part] | None) -> dict[str, Any]:
    if part is None:
        return dict(shape)
    texts = said_of(part)
    properties = dict(shape["properties"])
    for name, field in part.model_fields.items():
        key = field.alias or name
        if name in texts:
            properties[key] = dict(sorted({**properties[key], "description": texts[name]}.items()))
    return {**shape, "properties": properties}


@cache
def _below(kind: type) -> Mapping[str, str]:
    return dict(_texts(kind))


def _texts(kind: type) -> Iterator[tuple[str, str]]:
    [found] = ast.parse(dedent(inspect.getsource(kind))).body
    for statements in pairwise(found.body if isinstance(found, ast.ClassDef) else ()):
        match statements:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                yield name, inspect.cleandoc(text)
