"""What is found wrong, or worth knowing, and where."""

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys, and positions in lists."""

SHOWN = 8


def dotted(place: Place) -> str:
    """`place` as people write it: `routes.auto.candidates[1]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def hint(word: str, known: Collection[str]) -> str:
    """How to put a wrong `word` right, as the end of a sentence: the closest known one, or a few of them."""
    if close := get_close_matches(word, known, n=1):
        return f"; did you mean '{close[0]}'?"
    listed = sorted(known)
    more = ", …" if len(listed) > SHOWN else ""
    return f"; known: {', '.join(listed[:SHOWN])}{more}" if listed else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, or warning. Its line is looked up by its place, unless it is known better."""

    place: Place
    text: str
    line: int | None = None


@dataclass(slots=True)
class Findings:
    """Problems and warnings, in the order in which they were found."""

    problems: list[Problem] = field(default_factory=list)
    cautions: list[Problem] = field(default_factory=list)
    _spoilt: set[Place] = field(default_factory=set)
    """Every place with a problem at or below it, except the whole file."""

    def problem(self, place: Place, text: str, line: int | None = None) -> None:
        """Note a mistake, unless it is the consequence of one at or below the same place."""
        if place not in self._spoilt:
            self.problems.append(Problem(place, text, line))
            self._spoilt.update(place[:length] for length in range(1, len(place) + 1))

    def warn(self, place: Place, text: str) -> None:
        """Note what an operator should know, though it is no mistake."""
        self.cautions.append(Problem(place, text))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The same as sentences."""
        return tuple(f"{dotted(one.place)}: {one.text}" for one in self.cautions)
