"""What one request holds: taken before it is sent, grown while it is answered, charged in the end."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from routergate.domain.asset import FREE
from routergate.domain.budget import Away, Budget, Measure, OrganisationRules, Policy, Rules
from routergate.domain.caching import Recalled
from routergate.domain.decision import Candidate, Decision, Rejection, Why
from routergate.domain.errors import BudgetEnded, NoEligibleModel, StoreUnavailable
from routergate.domain.event import UsageEvent
from routergate.domain.identity import Attribution
from routergate.domain.money import Nanos
from routergate.domain.refusals import NotAdmitted
from routergate.domain.request import ChatRequest, limited
from routergate.domain.reservation import Denied, Line, Standing
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.settle import day_of, reserved_event
from routergate.ports import Chunk, Clock, Ledger, TokenCounter
from routergate.spend.book import Book
from routergate.spend.denial import denial
from routergate.spend.lines import Rule, Subject, applicable, asked, charges, lines, spent, strict, watched_in
from routergate.spend.need import Held, Need, likely, outrun, plus, shorter, worst
from routergate.spend.room import Fits, room_in, with_amount
from routergate.spend.thrift import UNKNOWN, thrifty, without

SHORTEST = 16
"""Output tokens: an answer that a budget makes shorter than this is of no use."""
CHARACTERS_PER_TOKEN = 3
"""Few: so a stream is counted before it has written what is held for it."""
TOLERANCE = 8
"""Tokens by which our count of an answer may be above the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """What it takes to say what may be spent."""

    rules: Rules
    ledger: Ledger
    book: Book
    clock: Clock

    def reservation(
        self, decision: Decision, attribution: Attribution, request: ChatRequest, at: int
    ) -> "Reservation":
        """A request that holds nothing yet."""
        rules = self.rules.of(attribution.identity.organisation)
        return Reservation(
            till=self, rules=rules, decision=decision, attribution=attribution, request=request, at=at
        )


@dataclass(slots=True, kw_only=True)
class Reservation:
    """One request's part of all counters that it moves."""

    till: Till
    rules: OrganisationRules
    decision: Decision
    """As budgets have left it."""
    attribution: Attribution
    request: ChatRequest
    """As the caller sent it."""
    at: int
    refused: bool = False
    """Whether a rule turned the request away with nothing held for it, so that it leaves no event."""
    lines: tuple[Line, ...] = ()
    standings: tuple[Standing, ...] = ()
    shortened: bool = False
    """Whether a budget lowered the output limit."""
    _held: tuple[Held, ...] = ()
    """One for each answer that may have to be paid, the one that was asked for last at the end."""
    _kept: tuple[Held, ...] = ()
    """Those that stay held when another answer is asked for."""
    _waived: frozenset[Budget] = frozenset()
    _found: dict[str, tuple[tuple[Rule, str], ...]] = field(default_factory=dict)
    _worst: dict[str, Need] = field(default_factory=dict)
    _perhaps_held: bool = False
    """Whether the store may hold something of which nobody was told."""

    async def admit(self) -> None:
        """Hold what the first candidate may cost; a budget may ask for other candidates first.

        Raises `NotAdmitted`, `NoEligibleModel` or `StoreUnavailable`.
        """
        try:
            self._leave_out_unpriced()
            while (denied := await self._take(self.decision.chosen)) is not None:
                self._economise(denied)
        except (NotAdmitted, NoEligibleModel):
            self.refused = not self._perhaps_held
            raise

    async def waive(self, candidate: Candidate) -> None:
        """Hold nothing and charge nothing for a kept answer; a row is left of it even if the process dies."""
        row = self._event(candidate, Usage(), Nanos(0))
        event = replace(row, share=FREE, card=None, quality=None, recalled=Recalled.HIT)
        with suppress(StoreUnavailable):
            await self.till.ledger.reserve(event, ())

    @property
    def need(self) -> Need | None:
        """What is set aside for the answer that was asked for last."""
        return self._held[-1].need if self._held else None

    async def cover(self, candidate: Candidate, beside: int = 0) -> ChatRequest:
        """Hold what `candidate` may cost in place of another; the request as it may be sent.

        What is held for other answers that may have to be paid, `beside` of them so far, stays held.
        Raises `NotAdmitted`; then what was held before is still held.
        """
        covered = len(self._held) == beside + 1 and self._held[-1].candidate is candidate
        if not covered:
            self._kept = self._held[:beside]
            if (denied := await self._take(candidate)) is not None:
                raise denial(denied, self.rules.calendar)
        limit = self.need.output_limit if self.need else None
        # No answer is longer than the context, and providers refuse a limit that is.
        if limit in {None, self.request.max_output_tokens, candidate.card.context_tokens}:
            return self.request
        return limited(self.request, limit)

    async def within(
        self, chunks: AsyncGenerator[Chunk, None], meter: Meter, tokens: TokenCounter
    ) -> AsyncGenerator[Chunk, None]:
        """The same chunks, as long as what is held suffices; raises `BudgetEnded`."""
        seen, mark = meter.seen, self._mark(meter)
        async for chunk in chunks:
            yield chunk
            if meter.seen is not seen:
                seen, mark = meter.seen, self._mark(meter)
            if meter.written > mark:
                await self._grow(meter, meter.counted_output(tokens))
                mark = max(self._mark(meter), meter.written * 5 // 4)

    def settled(self, event: UsageEvent) -> UsageEvent:
        """The event with what it charges."""
        charged = replace(event, charges=charges(self.lines, spent(event), outrun(self._held, event)))
        self.till.book.settle(event.id, charged.charges, self._now())
        return charged

    def _leave_out_unpriced(self) -> None:
        """Under a budget in money, unknown is not free."""
        for measure, reason in UNKNOWN.items():
            self._leave_out([one for one in self.decision.candidates if self._lacks(measure, one)], reason)

    def _leave_out(self, out: list[Candidate], reason: str) -> None:
        if not out:
            return
        left = tuple(one for one in self.decision.candidates if one not in out)
        if not left:
            who = "; ".join(f"{one.card.id} {reason}" for one in out)
            raise NoEligibleModel(f"No model of '{self.decision.route}' can serve this request: {who}.")
        rejected = (Rejection(model=one.card.id, reason=reason, why=Why.BUDGET) for one in out)
        self.decision = replace(self.decision, candidates=left, rejected=(*self.decision.rejected, *rejected))

    def _lacks(self, measure: Measure, candidate: Candidate) -> bool:
        """Whether a budget counts what nobody knows of the candidate."""
        found = self._rules(candidate)
        if not watched_in(measure, found):
            return False
        # What is likely has a known price if what is expected has; the worst case may differ.
        known = self._most(candidate, found) if strict(found) else candidate
        return (known.loaded if measure is Measure.LOADED else known.cost) is None

    def _economise(self, denied: Denied) -> None:
        """Do what a reached budget wants instead of refusing, or ask whom it is not about; else raise."""
        rule = denied.line.rule
        if isinstance(rule, Budget) and rule.when_reached is not Policy.REFUSE:
            decision, waived = thrifty(self.decision, rule), self._waived | {rule}
        else:
            decision, waived = without(self.decision, denied), self._waived
        if decision is None:
            raise denial(denied, self.rules.calendar)
        self.decision, self._waived = decision, waived

    async def _take(self, candidate: Candidate) -> Denied | None:
        """Hold what `candidate` may cost; why not, if not."""
        found = self._rules(candidate)
        need, rooms = self._most(candidate, found), list[Fits]()
        while (denied := await self._reserve(candidate, need, found)) is not None:
            if need.output_limit is None or (room := room_in(denied)) is None:
                return denied
            rooms.append(room)
            less = self._shorter(candidate, lambda one: all(fits(one) for fits in rooms))
            if less is None:
                return with_amount(denied, self._whole(self._worst_of(candidate, SHORTEST)))
            need = less
        self.shortened = bool(rooms)
        return None

    def _most(self, candidate: Candidate, found: tuple[tuple[Rule, str], ...]) -> Need:
        """The worst case if there is a strict budget, which is dear to find, else what is likely."""
        if not strict(found):
            return likely(candidate, self.decision.features, day_of(self.at))
        if (most := self._worst.get(candidate.card.id)) is None:
            most = self._worst[candidate.card.id] = self._worst_of(candidate, None)
        return most

    def _worst_of(self, candidate: Candidate, output: int | None) -> Need:
        decided, deadline = self.decision.features, self.decision.limits.deadline
        need = worst(candidate.card, self.request, decided, day_of(self.at), output, deadline)
        return replace(need, share=candidate.share)

    def _shorter(self, candidate: Candidate, fits: Fits) -> Need | None:
        """The worst case of the longest answer that fits, if that is of any use."""
        decided, day = self.decision, day_of(self.at)
        need = shorter(
            candidate.card,
            self.request,
            decided.features,
            day,
            lambda one: fits(self._whole(replace(one, share=candidate.share))),
            decided.limits.deadline,
        )
        if need is None or (need.output_limit or 0) < SHORTEST:
            return None
        return replace(need, share=candidate.share)

    def _whole(self, need: Need) -> Need:
        """With what stays held for other answers."""
        for one in self._kept:
            need = plus(need, one.need)
        return need

    async def _reserve(
        self, candidate: Candidate, need: Need, found: tuple[tuple[Rule, str], ...]
    ) -> Denied | None:
        whole = self._whole(need)
        wanted = lines(self.rules, found, asked(whole), self.at // 1_000_000_000, self._waived)
        event = self._event(candidate, whole.usage, whole.cost, wanted)
        try:
            reply = await self.till.ledger.reserve(event, wanted, durable=strict(found))
        except StoreUnavailable:
            self._perhaps_held = True
            if any(rule.when_store_away is Away.REFUSE for rule, _ in found):
                raise
            reply = self.till.book.reserve(event.id, wanted, self._now())
        if isinstance(reply, Denied):
            return reply
        self.lines, self.standings = wanted, tuple(reply.standings)
        self._held = (*self._kept, Held(candidate=candidate, need=need))
        return None

    def _event(
        self, candidate: Candidate, usage: Usage, cost: Nanos | None, wanted: Sequence[Line] = ()
    ) -> UsageEvent:
        """What the request leaves if its process dies."""
        most = Need(usage=usage, cost=cost, share=candidate.share)
        return reserved_event(
            decision=self.decision,
            candidate=candidate,
            attribution=self.attribution,
            request=self.request,
            need=usage,
            cost=cost,
            charges=charges(wanted, asked(most)),
            at=self.at,
        )

    async def _grow(self, meter: Meter, written: int) -> None:
        """Hold more for an answer that has become longer than what was held for it."""
        if (held := self._held_for(meter.winner)) is None:
            return
        limit = held.need.output_limit
        if limit is not None:
            most = limit * self.decision.features.choices + TOLERANCE
            if written > (most if self.shortened else most * 5 // 4):
                meter.failed(error := BudgetEnded("The budget for this answer is used up."))
                raise error
            return
        if written > held.need.usage.output * 3 // 4:
            need = likely(held.candidate, self.decision.features, day_of(self.at), output=2 * written)
            self._kept = tuple(one for one in self._held if one is not held)
            # A guess that does not fit any more, or cannot be held, binds nobody: the answer was promised.
            with suppress(StoreUnavailable):
                await self._reserve(held.candidate, need, self._rules(held.candidate))

    def _rules(self, candidate: Candidate) -> tuple[tuple[Rule, str], ...]:
        """What a candidate falls under; asked for more than once on a request's way."""
        if (found := self._found.get(candidate.card.id)) is None:
            subject = Subject(attribution=self.attribution, route=self.decision.route, card=candidate.card)
            found = self._found[candidate.card.id] = applicable(self.rules, subject)
        return found

    def _mark(self, meter: Meter) -> int:
        """Characters of the answer that is given after which it is counted."""
        held = self._held_for(meter.winner)
        return held.need.usage.output * CHARACTERS_PER_TOKEN if held else 0

    def _held_for(self, giver: Candidate | None) -> Held | None:
        return next((one for one in reversed(self._held) if one.candidate is giver), None)

    def _now(self) -> float:
        return self.till.clock.epoch_ns() / 1e9
