"""Two models asked the same questions, and their answers compared. No answer is kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from routergate.domain.errors import UpstreamError
from routergate.domain.money import Nanos
from routergate.domain.quality import OUTCOMES
from routergate.evaluation.purse import Purse, PurseEmpty
from routergate.evaluation.questions import Question
from routergate.evaluation.referee import RUBRIC, put, verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said."""

    text: str | None
    """`None`: it, or the gateway on its behalf, refused to answer this."""
    cost: Nanos | None
    seconds: float


class Prepared(Protocol):
    """A request that could be sent."""

    @property
    def task(self) -> str:
        """As the router reads it."""

    @property
    def quality(self) -> float | None:
        """That the router expects; `None`: it would not send it."""

    @property
    def expected(self) -> Nanos | None:
        """Its cost; `None`: no price is known."""

    @property
    def most(self) -> Nanos | None:
        """That it can cost."""

    @property
    def output_tokens(self) -> int:
        """Expected."""


class Asking(Protocol):
    """The gateway's own way of asking one model."""

    async def prepare(self, model: str, body: Mapping[str, Any]) -> Prepared:
        """What asking would come to."""

    async def ask(self, prepared: Any) -> Reply:
        """Ask; raises `UpstreamError` if no answer is to be had now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one model answered one question."""

    quality: float
    """By the check of the question; where a judge compared, 1 for the baseline."""
    cost: Nanos | None
    seconds: float
    expected: float | None
    """The quality that the router expects of the model here."""
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One question, answered by both and compared."""

    id: str
    digest: str
    task: str
    judged: bool
    """By a model; else by the question's own check."""
    usable: bool
    """Whether the judge said anything that can be understood."""
    new: Side
    base: Side
    judging: Nanos | None
    """What the judge cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """A new model beside the one that it is to stand in for."""

    new: str
    base: str
    judge: str | None
    asking: Asking
    purse: Purse = field(default_factory=Purse)
    rubric: str = RUBRIC

    async def outlay(self, asked: Iterable[Question]) -> tuple[Nanos | None, Nanos | None]:
        """What asking all of it is expected to cost, and what it can cost; `None`: a price is unknown."""
        expected: list[Nanos | None] = []
        most: list[Nanos | None] = []
        for question in asked:
            for one in await self._calls(question):
                expected.append(one.expected)
                most.append(one.most)
        return _sum(expected), _sum(most)

    async def compared(self, asked: Sequence[Question], at_once: int) -> AsyncIterator[Compared | None]:
        """Each question as it is done, `at_once` at a time; `None`: no answer was to be had now.

        Ends early when the purse is empty.
        """
        waiting = iter(asked)
        running = {asyncio.ensure_future(self._one(it)) for it in islice(waiting, at_once)}
        try:
            while running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    try:
                        yield one.result()
                    except PurseEmpty:
                        waiting = iter(())
                    running |= {asyncio.ensure_future(self._one(it)) for it in islice(waiting, 1)}
        finally:
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _one(self, question: Question) -> Compared | None:
        new, base = await self._prepared(question)
        try:
            said, beside = await _both(self._ask(new), self._ask(base))
            return await self._graded(question, (new, said), (base, beside))
        except UpstreamError:
            return None

    async def _graded(
        self, question: Question, new: tuple[Prepared, Reply], base: tuple[Prepared, Reply]
    ) -> Compared:
        judging: Nanos | None = Nanos(0)
        grades = _grades(question, new[1], base[1])
        judged = grades is None
        if grades is None:
            grades, judging = await self._judged(question, new[1].text or "", base[1].text or "")
        mine, theirs = grades or (0.0, 0.0)
        return Compared(
            id=question.id,
            digest=question.digest,
            task=question.task or new[0].task,
            judged=judged,
            usable=grades is not None,
            new=_side(mine, *new),
            base=_side(theirs, *base),
            judging=judging,
        )

    async def _judged(
        self, question: Question, new: str, base: str
    ) -> tuple[tuple[float, float] | None, Nanos | None]:
        """Both orders, and what they cost."""
        bodies = [put(question.asked, *pair, rubric=self.rubric) for pair in ((new, base), (base, new))]
        calls = [await self.asking.prepare(self.judge or "", body) for body in bodies]
        said, swapped = await _both(self._ask(calls[0]), self._ask(calls[1]))
        found = verdict(said.text or "", swapped.text or "")
        grades = None if found is None else (OUTCOMES[found], 1.0)
        return grades, _sum([said.cost, swapped.cost])

    async def _ask(self, prepared: Prepared) -> Reply:
        with self.purse.taking(prepared.most) as held:
            reply = await self.asking.ask(prepared)
            held.cost = reply.cost
            return reply

    async def _prepared(self, question: Question) -> tuple[Prepared, Prepared]:
        """Of the new model, and of the baseline."""
        return (
            await self.asking.prepare(self.new, question.body),
            await self.asking.prepare(self.base, question.body),
        )

    async def _calls(self, question: Question) -> Sequence[Prepared]:
        """All that a question leads to; the judge is taken to read answers of the expected length."""
        new, base = await self._prepared(question)
        if question.check is not None or self.judge is None:
            return [new, base]
        answers = "word " * new.output_tokens, "word " * base.output_tokens
        judge = await self.asking.prepare(self.judge, put(question.asked, *answers, self.rubric))
        return [new, base, judge, judge]


def _grades(question: Question, new: Reply, base: Reply) -> tuple[float, float] | None:
    """By the check; whoever did not answer has not answered well. `None`: a judge must say."""
    if question.check is not None:
        check = question.check
        return _grade(new, check), _grade(base, check)
    if new.text is None or base.text is None:
        return float(new.text is not None), float(base.text is not None)
    return None


def _grade(reply: Reply, check: Any) -> float:
    return float(reply.text is not None and check(reply.text))


def _side(grade: float, prepared: Prepared, reply: Reply) -> Side:
    return Side(
        quality=grade,
        cost=reply.cost,
        seconds=reply.seconds,
        expected=prepared.quality,
        refused=reply.text is None,
    )


async def _both(one: Awaitable[Reply], other: Awaitable[Reply]) -> tuple[Reply, Reply]:
    """At the same time; if one fails, the other is let end, for it is paid."""
    tasks = asyncio.ensure_future(one), asyncio.ensure_future(other)
    await asyncio.wait(tasks)
    return tasks[0].result(), tasks[1].result()


def _sum(costs: Iterable[Nanos | None]) -> Nanos | None:
    found = list(costs)
    return None if None in found else Nanos(sum(cost for cost in found if cost is not None))
