"""How the answers of a route are compared, and what follows from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from routergate.domain.budget import Budget
from routergate.domain.model import ModelId
from routergate.domain.quality import Interval, Source, Trust
from routergate.quality.rules import Rules
from routergate.quality.sampling import Sampling, inclusion

DEFAULT: Final = "default"
"""In place of a task: the rubric of those that have none of their own."""
NOTHING_KNOWN: Final = Interval(estimate=None, low=0.0, high=1.0, count=0)
SENSIBLE: Final = "The better answer is the one that is correct, complete and does what was asked."


class Exact(StrEnum):
    """How answers are compared without anybody's judgement."""

    JSON_SCHEMA = "json_schema"
    """Each is good that is JSON of the structure that the request asks for."""
    REGEX = "regex"
    """Each is good that has what the pattern wants."""
    NUMERIC = "numeric"
    """An answer is good that ends in the same number as the baseline's."""
    SAME = "same"
    """An answer is good that says the same as the baseline's, but for spaces and capitals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jury:
    """The model that compares answers, and by what."""

    model: ModelId
    rubrics: Mapping[str, str] = field(default_factory=dict)
    """By task."""

    def rubric(self, task: str) -> str:
        """What makes an answer to a request of that task better."""
        return self.rubrics.get(task) or self.rubrics.get(DEFAULT) or SENSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """For one route. Either `exact` or `jury` says who compares."""

    route: str
    against: ModelId
    """The model whose answers are the measure."""
    rules: Rules
    sampling: Sampling = field(default_factory=Sampling)
    budget: Budget
    """What an organisation's comparisons may cost."""
    exact: Exact | None = None
    pattern: re.Pattern[str] | None = None
    jury: Jury | None = None
    artifact: str = ""
    """The version of the router's tables."""

    def __post_init__(self) -> None:
        if (self.exact is None) == (self.jury is None):
            raise ValueError(f"{self.route}: answers are compared by a check or by a judge, one of them")
        if (self.exact is Exact.REGEX) != (self.pattern is not None):
            raise ValueError(f"{self.route}: the check 'regex', and only that, needs a pattern")

    @property
    def source(self) -> Source:
        """Who says how good an answer was."""
        return Source.EXACT if self.jury is None else Source.JUDGE

    @property
    def least(self) -> float:
        """No request that may be compared is drawn with a smaller probability."""
        return min(self.sampling.share, self.sampling.shadow or 1.0)

    def inclusion(self, trust: Trust, known: Interval) -> float:
        """How probable it is that a request is compared."""
        return inclusion(trust, known, self.sampling)
