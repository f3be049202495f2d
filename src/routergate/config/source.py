"""YAML text → plain tree, with the line of every value.

Every scalar stays the text that was written: the schema, not YAML, decides what it means. So 0.075 is exact,
`no` can be a region, and an expanded variable can be a number.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from routergate.config.expansion import Expander
from routergate.config.findings import Findings, Place

MOST_NODES = 100_000
DEEPEST = 32

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Pair: TypeAlias = tuple[str, yaml.Node, yaml.Node]

PREFIX = "tag:yaml.org,2002:"
PLAIN_TAGS = frozenset(
    PREFIX + tag
    for tag in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Inside `{...}` and `[...]` YAML gives braces and commas a meaning of their own. References keep theirs
# by wearing code points for private use while the text is parsed.
REFERENCE = re.compile(r"\$\{[^{}\n]*\}")
WORN = str.maketrans("{}[],", "\ue000\ue001\ue002\ue003\ue004")
TAKEN_OFF = str.maketrans("\ue000\ue001\ue002\ue003\ue004", "{}[],")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was written."""

    tree: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[Place, int] = field(default_factory=dict)
    columns: Mapping[Place, int] = field(default_factory=dict)
    revealed: Mapping[str, str] = field(default_factory=dict)
    """What came from outside, to how it was written."""
    expanded: frozenset[Place] = frozenset()
    """Values that came, at least in part, from the environment or a file."""

    def line(self, place: Place) -> int | None:
        """The line of the nearest thing that was written at or above `place`."""
        found = self.nearest(place)
        return None if found is None else self.lines[found]

    def nearest(self, place: Place) -> Place | None:
        """What was written at or above `place`."""
        steps = (place[:length] for length in range(len(place), 0, -1))
        return next((step for step in steps if step in self.lines), None)

    def redact(self, text: str) -> str:
        """`text` with everything that came from outside replaced by how it was written."""
        for value in sorted(self.revealed, key=len, reverse=True):
            for shape in (value, repr(value)[1:-1]):
                text = text.replace(shape, self.revealed[value]) if len(shape) > 3 else text
        return text


class Unreadable(Exception):
    """Text that is not YAML, or too much of it."""

    def __init__(self, text: str, line: int | None) -> None:
        super().__init__(text)
        self.line = line


def parse(text: str, expander: Expander, findings: Findings) -> Source:
    """The file as a tree. What is wrong with it goes to `findings`, and the rest is still there."""
    reading = _Reading(expander, findings)
    try:
        tree = reading.whole(_compose(text))
    except Unreadable as error:
        findings.problem((), str(error), error.line)
        tree = {}
    return Source(
        tree=tree,
        lines=reading.lines,
        columns=reading.columns,
        revealed=reading.revealed,
        expanded=frozenset(reading.expanded),
    )


def _compose(text: str) -> yaml.Node | None:
    if match := UNPRINTABLE.search(text):
        raise Unreadable(
            f"the character {match[0]!a} cannot stand in YAML", text.count("\n", 0, match.start()) + 1
        )
    worn = REFERENCE.sub(lambda match: match[0].translate(WORN), text)
    try:
        _bound(worn)
        root: yaml.Node | None = yaml.compose(worn, Loader=Loader)
    except yaml.YAMLError as error:
        raise _unreadable(error) from None
    return root


def _bound(text: str) -> None:
    """Refuse depth before anything recursive sees it."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(f"more than {DEEPEST} levels deep", _line(event))


def _unreadable(error: yaml.YAMLError) -> Unreadable:
    context, problem = getattr(error, "context", None), getattr(error, "problem", None)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = ", ".join(part for part in (context, problem) if part) or "cannot be read"
    return Unreadable(f"not valid YAML: {said}", mark.line + 1 if mark else None)


class _Reading:
    """One pass over the nodes of a file."""

    def __init__(self, expander: Expander, findings: Findings) -> None:
        self.expander, self.findings = expander, findings
        self.lines: dict[Place, int] = {}
        self.columns: dict[Place, int] = {}
        self.revealed: dict[str, str] = {}
        self.expanded: set[Place] = set()
        self.nodes = 0

    def whole(self, root: yaml.Node | None) -> dict[str, Any]:
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise Unreadable("the file must be a mapping, such as 'version: 1'", _line(root))
        return self.mapping(root, ())

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.count(node, place)
        if node.tag not in PLAIN_TAGS:
            self.findings.problem(place, f"the tag '{node.tag}' is not understood; remove it", _line(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return self.sequence(node, place)
        return self.scalar(node, place)

    def count(self, node: yaml.Node, place: Place) -> None:
        """Aliases make a short text large, or endless."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Unreadable(f"more than {MOST_NODES} values, aliases included", _line(node))
        if len(place) > DEEPEST:
            raise Unreadable(f"more than {DEEPEST} levels deep, aliases included", _line(node))

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        own = list(self.own(node, place))
        for name, key, value in [*self.merged(node, place), *own]:
            at = (*place, name)
            self.noted(at, key)
            tree[name] = self.value(value, at)
        return tree

    def noted(self, place: Place, node: yaml.Node) -> None:
        mark = node.start_mark
        self.lines[place], self.columns[place] = (mark.line + 1, mark.column + 1) if mark else (1, 1)

    def own(self, node: yaml.MappingNode, place: Place) -> Iterator[Pair]:
        """The pairs that are written here, each key once."""
        first: dict[str, int] = {}
        for key, value in node.value:
            self.count(key, place)
            if _is_merge(key):
                continue
            if not isinstance(key, yaml.ScalarNode):
                self.findings.problem(place, "a key must be a plain word", _line(key))
                continue
            name = key.value.translate(TAKEN_OFF)
            if name in first:
                self.twice((*place, name), first[name], _line(key))
                continue
            first[name] = _line(key)
            yield name, key, value

    def twice(self, place: Place, first: int, again: int) -> None:
        self.findings.problem(place, f"written twice, in lines {first} and {again}; keep one", again)

    def merged(self, node: yaml.MappingNode, place: Place) -> list[Pair]:
        """What `<<` brings in; the first of several mappings wins, and what is written here wins over all."""
        pairs: dict[str, Pair] = {}
        taken = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        for mapping in self.sources(node, place):
            for pair in [*self.own(mapping, place), *self.merged(mapping, (*place, "<<"))]:
                if pair[0] not in taken:
                    pairs.setdefault(pair[0], pair)
        return list(pairs.values())

    def sources(self, node: yaml.MappingNode, place: Place) -> Iterator[yaml.MappingNode]:
        for key, value in node.value:
            if not _is_merge(key):
                continue
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(source, yaml.MappingNode):
                    yield source
                else:
                    self.findings.problem(place, "'<<' takes a mapping, or a list of them", _line(key))

    def sequence(self, node: yaml.SequenceNode, place: Place) -> list[Any]:
        items: list[Any] = []
        for index, item in enumerate(node.value):
            at = (*place, index)
            self.noted(at, item)
            items.append(self.value(item, at))
        return items

    def scalar(self, node: yaml.Node, place: Place) -> str | None:
        if node.tag == PREFIX + "null":
            return None
        text: str = node.value.translate(TAKEN_OFF)
        try:
            expansion = self.expander.expand(text)
        except ValueError as error:
            self.findings.problem(place, str(error), _line(node))
            return text
        if expansion.revealed:
            self.revealed.update(expansion.revealed)
            self.expanded.add(place)
        return expansion.text


def _is_merge(key: yaml.Node) -> bool:
    return bool(key.tag == PREFIX + "merge")


def _line(node: yaml.Node | yaml.Event) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1
