"""Outcomes whose truth is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routergate.domain.request import Message

COLOURS = ("red", "green", "blue", "white", "black", "grey", "brown", "golden", "purple", "orange")
ANIMALS = ("cat", "dog", "horse", "fox", "owl", "whale", "ant", "crow", "hare", "wolf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One prompt, and how well models answered it."""

    source: str
    messages: tuple[Message, ...]
    task: str | None
    quality: Mapping[str, float]


def told(text: str, task: str | None, source: str = "made", **quality: float) -> Told:
    """An outcome of one question."""
    return Told(source=source, messages=(Message(role="user", text=text),), task=task, quality=quality)


def easy_and_hard(source: str = "made") -> Sequence[Told]:
    """Sums, which only `strong` can do, and stories, which `weak` can tell as well: a hundred of each."""
    pairs = [(colour, animal) for colour in COLOURS for animal in ANIMALS]
    return [
        outcome
        for number, (colour, animal) in enumerate(pairs)
        for outcome in (
            told(f"Add {number} and {number * 7}, then divide by the {colour} sum.", "sums", source, **SUMS),
            told(f"Tell me about a {colour} {animal} that met a friend.", "stories", source, **STORIES),
        )
    ]


SUMS = {"weak": 0.0, "strong": 1.0}
STORIES = {"weak": 1.0, "strong": 1.0}
