"""Which prompts are the same question: they must never stand on both sides of a split."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routergate.domain.request import Message
from routergate.evaluation.labels import Labelled

_CHOICES: Final = re.compile(r"\n\s*\(?[A-J][.):]\s")
_LEAD: Final = re.compile(r"^(q|question|problem)\s*:")
_REST: Final = re.compile(r"[\W_]+")
_LEAST: Final = 20


def groups(outcomes: Sequence[Labelled]) -> NDArray[np.int64]:
    """A number per outcome, the same for the same question, whatever source it comes from."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(_text(one.messages), len(numbers)) for one in outcomes])


def _text(messages: Sequence[Message]) -> str:
    return "\n".join(normalised(message.text) for message in messages)


def normalised(prompt: str) -> str:
    """The question of a prompt, without its choices, its case and its punctuation."""
    choices = _CHOICES.search(prompt)
    asked = prompt[: choices.start()] if choices and choices.start() > _LEAST else prompt
    return _REST.sub("", _LEAD.sub("", asked.strip().lower())) or prompt
