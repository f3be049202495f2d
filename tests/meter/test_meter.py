from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.errors import BudgetEnded
from routergate.domain.event import Outcome
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.seen import KEPT_CHARACTERS
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
    assert meter.seen is not None
    assert (meter.seen.usage, meter.outcome) == (Usage(output=2), Outcome.OK)


async def test_text_is_counted_as_it_went_by() -> None:
    meter = await watched(Chunk(data=b"a", text="one two "), Chunk(data=b"b"), Chunk(data=b"c", text="three"))
    assert meter.counted_output(WordCounter()) == 3


async def test_an_answer_without_text_has_no_output() -> None:
    assert (await watched(Chunk(data=b"a"))).counted_output(WordCounter()) == 0


async def test_long_answers_are_counted_in_proportion_and_not_kept() -> None:
    piece = Chunk(data=b"a", text="four " * 1_000)
    meter = await watched(*[piece] * 20)
    assert meter.counted_output(WordCounter()) == 20_000
    assert meter.seen is not None
    assert sum(map(len, meter.seen._text)) < KEPT_CHARACTERS + len(piece.text)


@given(st.integers(0, 86_399_999_999_999))
def test_a_day_begins_and_ends_at_midnight_utc(nanoseconds: int) -> None:
    midnight = 1_768_435_200 * 10**9
    assert day_of(midnight + nanoseconds) == DAY


async def test_of_an_answer_that_has_not_begun_there_is_nothing_to_see() -> None:
    meter = Meter(HandClock(), 0.0)
    assert (meter.winner, meter.written, meter.counted_output(WordCounter())) == (None, 0, 0)
    with pytest.raises(ValueError, match="no answer has begun"):
        meter.reject("refusal", (), 0.0)


def test_a_rejected_answer_is_kept_apart_and_may_be_given_after_all() -> None:
    meter, first = Meter(HandClock(), 0.0), Chunk(data=b"a", text="one")
    meter.answered(a_candidate(), first)
    number = meter.reject("refusal", [Chunk(data=b"b", text=" two", usage=Usage(output=2))], 0.0)
    assert (number, meter.winner, meter.first_chunk) == (0, None, None)
    assert (meter.rejected[0].written, meter.rejected[0].usage) == (7, Usage(output=2))
    meter.restore(number, first)
    assert (meter.rejected, meter.winner, meter.written) == ({}, a_candidate(), 3)
