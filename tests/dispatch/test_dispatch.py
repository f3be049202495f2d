import pytest

from routergate.dispatch.dispatch import Begun, Dispatcher
from routergate.dispatch.health import Health
from routergate.domain.decision import Candidate
from routergate.domain.errors import AllProvidersFailed, ProviderBroken, ProviderRefused, ProviderThrottled
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Chunk
from support.builders import a_card, a_decision, a_request
from support.fakes import FakeProvider, Step
from support.redis import HandClock

FIRST, SECOND = a_card("first"), a_card("second")


async def admit(candidate: Candidate) -> ChatRequest:
    return a_request()


async def first_answer(*scripts: list[Step], health: Health | None = None) -> tuple[Begun, Meter]:
    cards = (FIRST, SECOND)[: len(scripts)]
    providers = {card.provider: FakeProvider(script) for card, script in zip(cards, scripts, strict=True)}
    meter = Meter(HandClock(), 0.0)
    dispatcher = Dispatcher(providers=dict(providers), health=health or Health())
    return await dispatcher.first_answer(a_decision(*cards), admit, meter), meter


async def test_the_first_candidate_that_begins_has_won() -> None:
    begun, meter = await first_answer([ProviderBroken("x")], [Chunk(data=b"a"), Chunk(data=b"b")])
    assert (begun.candidate.card, begun.first) == (SECOND, Chunk(data=b"a"))
    assert [chunk async for chunk in begun.rest] == [Chunk(data=b"b")]
    assert meter.winner is begun.candidate


async def test_the_error_names_everyone_who_was_asked() -> None:
    with pytest.raises(
        AllProvidersFailed, match=r"No provider answered \(first: broken; second: throttled\)"
    ):
        await first_answer([ProviderBroken("x")], [ProviderThrottled("x")])


async def test_a_refusal_does_not_count_against_a_providers_health() -> None:
    health = Health()
    for _ in range(5):
        with pytest.raises(ProviderRefused):
            await first_answer(
                [ProviderRefused("x", status=400, body=b"", content_type="text/plain")], health=health
            )
    assert health.down(0.0) == frozenset()


async def test_an_answer_forgives_its_providers_failures() -> None:
    health = Health()
    broken = ProviderBroken("x")
    steps: list[Step] = [broken, broken, Chunk(data=b"a"), broken]
    for step in steps:
        await first_answer([step], [Chunk(data=b"b")], health=health)
    assert health.down(0.0) == frozenset()
