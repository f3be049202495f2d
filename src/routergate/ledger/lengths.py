"""How much each model writes for each task, learned from its answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from routergate.ports import Lengths
from routergate.store.client import Store

KEY = "rg:lengths"
PRIOR = 300
"""Output tokens expected of an answer about which nothing is known."""
PRIORS: Mapping[str, int] = MappingProxyType(
    {
        "classification": 20,
        "extraction": 120,
        "translation": 250,
        "summarisation": 200,
        "code": 450,
        "reasoning": 600,
    }
)
WEIGHT = 20
"""Answers that it takes to move an expectation half-way from the prior."""


@dataclass(slots=True)
class _Sum:
    answers: int = 0
    tokens: int = 0


class LearnedLengths:
    """Means that start from a prior and give way to what is seen. Shared by those who `sync` on one store."""

    def __init__(self) -> None:
        self._shared: dict[str, _Sum] = {}
        self._new: dict[str, _Sum] = {}

    def expected(self, model: str, task: str) -> int:
        """Output tokens that the model usually writes for the task."""
        subject, nothing = f"{model}|{task}", _Sum()
        shared, new = self._shared.get(subject, nothing), self._new.get(subject, nothing)
        tokens = PRIORS.get(task, PRIOR) * WEIGHT + shared.tokens + new.tokens
        return round(tokens / (WEIGHT + shared.answers + new.answers))

    def observe(self, model: str, task: str, output_tokens: int) -> None:
        """Learn from one complete answer, without blocking and without raising."""
        seen = self._new.setdefault(f"{model}|{task}", _Sum())
        seen.answers += 1
        seen.tokens += output_tokens

    async def sync(self, store: Store) -> None:
        """Add what is new to the store and learn what others added.

        After `StoreUnavailable` the new is kept for the next time. If only the reply was lost it counts
        twice, which an estimate can bear.
        """
        sent = {
            subject: _Sum(seen.answers, seen.tokens) for subject, seen in self._new.items() if seen.answers
        }
        commands = [
            ("HINCRBY", KEY, f"{subject}|{name}", amount)
            for subject, seen in sent.items()
            for name, amount in (("n", seen.answers), ("sum", seen.tokens))
        ]
        *_, fields = await store.together([*commands, ("HGETALL", KEY)])
        self._shared = _read(fields)
        for subject, seen in sent.items():
            self._new[subject].answers -= seen.answers
            self._new[subject].tokens -= seen.tokens


def _read(fields: Mapping[bytes, bytes]) -> dict[str, _Sum]:
    sums: dict[str, _Sum] = {}
    for field, amount in fields.items():
        subject, _, name = field.decode().rpartition("|")
        seen = sums.setdefault(subject, _Sum())
        if name == "n":
            seen.answers = int(amount)
        else:
            seen.tokens = int(amount)
    return sums


_: type[Lengths] = LearnedLengths
