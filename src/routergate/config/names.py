"""Everything that a file declares, and how one part of it refers to another."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from routergate.config.findings import Findings, Place, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Everything that the file declares, whether it could be read or not."""

    providers: frozenset[str]
    models: frozenset[str]
    tasks: frozenset[str]
    routes: frozenset[str]
    organisations: frozenset[str]
    plans: frozenset[str]

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> "Names":
        """The names in the tree of a file."""
        return cls(**{section: frozenset(tree.get(section) or ()) for section in cls.__slots__})


def refer(word: str, kind: str, known: Collection[str], place: Place, findings: Findings) -> None:
    """Note a problem if nothing known has this name."""
    if word not in known:
        findings.problem(place, f"no {kind} is called '{word}'{hint(word, known)}")
