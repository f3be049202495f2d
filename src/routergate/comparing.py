"""Answers compared with others that nobody was given: beside the requests, and never in their way."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from routergate.check.grades import matching, same_number, same_words, structured
from routergate.deciding import Call, Router
from routergate.domain.decision import Catalogue, RoutePolicy
from routergate.domain.errors import RouterGateError
from routergate.domain.identity import Attribution, Identity, Purpose, Wishes
from routergate.domain.model import ModelId
from routergate.domain.quality import OUTCOMES, Comparison, Standing, Verdict
from routergate.domain.refusals import OverBudget
from routergate.domain.request import ChatRequest, Message
from routergate.domain.turn import Priority
from routergate.gateway import Gateway, Incoming
from routergate.guardrails.guards import RouteGuards
from routergate.ledger.comparisons import ComparisonBook
from routergate.meter.recent import Recent
from routergate.ports import Clock, Reader, Telemetry
from routergate.quality.judge import settled
from routergate.quality.plan import Exact, Plan
from routergate.quality.verdict import FIRST, SECOND, asked, better
from routergate.shadowing import Count, Nobody, Sample, Samples

log = logging.getLogger(__name__)

AT_ONCE = 4
VERDICT_TOKENS = 2_048
"""That a judge may write, thoughts included."""
Found = tuple[float, float | None]
"""How good the answer was; and the other one, where each was graded by itself."""


class Shortened(Exception):
    """The budget has room for the beginning of an answer only, which says nothing of a whole one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparer:
    """Has answers compared, one sample after the other."""

    gateway: Callable[[], Gateway]
    samples: Samples
    book: ComparisonBook
    reader: Reader
    telemetry: Telemetry
    clock: Clock
    count: Count

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            sample = await self.samples.waiting.get()
            result = await self._result(sample)
            self.count(sample.subject.route, sample.subject.model, result)

    async def _result(self, sample: Sample) -> str:
        """What came of it, in a word."""
        try:
            found = await self._found(sample)
            if found is None:
                return "no_verdict"
            await self._booked(sample, *found)
        except (OverBudget, Shortened):
            return "over_budget"
        except RouterGateError as error:
            log.info("a comparison of %s came to nothing: %s", sample.subject, type(error).__name__)
            return "failed"
        return _word(*found)

    async def _found(self, sample: Sample) -> Found | None:
        mine = await self._answer(sample, sample.subject.model)
        other = await self._answer(sample, sample.of.plan.against)
        if sample.of.plan.jury is None:
            return graded(sample.of.plan, self.reader.form(sample.of.request).schema, mine, other)
        verdict = await self._verdict(sample, mine, other)
        return None if verdict is None else (OUTCOMES[verdict], None)

    async def _booked(self, sample: Sample, outcome: float, reference: float | None) -> None:
        one = Comparison(
            subject=sample.subject,
            source=sample.of.plan.source,
            outcome=outcome,
            reference=reference,
            inclusion=sample.inclusion,
            at=self.clock.epoch_ns(),
            artifact=sample.of.plan.artifact,
        )
        organisation = sample.of.event.attribution.identity.organisation
        await self.book.book(organisation, sample.of.event.id, one, sample.of.plan.least)

    async def _answer(self, sample: Sample, model: ModelId) -> str:
        """What the model answers, or has answered."""
        if sample.of.event.card is not None and sample.of.event.card.id == model:
            return sample.of.text
        return await self._said(sample, sample.of.request, model, Purpose.SHADOW)

    async def _verdict(self, sample: Sample, mine: str, other: str) -> Verdict | None:
        """Of a judge who is asked twice, with the answers in either order."""
        first = await self._better(sample, mine, other)
        if first is None:
            return None
        swapped = await self._better(sample, other, mine)
        return None if swapped is None else settled(FIRST[first], SECOND[swapped])

    async def _better(self, sample: Sample, one: str, two: str) -> int | None:
        jury = sample.of.plan.jury
        if jury is None:
            return None
        words = asked(
            rubric=jury.rubric(sample.subject.task),
            request="\n".join(f"[{turn.role}] {turn.text}" for turn in sample.of.request.messages),
            one=one,
            two=two,
            mark=secrets.token_hex(8),
        )
        return better(await self._said(sample, question(words, jury.model), jury.model, Purpose.JUDGE))

    async def _said(self, sample: Sample, request: ChatRequest, model: ModelId, purpose: Purpose) -> str:
        """The way of a request like any other: reserved, metered and settled, on its own account."""
        route = sample.subject.route
        call = Call(
            request=replace(request, model=route),
            attribution=Attribution(
                identity=account(sample), feature=sample.of.event.attribution.feature, purpose=purpose
            ),
            wishes=Wishes(),
        )
        incoming = Incoming(
            id=f"{sample.of.event.id}_{purpose.value}_{secrets.token_hex(4)}",
            token=None,
            peer=None,
            receive=_nothing,
            parse=lambda _, __: call,
        )
        async with self._beside(call, route, model).chat(incoming) as answer:
            if answer.reservation.shortened:
                raise Shortened
            return "".join([chunk.text async for chunk in answer.chunks])

    def _beside(self, call: Call, route: str, model: ModelId) -> Gateway:
        """The gateway in force, but with this one model on the route, and nobody who looks on."""
        gateway = self.gateway()
        return replace(
            gateway,
            keyring=Known(call.attribution.identity),
            router=only(gateway.router, route, model),
            guards=RouteGuards({}),
            telemetry=self.telemetry,
            onlooker=Nobody(),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A keyring with one holder, who needs no key."""

    identity: Identity

    async def identify(
        self,
        token: str | None,  # noqa: ARG002 - a keyring is asked with a key, this one knows already
        peer: str | None = None,  # noqa: ARG002 - the same
    ) -> Identity:
        """That one."""
        return self.identity


def only(router: Router, route: str, model: ModelId) -> Router:
    """Decides as `router` does, but on a route that has one model, whether it is trusted or not."""
    catalogue = router.catalogue
    declared = catalogue.routes.get(route)
    policy = RoutePolicy(
        id=route,
        candidates=(model,),
        residency=declared.residency if declared else None,
        priority=Priority.LOW,
    )
    return replace(
        router,
        catalogue=Catalogue(models=catalogue.models, routes={route: policy}, tasks=catalogue.tasks),
        recent=Recent(),
        standing=lambda _: Standing(),
    )


def account(sample: Sample) -> Identity:
    """Who pays: the caller's organisation, under a name and a budget of its own.

    Where the caller's key may not send its requests, nobody sends them.
    """
    caller = sample.of.event.attribution.identity
    return Identity(
        key=f"shadow:{sample.subject.route}",
        organisation=caller.organisation,
        classes=caller.classes,
        regions=caller.regions,
        priority=Priority.LOW,
        budgets=(sample.of.plan.budget,),
    )


def question(words: str, judge: ModelId) -> ChatRequest:
    """What a judge is asked, as a request of its own."""
    payload = {"model": judge, "messages": [{"role": "user", "content": words}]}
    return ChatRequest(
        payload=payload,
        model=judge,
        messages=(Message(role="user", text=words),),
        max_output_tokens=VERDICT_TOKENS,
        size=len(json.dumps(payload)),
    )


def graded(plan: Plan, schema: object, mine: str, other: str) -> Found | None:
    """By the plan's exact check; `None`: it does not say."""
    match plan.exact:
        case Exact.JSON_SCHEMA:
            grade = structured(schema)
            return grade(mine), grade(other)
        case Exact.NUMERIC:
            same = same_number(mine, other)
            return None if same is None else (same, None)
        case Exact.SAME:
            return same_words(mine, other), None
    if plan.pattern is None:
        return None
    grade = matching(plan.pattern)
    return grade(mine), grade(other)


def _word(outcome: float, reference: float | None) -> str:
    """The result, for the metrics."""
    if reference is None:
        return "same_or_better" if outcome > 0 else "worse"
    return "same_or_better" if outcome >= reference else "worse"


async def _nothing() -> bytes:
    return b""
