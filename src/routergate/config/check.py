"""Plain tree → `File`: every mistake is noted, and what is left is still read."""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from routergate.config.findings import Findings, Place, hint
from routergate.config.part import Part
from routergate.config.schema import File
from routergate.config.wording import words


def check(tree: Mapping[str, Any], findings: Findings) -> File:
    """As much of `tree` as can be understood."""
    try:
        return File.model_validate(tree)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    for error in errors:
        findings.problem(_place(error), _unknown_key(error) or words(error))
    return _remainder(tree, errors)


def _remainder(tree: Mapping[str, Any], errors: list[ErrorDetails]) -> File:
    """What is there without the parts that are wrong; leaving them out can make their parents wrong."""
    before: Mapping[str, Any] | None = None
    while tree != before:
        before = tree
        for error in errors:
            tree = _without(tree, _culprit(error))
        try:
            return File.model_validate(tree)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False)
    return File()


def _place(error: ErrorDetails) -> Place:
    return tuple(step for step in error["loc"] if step != "[key]")


def _culprit(error: ErrorDetails) -> Place:
    """The smallest part to leave out. No list loses single items, because the others would move."""
    place = _place(error)
    if error["type"] == "missing":
        place = place[:-1]
    if error["type"] == "extra_forbidden":
        return place
    index = next((at for at, step in enumerate(place) if isinstance(step, int)), len(place))
    return place[:index]


def _without(tree: Any, place: Place) -> Any:
    """A copy of `tree` without what is at `place`, or without the scalar that stands in the way."""
    step, rest = place[0], place[1:]
    if not _has(tree, step):
        return tree
    copy = tree.copy()
    if rest and isinstance(tree[step], dict | list):
        copy[step] = _without(tree[step], rest)
    else:
        del copy[step]
    return copy


def _has(tree: dict[str | int, Any] | list[Any], step: str | int) -> bool:
    return step in tree if isinstance(tree, dict) else isinstance(step, int) and step < len(tree)


def _unknown_key(error: ErrorDetails) -> str | None:
    if error["type"] != "extra_forbidden":
        return None
    *parents, key = _place(error)
    return f"unknown key '{key}'{hint(str(key), _keys_at(parents))}"


def _keys_at(place: Sequence[str | int]) -> frozenset[str]:
    """The keys that may be written in the mapping at `place`."""
    kind: Any = File
    for step in place:
        kind = _inside(kind, step)
    part = next(
        (arg for arg in (kind, *get_args(kind)) if isinstance(arg, type) and issubclass(arg, Part)), None
    )
    return part.known_keys() if part else frozenset()


def _inside(kind: Any, step: str | int) -> Any:
    """The type of what is at `step` of a value of type `kind`."""
    if isinstance(kind, type) and issubclass(kind, Part):
        fields = kind.model_fields.items()
        return next(field.annotation for name, field in fields if step == (field.alias or name))
    first, *_ = present = [arg for arg in get_args(kind) if arg not in (NoneType, ...)]
    return _inside(first, step) if isinstance(kind, UnionType) else present[-1]
