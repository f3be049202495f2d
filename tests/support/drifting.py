"""A route over models whose true quality is known, and changes: what the states of trust make of it.

Requests, answers and chance are vectors; only what is compared is stepped through, by production's own
functions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId, TaskId
from routergate.domain.quality import EVERY, Comparison, Source, Standing, Subject, Transition, Trust
from routergate.domain.request import Features
from routergate.quality.rules import SECOND, Rules
from routergate.quality.sampling import Sampling, inclusion
from routergate.quality.watch import Watch, begun, observed, stand, waited
from routergate.route.decide import World, decide
from routergate.route.filters import Conditions
from support.builders import DAY, a_card, a_catalogue, a_rate_card, a_reading, some_features

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
BLOCK = 2_000
"""Requests between two looks at the clock, and at what is known."""
FRESH = begun(0)
WORST_FIRST = (Trust.QUARANTINED, Trust.DEMOTED, Trust.PROBING, Trust.WATCHED, Trust.TRUSTED)


@dataclass(frozen=True)
class Recorded:
    """How good every model's answer to every prompt was; the cheapest model first, the baseline last."""

    models: tuple[str, ...]
    outcomes: Mapping[str, Floats]
    """By task: prompts × models."""

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.outcomes)

    @cached_property
    def shares(self) -> Floats:
        """Of the traffic, by task: as of the prompts."""
        sizes = np.array([len(found) for found in self.outcomes.values()], dtype=float)
        shares: Floats = sizes / sizes.sum()
        return shares

    @cached_property
    def means(self) -> Mapping[str, Floats]:
        return {task: found.mean(axis=0) for task, found in self.outcomes.items()}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A model that is so much worse for a while."""

    model: str
    points: float
    """Of 1, taken off its mean quality."""
    start: int
    """The first request."""
    end: int
    tasks: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be seen."""

    requests: int
    rules: Rules
    sampling: Sampling = field(default_factory=lambda: Sampling(share=0.05, most=0.5, shadow=0.05))
    changes: tuple[Change, ...] = ()
    apart: int = SECOND // 2
    """Nanoseconds from one request to the next."""
    flips: float = 0.0
    """How often the judge errs, who then graded both answers; 0: checks are exact."""
    at_large: bool = True
    """Whether models are looked at as a whole too."""


@dataclass
class Course:
    """What happened."""

    moves: list[tuple[int, Transition]] = field(default_factory=list)
    """With the request at which it was."""
    seen: dict[Subject, list[int]] = field(default_factory=dict)
    """The requests that were compared."""
    quality: list[float] = field(default_factory=list)
    """Sums of the answers that were given, by block."""
    baseline: list[float] = field(default_factory=list)
    """The same of the baseline's."""
    asked: int = 0
    """Requests to models other than the baseline."""

    def first(self, subject: Subject, trust: Trust, since: int = 0) -> int | None:
        """The request at which a subject came to a state."""
        found = (at for at, one in self.moves if at >= since and (one.subject, one.after) == (subject, trust))
        return next(found, None)

    def compared(self, subject: Subject, start: int, end: int) -> int:
        """Comparisons of a subject in a stretch of requests, its end included."""
        return sum(start <= at <= end for at in self.seen.get(subject, ()))

    @property
    def kept(self) -> Floats:
        """The share of the baseline's quality that all answers so far had, after every block."""
        share: Floats = np.cumsum(self.quality) / np.cumsum(self.baseline)
        return share


@dataclass
class Route:
    """The route at work."""

    recorded: Recorded
    plan: Plan
    chance: np.random.Generator
    watches: dict[Subject, Watch] = field(default_factory=dict)
    course: Course = field(default_factory=Course)
    choices: dict[tuple[str, frozenset[object], float], int] = field(default_factory=dict)

    def run(self) -> Course:
        """All of the requests."""
        for start in range(0, self.plan.requests, BLOCK):
            self._wait(start)
            self._block(start, Drawn.of(self.recorded, self.plan, self.chance, start))
        return self.course

    def _wait(self, request: int) -> None:
        for subject, watch in list(self.watches.items()):
            self._note(request, subject, *waited(watch, subject, self._time(request), self.plan.rules))

    def _block(self, start: int, drawn: "Drawn") -> None:
        begin = 0
        while begin < BLOCK:
            served = self._served(drawn)
            end = next(self._moving(start, begin, drawn, served), BLOCK)
            part, rows = slice(begin, end), np.arange(begin, end)
            self.course.asked += int((served[part] != len(self.recorded.models) - 1).sum())
            drawn.given[part] = drawn.outcomes[rows, served[part]]
            begin = end
        self.course.quality.append(float(drawn.given.sum()))
        self.course.baseline.append(float(drawn.outcomes[:, -1].sum()))

    def _served(self, drawn: "Drawn") -> Numbers:
        """Who answers each request as things stand: two decisions a task, one of them for probes."""
        standing = self._standing()
        plain = np.array([self._choice(task, standing, 0.0) for task in self.recorded.tasks])
        probes = np.array([self._choice(task, standing, 0.5) for task in self.recorded.tasks])
        probed = (drawn.draw >= 0.5) & (drawn.draw < 0.5 + self.plan.rules.probes)
        return np.where(probed, probes[drawn.task], plain[drawn.task])

    def _moving(self, start: int, begin: int, drawn: "Drawn", served: Numbers) -> Iterator[int]:
        """Compares what is to be compared; yields where somebody's state changed, one request behind it."""
        for row, model, floor in self._compared(begin, drawn, served):
            task, at = self.recorded.tasks[drawn.task[row]], start + row
            moved = False
            for one in self._comparisons(drawn, row, model, task, floor, at):
                self.course.seen.setdefault(one.subject, []).append(at)
                watch = self.watches.get(one.subject, FRESH)
                moved |= self._note(at, one.subject, *observed(watch, one, self.plan.rules))
            if moved:
                yield row + 1

    def _comparisons(
        self, drawn: "Drawn", row: int, model: int, task: str, floor: tuple[float, float], at: int
    ) -> tuple[Comparison, ...]:
        """As one of the task, and as one of all that the model does: by its probability and the least one."""
        graded = drawn.graded[row]
        told = Comparison(
            subject=self._subject(model, task),
            source=Source.JUDGE if self.plan.flips else Source.EXACT,
            outcome=float(graded[model]),
            reference=float(graded[-1]),
            at=self._time(at),
        )
        if not self.plan.at_large:
            return (told,)
        own, least = floor
        large = Comparison(
            subject=self._subject(model, EVERY),
            source=told.source,
            outcome=told.outcome,
            reference=told.reference,
            inclusion=own,
            least=least,
            at=told.at,
        )
        return told, large

    def _compared(
        self, begin: int, drawn: "Drawn", served: Numbers
    ) -> list[tuple[int, int, tuple[float, float]]]:
        """Rows and models: those that answer, and demoted ones in the shadow of others."""
        found: list[tuple[int, int, tuple[float, float]]] = []
        for model in range(len(self.recorded.models) - 1):
            trusts = [self._trust(model, task) for task in self.recorded.tasks]
            share = np.array([self._inclusion(model, task) for task in self.recorded.tasks])
            shadow = np.array([trust is Trust.DEMOTED for trust in trusts])
            probing = np.array([trust is Trust.PROBING for trust in trusts])
            whole = share * np.where(probing, self.plan.rules.probes, 1.0)
            if not (whole > 0).any():
                continue
            least = float(whole[whole > 0].min())
            wanted = (served == model) | (shadow & (self._firsts == model))[drawn.task]
            rows = np.nonzero(wanted & (drawn.sample < share[drawn.task]))[0]
            found += [
                (int(row), model, (float(whole[drawn.task[row]]), least)) for row in rows if row >= begin
            ]
        return sorted(found)

    def _inclusion(self, model: int, task: str) -> float:
        known = self.watches.get(self._subject(model, task), FRESH).interval()
        return inclusion(self._trust(model, task), known, self.plan.sampling)

    def _trust(self, model: int, task: str) -> Trust:
        """The worse one of what it has for the task and as a whole."""
        both = (self.watches.get(self._subject(model, one), FRESH).trust for one in (task, EVERY))
        return min(both, key=WORST_FIRST.index)

    def _note(self, request: int, subject: Subject, watch: Watch, told: Transition | None) -> bool:
        self.watches[subject] = watch
        if told is not None:
            self.course.moves.append((request, told))
        return told is not None

    def _time(self, request: int) -> int:
        return request * self.plan.apart

    def _subject(self, model: int, task: str) -> Subject:
        return Subject(route="auto", model=ModelId(self.recorded.models[model]), task=TaskId(task))

    def _standing(self) -> Standing:
        found = ((one, stand(watch, self.plan.rules)) for one, watch in self.watches.items())
        return Standing({(one.model, one.task): told for one, told in found if told is not None})

    @cached_property
    def _catalogue(self) -> Catalogue:
        names = self.recorded.models
        cards = [a_card(name, prices=(a_rate_card(str(n + 1), str(n + 1)),)) for n, name in enumerate(names)]
        return a_catalogue(*cards, baseline=ModelId(names[-1]), quality=self.plan.rules.threshold)

    @cached_property
    def _firsts(self) -> Numbers:
        """Who answers which task while everybody is trusted, per row of a block."""
        return np.array([self._choice(task, Standing(), 0.0) for task in self.recorded.tasks])

    def _choice(self, task: str, standing: Standing, drawn: float) -> int:
        """What production's own decision says."""
        means = dict(zip(self.recorded.models, self.recorded.means[task], strict=True))

        def quality(_: Features, cards: Sequence[ModelCard]) -> list[Estimate]:
            return [Estimate(mean=float(means[card.id]), stderr=0.0) for card in cards]

        known = frozenset((key, one.trust) for key, one in standing.of.items() if key[1] in {task, EVERY})
        if (task, known, drawn) in self.choices:
            return self.choices[task, known, drawn]
        world = World(
            catalogue=self._catalogue,
            quality=quality,
            output_tokens=lambda *_: 300,
            on=DAY,
            draw=drawn,
            standing=standing,
        )
        features = some_features(reading=a_reading(task=TaskId(task)))
        decision = decide("1", self._catalogue.routes["auto"], features, Wishes(), Conditions(), world)
        found = self.choices[task, known, drawn] = self.recorded.models.index(decision.chosen.card.id)
        return found


@dataclass
class Drawn:
    """A block of requests, and all that chance has to do with them."""

    task: Numbers
    draw: Floats
    sample: Floats
    outcomes: Floats
    """Requests × models: as the models are at the time."""
    graded: Floats
    """The same, as those see it who compare."""
    given: Floats

    @classmethod
    def of(cls, recorded: Recorded, plan: Plan, chance: np.random.Generator, start: int) -> "Drawn":
        """Prompts with replacement, at their shares."""
        task = chance.choice(len(recorded.tasks), size=BLOCK, p=recorded.shares)
        outcomes = np.empty((BLOCK, len(recorded.models)))
        for number, name in enumerate(recorded.tasks):
            rows = np.nonzero(task == number)[0]
            known = recorded.outcomes[name]
            outcomes[rows] = known[chance.integers(len(known), size=len(rows))]
        for change in plan.changes:
            _worsen(outcomes, task, recorded, change, chance, start)
        wrong = chance.random(outcomes.shape) < plan.flips
        return cls(
            task=task,
            draw=chance.random(BLOCK),
            sample=chance.random(BLOCK),
            outcomes=outcomes,
            graded=np.where(wrong, 1 - outcomes, outcomes),
            given=np.zeros(BLOCK),
        )


def _worsen(
    outcomes: Floats,
    task: Numbers,
    recorded: Recorded,
    change: Change,
    chance: np.random.Generator,
    start: int,
) -> None:
    """Some of the good answers are bad ones."""
    model = recorded.models.index(change.model)
    lost = np.array(
        [change.points / recorded.means[name][model] * (name in change.tasks) for name in recorded.tasks]
    )
    number = start + np.arange(BLOCK)
    during = (number >= change.start) & (number < change.end)
    outcomes[:, model] *= ~(during & (chance.random(BLOCK) < lost[task]))
