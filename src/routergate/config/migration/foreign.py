"""A LiteLLM configuration as it is written, and what there is to say about it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import chain, count
from pathlib import Path
from typing import Any

from routergate.config.expansion import Expander, Expansion
from routergate.config.findings import Findings, Place, dotted
from routergate.config.source import Source, parse
from routergate.domain.errors import ConfigError

SECTIONS = ("router_settings", "litellm_settings", "general_settings")


class Verbatim(Expander):
    """Leaves values as they are: braces mean nothing in a LiteLLM configuration."""

    def expand(self, text: str) -> Expansion:
        """The text itself."""
        return Expansion(text, {})


@dataclass(frozen=True, slots=True)
class Deployment:
    """An entry of `model_list`."""

    group: str
    """The name that applications call; several deployments may share it."""
    place: Place
    params: Mapping[str, Any]
    info: Mapping[str, Any]


@dataclass(slots=True)
class Notes:
    """What has no equivalent, or needs a decision; never a secret."""

    path: Path
    source: Source
    _found: list[tuple[int, str]] = field(default_factory=list)
    _meant: dict[str, str | None] = field(default_factory=dict)
    """What each variable stands for, as far as that is written in the file."""

    def add(self, place: Place, text: str) -> None:
        """Say something about what stands at a place."""
        self._found.append((self.source.line(place) or 0, f"{dotted(place)}: {text}"))

    def reserve(self, variable: str) -> None:
        """The file itself refers to a variable of this name."""
        self._meant.setdefault(variable, None)

    def variable(self, wanted: str, secret: str) -> str:
        """A variable for a secret, one for each: the name that is wanted, or that with a number."""
        names = chain([wanted], (f"{wanted}_{number}" for number in count(2)))
        name = next(each for each in names if self._meant.get(each, secret) == secret)
        self._meant[name] = secret
        return name

    @property
    def lines(self) -> tuple[str, ...]:
        """All of them once, in the order of the file, each with its line."""
        ordered = dict.fromkeys(sorted(self._found, key=lambda note: note[0]))
        return tuple(f"{self.path}:{line}: {text}" for line, text in ordered)


def read(path: Path) -> tuple[Mapping[str, Any], Notes]:
    """The file as a tree of texts; raises `ConfigError` if it is none."""
    findings = Findings()
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from None
    source = parse(text, Verbatim({}, path.parent), findings)
    if findings.problems:
        told = [
            (it.line or source.line(it.place), f"{dotted(it.place)}: {it.text}" if it.place else it.text)
            for it in findings.problems
        ]
        raise ConfigError([f"{path}:{line}: {words}" for line, words in told])
    if not isinstance(source.tree.get("model_list"), list):
        raise ConfigError([f"{path}: has no 'model_list', so it is no configuration of LiteLLM's proxy"])
    notes = Notes(path, source)
    for variable in re.findall(r"os\.environ/(\w+)", text):
        notes.reserve(variable)
    return source.tree, notes


def deployments(tree: Mapping[str, Any], notes: Notes) -> Iterator[Deployment]:
    """The entries that name a model; about the others there is a note."""
    for index, entry in enumerate(tree["model_list"]):
        place: Place = ("model_list", index)
        params, group = mapping(mapping(entry).get("litellm_params")), mapping(entry).get("model_name")
        if not isinstance(group, str) or not group.strip() or not isinstance(params.get("model"), str):
            notes.add(place, "has no model_name, or no litellm_params.model, and is left out")
        elif "*" in group or "*" in params["model"]:
            notes.add(place, "is a wildcard, which RouterGate has not: declare each model by its name")
        else:
            outside = {name: mapping(entry).get(name) for name in ("rpm", "tpm") if mapping(entry).get(name)}
            info = mapping(mapping(entry).get("model_info"))
            yield Deployment("-".join(group.split()), place, {**outside, **params}, info)


def settings(tree: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Every setting outside the models, with its place."""
    for section in SECTIONS:
        for name, value in mapping(tree.get(section)).items():
            yield (section, name), value


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping; of anything else, an empty one."""
    return value if isinstance(value, Mapping) else {}


def number(value: Any) -> Decimal | None:
    """A number that is positive, if `value` is one."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None


def whole(value: Any) -> int | None:
    """The same without its fraction."""
    found = number(value)
    return int(found) if found is not None and found >= 1 else None
