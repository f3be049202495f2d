"""Captured texts → examples for training and for tests: good ones, each once, without leaks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeAlias

from routergate.capture.alike import alike
from routergate.capture.record import Record

Ratings: TypeAlias = Mapping[tuple[str, str], float]
"""By organisation and request."""
SAME, RELATED = 0.8, 0.5
"""Shares of shingles from which on texts are the same, and from which on they must not be on both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request and its answer, with what was said of it."""

    record: Record
    rating: float | None
    """0 to 1; `None`: nobody said anything."""

    @property
    def asked(self) -> str:
        """All that was asked, as one text."""
        return "\n".join(text for _, text in self.record.turns)

    @property
    def answer(self) -> str:
        """The first, where there are several."""
        return self.record.answers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be in a set."""

    least: float | None = None
    """The rating from which on an answer is good enough; `None`: any, and none."""
    model: str | None = None
    """Whose answers; `None`: everybody's."""
    route: str | None = None
    most_per_task: int | None = None
    test: float = 0.1
    """The share that is kept back for tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Two sides that have neither texts nor customers in common."""

    train: Sequence[Example]
    test: Sequence[Example]
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many, by the reason."""


def dataset(records: Sequence[Record], ratings: Ratings, wanted: Wanted) -> Dataset:
    """Each question once; the same for the same records, whatever their order."""
    left_out: Counter[str] = Counter()
    few = _balanced(_once(_fit(records, ratings, wanted, left_out), left_out), wanted.most_per_task, left_out)
    train, test = split(few, wanted.test)
    return Dataset(train=train, test=test, left_out=dict(left_out))


def together(records: Sequence[Record], ratings: Ratings, wanted: Wanted) -> Dataset:
    """The same with its near-duplicates, for pairs and traces, which are made of them."""
    left_out: Counter[str] = Counter()
    train, test = split(_fit(records, ratings, wanted, left_out), wanted.test)
    return Dataset(train=train, test=test, left_out=dict(left_out))


def _fit(
    records: Sequence[Record], ratings: Ratings, wanted: Wanted, left_out: Counter[str]
) -> list[Example]:
    ordered = sorted(records, key=lambda one: (one.at, one.id))
    examples = [Example(record=one, rating=ratings.get((one.organisation, one.id))) for one in ordered]
    return [one for one in examples if not _noted(_why_not(one, wanted), left_out)]


def split(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Examples that are related, or of one customer, are on one side. About a share of them is the second."""
    groups = alike([one.asked for one in examples], RELATED)
    groups.join_alike(_customer(one) for one in examples)
    groups.join_alike(_session(one) for one in examples)
    by_group = defaultdict[int, list[Example]](list)
    for number, one in enumerate(examples):
        by_group[groups.of(number)].append(one)
    train, test = list[Example](), list[Example]()
    room = share * len(examples)
    for group in sorted(by_group.values(), key=lambda found: _draw(found[0].record.id)):
        side = test if len(test) + len(group) <= room else train
        side.extend(group)
    return train, test


def _why_not(one: Example, wanted: Wanted) -> str | None:
    """The first reason to leave it out."""
    reasons: tuple[tuple[bool, str], ...] = (
        (wanted.route not in {None, one.record.route}, "of another route"),
        (wanted.model not in {None, one.record.model}, "by another model"),
        (one.record.tools, "with tools: the texts are not all that was said"),
        (not one.record.answers or not one.record.turns, "without a text"),
        (wanted.least is not None and one.rating is None, "not rated"),
        (wanted.least is not None and (one.rating or 0) < wanted.least, "rated too low"),
    )
    return next((why for holds, why in reasons if holds), None)


def _noted(why: str | None, left_out: Counter[str]) -> bool:
    if why is not None:
        left_out[why] += 1
    return why is not None


def _once(examples: Sequence[Example], left_out: Counter[str]) -> list[Example]:
    """Of near-duplicates the best rated, and of those the newest."""
    groups = alike([one.asked for one in examples], SAME)
    best: dict[int, Example] = {}
    for number, one in enumerate(examples):
        known = best.get(groups.of(number))
        if known is None or _worth(one) >= _worth(known):
            best[groups.of(number)] = one
    left_out["near-duplicates"] += len(examples) - len(best)
    return [one for number, one in enumerate(examples) if best[groups.of(number)] is one]


def _worth(one: Example) -> tuple[float, int]:
    return (-1.0 if one.rating is None else one.rating, one.record.at)


def _balanced(examples: Sequence[Example], most: int | None, left_out: Counter[str]) -> list[Example]:
    """No more than so many of each task, drawn by hash."""
    if most is None:
        return list(examples)
    by_task = _grouped(examples, lambda one: one.record.task)
    chosen = {
        one.record.id
        for found in by_task.values()
        for one in sorted(found, key=lambda one: _draw(one.record.id))[:most]
    }
    left_out["more than --most-per-task"] += len(examples) - len(chosen)
    return [one for one in examples if one.record.id in chosen]


def _grouped(examples: Sequence[Example], key: Callable[[Example], str]) -> Mapping[str, list[Example]]:
    found = defaultdict[str, list[Example]](list)
    for one in examples:
        found[key(one)].append(one)
    return found


def _customer(one: Example) -> tuple[str, str] | None:
    return (one.record.organisation, one.record.customer) if one.record.customer else None


def _session(one: Example) -> tuple[str, str] | None:
    return (one.record.organisation, one.record.session) if one.record.session else None


def _draw(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8, person=b"export").digest()
