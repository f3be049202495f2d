"""Prompts of our own for what public outcomes lack: open-ended requests, and greetings in many languages.

Nobody measured how models answer these. Their labels are a belief, said here and in docs/router-card.md: all models
greet, most write well, and what has to be derived, planned or programmed separates them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from routergate.domain.request import Message
from routergate.evaluation.labels import Labelled, labels
from routergate.evaluation.standing import standing

SOURCE: Final = "anchor"
EASE: Final[Mapping[str, tuple[float, float]]] = {
    "trivial": (4.5, 0.3),
    "easy": (2.5, 0.6),
    "open": (2.0, 0.8),
    "demanding": (0.6, 1.3),
    "hard": (-0.5, 1.8),
}
"""Log-odds of an average model, and what a standard deviation of ability adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A prompt whose labels are a belief."""

    source: str
    messages: tuple[Message, ...]
    task: str
    quality: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Family:
    """Every template with every subject is a prompt."""

    task: str
    ease: str
    templates: Sequence[str]
    subjects: Sequence[str]


_GREETINGS: Final = (
    "hi", "Hello!", "Hey there", "Good morning", "Thanks, bye", "thank you so much", "ok", "yes please", "no",
    "Nice to meet you", "How are you today?", "Bonjour", "Merci beaucoup !", "Hola, ¿qué tal?", "¿Qué hora es?",
    "Guten Tag", "Danke dir", "Ciao!", "Olá, tudo bem?", "Hallo, hoe gaat het?", "Привет, как дела?", "Спасибо",
    "你好", "谢谢你", "これは何ですか", "ありがとう", "안녕하세요", "مرحبا", "नमस्ते", "שלום", "Γεια σου", "สวัสดี",
)  # fmt: skip
_PLACES: Final = ("Norway", "the Alps", "a harbour town", "the desert", "Kyoto", "a night train", "the moon")
_THINGS: Final = (
    "photosynthesis", "inflation", "the French Revolution", "vaccines", "black holes", "supply and demand",
    "the water cycle", "stoicism",
)  # fmt: skip
_PROGRAMS: Final = (
    "a rate limiter", "a text editor's undo stack", "an LRU cache", "a JSON parser", "a job queue",
    "a spell checker", "a chess move generator",
)  # fmt: skip
_CLAIMS: Final = (
    "there are infinitely many primes", "the square root of 3 is irrational", "every finite tree has a leaf",
    "a continuous function on a closed interval is bounded", "the harmonic series diverges",
    "unendlich viele Primzahlen gibt", "la suma de dos impares es par", "toute suite monotone bornée converge",
)  # fmt: skip

FAMILIES: Final = (
    Family("chat", "trivial", ("{}",), _GREETINGS),
    Family(
        "chat",
        "easy",
        ("What is the capital of {}?", "How do I reset my {}?", "Where can I find my {}?", "What is a {}?"),
        ("password", "router", "invoice", "subscription", "order number", "phone"),
    ),
    Family(
        "creative",
        "open",
        (
            "Write a short poem about {}.",
            "Write a travel diary entry set in {}.",
            "You are an old sailor. Tell a visitor about {}.",
            "Pretend to be a detective and describe {} in the first person.",
            "Draft a cheerful e-mail that invites colleagues to {}.",
            "Rewrite your last answer so that every sentence mentions {}.",
        ),
        _PLACES,
    ),
    Family(
        "summarisation",
        "easy",
        (
            "Summarise this article on {} in three sentences.",
            "Give a one-line summary of the text on {} below.",
        ),
        _THINGS,
    ),
    Family(
        "translation",
        "easy",
        ("Translate into French: we talked about {}.", "Translate 'they study {}' into German."),
        _THINGS,
    ),
    Family(
        "extraction",
        "easy",
        (
            "Extract every name, date and amount from the note about {} and return JSON.",
            "List the people mentioned in this text on {} as CSV.",
        ),
        _THINGS,
    ),
    Family(
        "classification",
        "easy",
        ("Classify the sentiment of this review of {}: positive, negative or neutral.",),
        (*_PLACES, *_THINGS),
    ),
    Family(
        "knowledge",
        "open",
        (
            "Explain {} to a ten-year-old.",
            "What are the main causes and effects of {}?",
            "Compare two schools of thought on {} and say which convinces you more.",
        ),
        _THINGS,
    ),
    Family(
        "code",
        "demanding",
        (
            "Implement {} in Python, with tests.",
            "Write a C++ program for {} and explain its complexity.",
            "There is a bug in my implementation of {}. Find it and fix it:\n```\ndef run(x):\n    return x\n```",
        ),
        _PROGRAMS,
    ),
    Family(
        "code",
        "hard",
        (
            "Design a distributed version of {} that survives partitions; analyse its deadlocks and invariants.",
            "Derive the asymptotic cost of {} and prove a lower bound.",
        ),
        _PROGRAMS,
    ),
    Family(
        "math",
        "hard",
        (
            "Prove that {}.",
            "Give a rigorous proof that {}, and a counterexample without the hypothesis.",
            "Beweise, dass {}.",
            "Démontrez que {}.",
            "Demuestra que {}.",
        ),
        _CLAIMS,
    ),
    Family(
        "math",
        "demanding",
        (
            "A shop sells {} apples at 3 for $2 and gives 15% off the total. What does it earn? Show your steps.",
            "If f(x) = x^3 - {}x + 1, what is f(2)? What is f'(2)?",
            "Two dice are rolled {} times. What is the probability of at least one double six?",
        ),
        ("12", "25", "40", "96"),
    ),
    Family(
        "reasoning",
        "demanding",
        (
            "Four friends sit in a row. {} Who sits at the left end? Explain your reasoning step by step.",
            "{} Is the conclusion valid? Why or why not?",
        ),
        (
            "Ann is left of Bob, Cid is not at an end, and Dee sits beside Ann.",
            "Bob is next to Dee, Ann is at an end, and Cid is right of Bob.",
            "All poets dream, some dreamers sleep late, therefore some poets sleep late.",
        ),
    ),
)


def anchored(outcomes: Sequence[Labelled]) -> tuple[Labelled, ...]:
    """Outcomes, and the anchors for all their models."""
    return (*outcomes, *_anchors(standing(labels(outcomes)).models))


def _anchors(ability: Mapping[str, float]) -> Iterator[Anchor]:
    """All prompts, with what is believed of every model."""
    values = np.array(list(ability.values()))
    relative = np.clip((values - values.mean()) / max(float(values.std()), 0.1), -2, 2)
    for family in FAMILIES:
        mean, slope = EASE[family.ease]
        believed = 1 / (1 + np.exp(-(mean + slope * relative)))
        quality = dict(zip(ability, believed.tolist(), strict=True))
        for subject, template in product(family.subjects, family.templates):
            message = Message(role="user", text=template.format(subject))
            yield Anchor(source=SOURCE, messages=(message,), task=family.task, quality=quality)
