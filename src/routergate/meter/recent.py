"""What a process remembers of its latest answers. Told the time, in seconds."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from math import ceil
from typing import TypeAlias

from routergate.domain.answer import Flaw
from routergate.domain.decision import Decision, Hedge
from routergate.domain.event import OUTRUN, UsageEvent
from routergate.domain.identity import Attribution
from routergate.domain.model import ModelId

KEPT = 300.0
"""Seconds after which what was seen last says nothing any more."""
ENOUGH = 5
"""Answers before a model counts as quick or slow."""
WEIGHT = 0.2
"""Of the latest answer in a mean."""
ROOM = 10_000
"""Sessions; beyond, those that have been silent for longest are forgotten."""
MANY, LAST, LATELY = 20, 200, 3600.0
"""Answers that a tail takes at least and at most, and seconds after which they are forgotten."""
SOONEST = 0.05
"""Seconds that no answer is late within, however soon a model usually begins."""
Kind: TypeAlias = tuple[ModelId, bool]
"""A model, and whether it streams its answers: one that is not streamed begins when it is whole."""
EXPECTED = 20.0
"""Checked answers that what was expected beforehand counts for."""
REMEMBERED = 500.0
"""Checked answers after which older ones count less and less."""
Talk: TypeAlias = tuple[str, str]
"""A session of an organisation."""


@dataclass(slots=True)
class _Pace:
    mean: float
    answers: int
    at: float


@dataclass(slots=True)
class Paces:
    """How soon each model begins its streamed answers. Old news is forgotten: a slow model is tried again."""

    _by_model: dict[ModelId, _Pace] = field(default_factory=dict)

    def usual(self, model: ModelId, now: float) -> float | None:
        """Seconds from the call to its first token; `None`: not enough is known."""
        pace = self._by_model.get(model)
        if pace is None or pace.answers < ENOUGH or now - pace.at > KEPT:
            return None
        return pace.mean

    def observe(self, model: ModelId, seconds: float, now: float) -> None:
        """Learn from one answer that has begun."""
        pace = self._by_model.get(model)
        if pace is None or now - pace.at > KEPT:
            pace = self._by_model[model] = _Pace(mean=seconds, answers=0, at=now)
        pace.mean += WEIGHT * (seconds - pace.mean)
        pace.answers += 1
        pace.at = now


@dataclass(slots=True)
class Tails:
    """How long models take to begin an answer when they take long."""

    _by_kind: dict[Kind, deque[tuple[float, float]]] = field(default_factory=dict)

    def hedge_after(self, hedge: Hedge | None, kind: Kind, now: float) -> float | None:
        """Seconds of silence after which another call is made beside one; `None`: none is."""
        if hedge is None or hedge.after is not None:
            return hedge.after if hedge else None
        return self.late(kind, now)

    def late(self, kind: Kind, now: float) -> float | None:
        """Seconds in which 95 of 100 answers have begun; `None`: not enough is known."""
        lately = sorted(seconds for at, seconds in self._by_kind.get(kind, ()) if now - at <= LATELY)
        return max(lately[ceil(len(lately) * 0.95) - 1], SOONEST) if len(lately) >= MANY else None

    def observe(self, kind: Kind, seconds: float, now: float) -> None:
        """Learn from one answer that has begun, or one that had not begun after so many seconds."""
        self._by_kind.setdefault(kind, deque(maxlen=LAST)).append((now, seconds))


@dataclass(frozen=True, slots=True)
class _Turn:
    model: ModelId
    tokens: int
    at: float


@dataclass(slots=True)
class Warmth:
    """Which model answered last in a session, and how much of the conversation its provider has cached."""

    room: int = ROOM
    _turns: OrderedDict[Talk, _Turn] = field(default_factory=OrderedDict)

    def cached(self, who: Attribution, model: ModelId, now: float) -> int:
        """Input tokens that `model` has cached, as far as is known."""
        turn = self._turns.get((who.identity.organisation, who.session or ""))
        if turn is None or turn.model != model or now - turn.at > KEPT:
            return 0
        return turn.tokens

    def observe(self, event: UsageEvent) -> None:
        """Learn from one answer.

        What has been read is believed to be cached, until the next answer by the same model shows that it
        is not.
        """
        session, card, usage = event.attribution.session, event.card, event.usage
        if session is None or card is None or usage is None:
            return
        talk, now = (event.attribution.identity.organisation, session), event.at / 1e9
        before = self._turns.pop(talk, None)
        same = before is not None and before.model == card.id and now - before.at <= KEPT
        cached = usage.cache_read + usage.cache_write + usage.cache_write_1h
        tokens = usage.input_total if cached or not same else 0
        self._turns[talk] = _Turn(model=card.id, tokens=tokens, at=now)
        if len(self._turns) > self.room:
            self._turns.popitem(last=False)


@dataclass(slots=True)
class _Checks:
    answers: float = 0.0
    rejected: float = 0.0


@dataclass(slots=True)
class Rejections:
    """How often the answers of a model are rejected on a route that checks them."""

    _seen: dict[tuple[str, ModelId], _Checks] = field(default_factory=dict)

    def probability(self, route: str, model: ModelId, expected: float) -> float:
        """That the next one is: what was `expected` beforehand, and moved by what was seen."""
        seen = self._seen.get((route, model), _Checks())
        return (seen.rejected + EXPECTED * expected) / (seen.answers + EXPECTED)

    def observe(self, decision: Decision, event: UsageEvent) -> None:
        """Learn from the answers of one request that were checked; the last resort is not."""
        checked = {one.card.id for one in decision.candidates if one.escalation is not None}
        for attempt in event.attempts:
            if attempt.model in checked and attempt.result in {"ok", *Flaw}:
                self._count((event.route, ModelId(attempt.model)), rejected=attempt.result != "ok")

    def _count(self, place: tuple[str, ModelId], *, rejected: bool) -> None:
        seen = self._seen.setdefault(place, _Checks())
        fading = min(1.0, REMEMBERED / (seen.answers + 1))
        seen.answers = (seen.answers + 1) * fading
        seen.rejected = (seen.rejected + rejected) * fading


@dataclass(frozen=True, slots=True)
class Recent:
    """What is learned from events. It outlives a configuration."""

    paces: Paces = field(default_factory=Paces)
    warmth: Warmth = field(default_factory=Warmth)
    tails: Tails = field(default_factory=Tails)
    rejections: Rejections = field(default_factory=Rejections)

    def observe(self, decision: Decision, event: UsageEvent) -> None:
        """Learn from how one request went."""
        self.warmth.observe(event)
        for call in event.attempts:
            # Those that were too slow to begin count too: without them, late would come earlier and earlier.
            if call.billed or call.result == OUTRUN:
                self.tails.observe((ModelId(call.model), event.streamed), call.seconds, event.at / 1e9)
        self.rejections.observe(decision, event)
        card, begun = event.card, event.timings.first_token is not None
        if card is not None and event.streamed and begun and event.attempts[-1].model == card.id:
            self.paces.observe(card.id, event.attempts[-1].seconds, event.at / 1e9)
