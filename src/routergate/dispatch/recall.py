"""Answers that are kept, and given again to the same request."""

from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, field

from routergate.dispatch.checked import Begun
from routergate.domain.caching import Caching, Question, Recalled
from routergate.domain.decision import Decision
from routergate.domain.identity import Identity, Wishes
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Cache, Chunk, Whole


@dataclass(frozen=True, slots=True)
class Recall:
    """What is kept, and may be kept, of one request's answer."""

    cache: Cache
    decision: Decision
    request: ChatRequest
    identity: Identity
    token: str = field(repr=False)
    wishes: Wishes

    async def found(self, meter: Meter) -> Begun | None:
        """The kept answer, if there is one by a model that the decision would ask, too."""
        meter.recalled = self._before()
        if self.decision.caching is None or meter.recalled is not Recalled.MISS:
            return None
        whole = await self.cache.find(self._question(self.decision.caching))
        able = {one.card.id: one for one in self.decision.candidates}
        if whole is None or whole.model not in able:
            return None
        first, *rest = whole.chunks
        meter.recall(able[whole.model], first)
        return Begun(candidate=able[whole.model], first=first, rest=_replayed(rest))

    def noted(self, begun: Begun, meter: Meter, *, shortened: bool = False) -> AsyncGenerator[Chunk, None]:
        """The rest of an answer; once it is whole, all of it is kept, if it may be.

        What a budget has `shortened` is not what was asked for, and what failed the route's checks is not
        good enough to be given twice.
        """
        caching = self.decision.caching
        if caching is None or shortened or meter.recalled not in {Recalled.MISS, Recalled.REFRESH}:
            return begun.rest
        return self._noting(caching, begun, meter)

    async def _noting(self, caching: Caching, begun: Begun, meter: Meter) -> AsyncGenerator[Chunk, None]:
        chunks, room = [begun.first], caching.max_bytes - len(begun.first.data)
        async for chunk in begun.rest:
            room -= len(chunk.data)
            if room >= 0:
                chunks.append(chunk)
            yield chunk
        if room >= 0 and not meter.flawed:
            answer = Whole(model=begun.candidate.card.id, chunks=tuple(chunks))
            await self.cache.keep(self._question(caching), answer)

    def _before(self) -> Recalled | None:
        """What the request says before anything is looked up."""
        if self.decision.caching is None:
            return None
        if self.wishes.unkept or self.request.hidden or self.request.follows or self.request.kept:
            return Recalled.BYPASS
        return Recalled.REFRESH if self.wishes.fresh else Recalled.MISS

    def _question(self, caching: Caching) -> Question:
        return Question(
            identity=self.identity,
            token=self.token,
            request=self.request,
            settings=tuple(_settings(self.decision)),
            caching=caching,
        )


def _settings(decision: Decision) -> Iterator[str]:
    """What the route promises of its answers, and the arm of one that holds requests out."""
    yield decision.route
    yield repr(decision.threshold)
    yield decision.assignment.arm if decision.assignment else ""
    if (cascade := decision.cascade) is not None:
        yield from sorted(cascade.escalate_when)
        yield from (one.pattern for one in (*cascade.must_match, *cascade.must_not_match))


async def _replayed(rest: Iterable[Chunk]) -> AsyncGenerator[Chunk, None]:
    for chunk in rest:
        yield chunk
