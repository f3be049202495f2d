"""A routing decision: a value that explains itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from routergate.domain.answer import Cascade
from routergate.domain.asset import FREE, Loaded, loaded_cost
from routergate.domain.caching import Caching
from routergate.domain.calibration import Calibration
from routergate.domain.capacity import Crowd
from routergate.domain.model import ModelCard, ModelId, TaskId
from routergate.domain.money import Nanos
from routergate.domain.request import Features
from routergate.domain.turn import Priority, Turn

DIRECT = "direct"
"""The route of a request that names a model and not a route; no other route may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a request may go to get an answer."""

    attempts: int = 4
    """Calls to providers, whatever became of them."""
    deadline: float = 600.0
    """Seconds from its arrival to the end of the answer."""
    wait: float = 2.0
    """Seconds for which it waits at most if a provider asks for it and nobody else can answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A model that a caller wants asked after all others."""

    model: ModelId
    named: str
    """As the caller wrote it: its name, or that of a route that has it."""
    residency: str | None = None
    """That of such a route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """When another candidate is asked beside one that keeps silent."""

    after: float | None = None
    """Seconds; `None`: longer than 95 of 100 answers of the model take to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePolicy:
    """A route: the virtual model name that applications call, and what it promises."""

    id: str
    candidates: tuple[ModelId, ...]
    baseline: ModelId | None = None
    """The model that the traffic would have run on without routing."""
    quality: float = 0.0
    """The threshold: relative to the baseline's quality where there is a baseline, else absolute."""
    bound: float | None = None
    """With which confidence a model's quality reaches the threshold; `None`: it is expected to."""
    calibration: Calibration | None = None
    """Thresholds found on real outcomes, in place of `quality`."""
    residency: str | None = None
    """The only region that may answer; `None`: any."""
    as_written: bool = False
    """Whether candidates are tried in the order of `candidates`, whatever they cost."""
    loaded: bool = False
    """Whether candidates are ranked by loaded cost: with their share of fixed costs."""
    cascade: Cascade | None = None
    """Which answers are not given but asked for again; `None`: every answer is given as it comes."""
    caching: Caching | None = None
    """Which answers are kept, to be given again to the same request; `None`: none is."""
    continues: bool = False
    """Whether a streamed answer that breaks goes on from elsewhere; else it ends in an error."""
    hedge: Hedge | None = None
    """When a second call is made beside a silent one; `None`: never."""
    holdout: float = 0.0
    """The share of requests that goes to the baseline at random, to measure what routing is worth."""
    max_cost: Nanos | None = None
    """The most that an answer may be expected to cost; `None`: any price."""
    first_token: float | None = None
    """Seconds that a model may usually take to begin a streamed answer; `None`: any time."""
    limits: Limits = field(default_factory=Limits)
    fallbacks: tuple[Fallback, ...] = ()
    """The caller's own, in their order; none of them is a candidate."""
    priority: Priority = Priority.NORMAL
    """Where requests wait: that of requests which do not ask for one."""

    def __post_init__(self) -> None:
        if self.bound is not None and not 0.5 <= self.bound < 1:
            raise ValueError(f"route {self.id!r}: a bound is a confidence, 0.5 to below 1: {self.bound}")
        if not 0 <= self.holdout <= 0.5:
            raise ValueError(f"route {self.id!r}: a hold-out is a share, 0 to 0.5: {self.holdout}")
        if self.holdout and self.baseline not in self.candidates:
            raise ValueError(f"route {self.id!r}: a hold-out needs a baseline that is among the candidates")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCard:
    """A task of the operator's own."""

    id: TaskId
    features: frozenset[str] = frozenset()
    """Feature tags whose requests are this task."""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that can be routed to, and how."""

    models: Mapping[ModelId, ModelCard] = field(default_factory=dict)
    routes: Mapping[str, RoutePolicy] = field(default_factory=dict)
    tasks: Mapping[TaskId, TaskCard] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A probability with its standard error."""

    mean: float
    stderr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What a rejected answer is expected to lead to."""

    model: ModelId
    """Who is asked then."""
    probability: float
    cost: Nanos | None
    """The other one's, times the probability; `None`: no price is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """What the queue in front of a model costs a request, though nobody is paid for it."""

    crowd: Crowd
    model: ModelId
    """Who would answer instead: the next adequate one."""
    pressure: float
    """How much of that one's price it is, 0 to 1."""
    price: Nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that could serve the request, and what is expected of it."""

    card: ModelCard
    quality: Estimate
    """Probability of an acceptable answer; relative to the baseline's where the decision has one."""
    output_tokens: int
    """Expected, per request."""
    cost: Nanos | None
    """Expected marginal cost; `None`: no price is known."""
    cached_tokens: int = 0
    """Input tokens of its session that it is believed to have cached; `cost` counts them as read there."""
    lower: float
    """What `quality` is taken for: its lower bound where the route has a `bound`, else its mean."""
    adequate: bool
    """Whether it is good enough for the route."""
    share: Loaded | None = FREE
    """Of fixed costs, that the request would bear; `None`: nobody knows yet."""
    escalation: Escalation | None = None
    """What follows if its answer is rejected; `None`: its answer is given unchecked."""
    hedge_after: float | None = None
    """Seconds of silence after which another call is made beside the one to it; `None`: none is."""
    shadow: Shadow | None = None
    """What its queue costs; `None`: it has room, or nobody else has."""

    @property
    def pressure(self) -> float:
        """How much its queue drives the request elsewhere, 0 to 1."""
        return 0.0 if self.shadow is None else self.shadow.pressure

    @property
    def loaded(self) -> Nanos | None:
        """Expected cost with the share of fixed costs; `None` where either is unknown."""
        return loaded_cost(self.cost, self.share)

    @property
    def expected_cost(self) -> Nanos | None:
        """Of the request, if it is asked first: its own, and its share of another one's."""
        if self.escalation is None or self.cost is None:
            return self.cost
        return None if self.escalation.cost is None else Nanos(self.cost + self.escalation.cost)


class Why(StrEnum):
    """Which kind of rule left a model out."""

    NEEDS = "needs"
    ROOM = "room"
    FORBIDDEN = "forbidden"
    """By the route or the key."""
    FAILING = "failing"
    SLOW = "slow"
    QUALITY = "quality"
    """Its answers to this task have turned out to be worse than promised."""
    PRICE = "price"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A model that cannot serve the request, and why."""

    model: ModelId
    reason: str
    why: Why


class Arm(StrEnum):
    """The two groups of requests that a hold-out compares."""

    ROUTED = "routed"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The arm that a request fell into, by chance alone."""

    arm: Arm
    propensity: float
    """How probable that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The ordered candidates, the rejected ones, and the rule that chose."""

    id: str
    route: str
    rule: str
    """In plain words."""
    threshold: float
    baseline: ModelCard | None
    features: Features
    candidates: tuple[Candidate, ...]
    """In the order in which they are tried. Never empty."""
    rejected: tuple[Rejection, ...] = ()
    limits: Limits = field(default_factory=Limits)
    turn: Turn = field(default_factory=Turn)
    """With what claim the request waits where others do."""
    calibration: Calibration | None = None
    """What the threshold comes from, if it was not written down."""
    cascade: Cascade | None = None
    """Which answers are not given, but asked for again from a better candidate."""
    caching: Caching | None = None
    """Which answers are kept."""
    continues: bool = False
    """Whether a streamed answer that breaks goes on from elsewhere."""
    reference: float | None = None
    """The baseline's own probability of an acceptable answer, of which other qualities are shares."""
    assignment: Assignment | None = None
    """`None`: the route holds nothing out, or the baseline cannot serve the request."""

    @property
    def chosen(self) -> Candidate:
        """The candidate that is tried first."""
        return self.candidates[0]
