"""What is asked of the ledger: which days, which rows, grouped by what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Dimension(StrEnum):
    """What rows can be grouped by and chosen for."""

    DAY = "day"
    MONTH = "month"
    ORGANISATION = "organisation"
    TEAM = "team"
    KEY = "key"
    CUSTOMER = "customer"
    FEATURE = "feature"
    SESSION = "session"
    ROUTE = "route"
    TASK = "task"
    LEVEL = "level"
    MODEL = "model"
    PROVIDER = "provider"
    CLASS = "class"
    BASELINE = "baseline"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Condition:
    """That a dimension has a value; `None`: that it has none."""

    dimension: Dimension
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """From day `since` to day `until` (UTC), both included."""

    since: date
    until: date
    by: tuple[Dimension, ...] = ()
    where: tuple[Condition, ...] = ()
    """Of the same dimension one must hold, of different ones all."""
    organisation: str | None = None

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.until - self.since).days + 1


def dimensions(text: str) -> tuple[Dimension, ...]:
    """`feature,model` as dimensions; raises `ValueError` with the ones that there are."""
    return tuple(_dimension(name.strip()) for name in text.split(",") if name.strip())


def conditions(texts: Sequence[str]) -> tuple[Condition, ...]:
    """`feature=search` as conditions, `feature=` for rows without one; raises `ValueError`."""
    return tuple(_condition(text) for text in texts)


def _condition(text: str) -> Condition:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is no condition; write it as in feature=search")
    return Condition(_dimension(name.strip()), value or None)


def _dimension(name: str) -> Dimension:
    try:
        return Dimension(name)
    except ValueError:
        raise ValueError(f"{name!r} is no dimension; there are {', '.join(Dimension)}") from None
