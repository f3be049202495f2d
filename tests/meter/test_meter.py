from contextlib import aclosing

from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.errors import BudgetEnded
from routergate.domain.event import Outcome
from routergate.domain.usage import Usage
from routergate.meter.meter import KEPT_CHARACTERS, Meter
from routergate.meter.settle import day_of
from routergate.ports import Chunk
from support.builders import DAY, a_candidate, a_card, a_request
from support.fakes import FakeProvider, WordCounter
from support.redis import HandClock


async def watched(*chunks: Chunk) -> Meter:
    meter = Meter(HandClock(), 0.0)
    answer = FakeProvider(chunks).answer(a_request(), a_card())
    first = await anext(answer)
    meter.answered(a_candidate(), first)
    async with aclosing(meter.watch(first, answer)) as seen:
        assert [chunk async for chunk in seen] == list(chunks)
    return meter


async def test_an_answer_that_a_budget_ended_is_cut() -> None:
    meter = await watched(Chunk(data=b"a", text="a"))
    meter.failed(BudgetEnded("used up"))
    assert (meter.outcome, type(meter.error)) == (Outcome.CUT, BudgetEnded)


async def test_the_last_usage_counts() -> None:
    meter = await watched(
        Chunk(data=b"a", usage=Usage(output=1)), Chunk(data=b"b", usage=Usage(output=2)), Chunk(data=b"c")
    )
    assert (meter.usage, meter.outcome) == (Usage(output=2), Outcome.OK)


async def test_text_is_counted_as_it_went_by() -> None:
    meter = await watched(Chunk(data=b"a", text="one two "), Chunk(data=b"b"), Chunk(data=b"c", text="three"))
    assert meter.counted_output(WordCounter()) == 3


async def test_an_answer_without_text_has_no_output() -> None:
    assert (await watched(Chunk(data=b"a"))).counted_output(WordCounter()) == 0


async def test_long_answers_are_counted_in_proportion_and_not_kept() -> None:
    piece = Chunk(data=b"a", text="four " * 1_000)
    meter = await watched(*[piece] * 20)
    assert meter.counted_output(WordCounter()) == 20_000
    assert sum(map(len, meter._text)) < KEPT_CHARACTERS + len(piece.text)


@given(st.integers(0, 86_399_999_999_999))
def test_a_day_begins_and_ends_at_midnight_utc(nanoseconds: int) -> None:
    midnight = 1_768_435_200 * 10**9
    assert day_of(midnight + nanoseconds) == DAY
