from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.decision import Decision, Escalation, Hedge
from routergate.domain.event import OUTRUN, Attempt, UsageEvent
from routergate.domain.identity import Attribution
from routergate.domain.model import ModelId
from routergate.domain.usage import Usage
from routergate.meter.recent import (
    ENOUGH,
    KEPT,
    LAST,
    LATELY,
    MANY,
    REMEMBERED,
    SOONEST,
    Paces,
    Recent,
    Rejections,
    Tails,
    Warmth,
)
from support.builders import a_candidate, a_card, a_decision
from support.events import an_attribution, an_event

MINI = ModelId("mini")


def paced(*seconds: float) -> Paces:
    paces = Paces()
    for each in seconds:
        paces.observe(MINI, each, 0.0)
    return paces


def test_a_model_that_has_begun_too_few_answers_is_neither_quick_nor_slow() -> None:
    assert paced(*[9.0] * (ENOUGH - 1)).usual(MINI, 0.0) is None
    assert paced(*[9.0] * ENOUGH).usual(MINI, 0.0) == 9.0


def test_a_model_that_nobody_asked_is_unknown() -> None:
    assert Paces().usual(MINI, 0.0) is None


def test_old_news_is_forgotten_so_that_a_slow_model_is_tried_again() -> None:
    paces = paced(*[9.0] * ENOUGH)
    assert (paces.usual(MINI, KEPT), paces.usual(MINI, KEPT + 1)) == (9.0, None)
    paces.observe(MINI, 1.0, KEPT + 1)
    assert paces.usual(MINI, KEPT + 1) is None


@given(st.lists(st.floats(0, 100), min_size=ENOUGH))
def test_what_is_usual_is_between_the_quickest_and_the_slowest(seconds: list[float]) -> None:
    usual = paced(*seconds).usual(MINI, 0.0)
    assert usual is not None
    assert min(seconds) - 1e-9 <= usual <= max(seconds) + 1e-9


def test_pace_is_learned_from_streamed_answers_that_began() -> None:
    recent, event = Recent(), an_event()
    for unfit in (
        replace(event, streamed=False),
        replace(event, card=None),
        replace(event, timings=replace(event.timings, first_token=None)),
    ):
        for _ in range(ENOUGH):
            recent.observe(a_decision(), unfit)
    assert recent.paces.usual(MINI, event.at / 1e9) is None
    for _ in range(ENOUGH):
        recent.observe(a_decision(), event)
    assert recent.paces.usual(MINI, event.at / 1e9) == 0.4


def talking(session: str | None = "talk", organisation: str = "acme") -> Attribution:
    return replace(an_attribution(organisation), session=session)


def a_turn(seconds: float = 0.0, **usage: int) -> UsageEvent:
    return an_event(attribution=talking(), at=int(seconds * 1e9), usage=Usage(**usage))


def test_what_a_model_has_read_in_a_session_is_believed_to_be_cached() -> None:
    warmth = Warmth()
    warmth.observe(a_turn(input_uncached=900, output=5))
    assert warmth.cached(talking(), MINI, KEPT) == 900
    for other, model, now in (
        (talking("another talk"), MINI, 0.0),
        (talking(None), MINI, 0.0),
        (talking(organisation="globex"), MINI, 0.0),
        (talking(), ModelId("large"), 0.0),
        (talking(), MINI, KEPT + 1),
    ):
        assert warmth.cached(other, model, now) == 0


def test_a_model_that_read_nothing_from_its_cache_has_none() -> None:
    warmth = Warmth()
    warmth.observe(a_turn(input_uncached=900))
    warmth.observe(a_turn(1.0, input_uncached=950))
    assert warmth.cached(talking(), MINI, 1.0) == 0
    warmth.observe(a_turn(2.0, input_uncached=100, cache_read=900))
    assert warmth.cached(talking(), MINI, 2.0) == 1_000


def test_after_a_long_silence_nothing_is_held_against_a_cache() -> None:
    warmth = Warmth()
    warmth.observe(a_turn(input_uncached=900))
    warmth.observe(a_turn(KEPT + 1, input_uncached=950))
    assert warmth.cached(talking(), MINI, KEPT + 1) == 950


def test_without_session_answer_or_usage_nothing_is_remembered() -> None:
    warmth = Warmth()
    for unfit in ({"attribution": talking(None)}, {"card": None}, {"usage": None}):
        warmth.observe(replace(a_turn(input_uncached=900), **unfit))
    assert warmth.cached(talking(), MINI, 0.0) == 0


def test_the_session_that_has_been_silent_for_longest_is_forgotten() -> None:
    warmth = Warmth(room=1)
    warmth.observe(a_turn(input_uncached=900))
    warmth.observe(replace(a_turn(input_uncached=800), attribution=talking("another talk")))
    assert (warmth.cached(talking(), MINI, 0.0), warmth.cached(talking("another talk"), MINI, 0.0)) == (
        0,
        800,
    )


STREAMED, PLAIN = (MINI, True), (MINI, False)


def tailed(*seconds: float, at: float = 0.0) -> Tails:
    tails = Tails()
    for each in seconds:
        tails.observe(STREAMED, each, at)
    return tails


def test_late_is_what_nineteen_of_twenty_answers_are_not() -> None:
    assert tailed(*range(1, 21)).late(STREAMED, 0.0) == 19
    assert tailed(*[1.0] * 95, *[9.0] * 5).late(STREAMED, 0.0) == 1.0
    assert tailed(*[1.0] * 94, *[9.0] * 6).late(STREAMED, 0.0) == 9.0


def test_nothing_is_late_where_too_little_is_known() -> None:
    assert tailed(*[1.0] * (MANY - 1)).late(STREAMED, 0.0) is None
    assert tailed(*[1.0] * MANY).late(PLAIN, 0.0) is None
    assert tailed(*[1.0] * MANY).late(STREAMED, LATELY + 1) is None


def test_nothing_is_late_that_takes_no_time() -> None:
    assert tailed(*[0.0] * MANY).late(STREAMED, 0.0) == SOONEST


def test_only_the_last_answers_say_what_is_late() -> None:
    assert tailed(*[9.0] * LAST, *[1.0] * LAST).late(STREAMED, 0.0) == 1.0


def test_a_route_says_when_another_call_is_made() -> None:
    tails = tailed(*[2.0] * MANY)
    asked = (None, Hedge(), Hedge(after=0.5))
    assert [tails.hedge_after(hedge, STREAMED, 0.0) for hedge in asked] == [None, 2.0, 0.5]


def test_late_does_not_come_earlier_for_all_the_calls_that_were_ended() -> None:
    recent, event = Recent(), an_event(at=0)
    call = Attempt(model="mini", provider="p", result="ok", seconds=1.0, billed=True)
    failed, ended = replace(call, result="timeout", billed=None), replace(call, result=OUTRUN, billed=None)
    for _ in range(MANY):
        recent.observe(checked(), replace(event, attempts=(failed, replace(ended, seconds=3.0), call)))
    assert recent.tails.late(STREAMED, 0.0) == 3.0
    assert recent.tails.late(PLAIN, 0.0) is None


def checked() -> Decision:
    """`mini` is checked, `large` is the last resort."""
    mini = a_candidate(
        a_card("mini"), escalation=Escalation(model=ModelId("large"), probability=0.1, cost=None)
    )
    return a_decision(candidates=(mini, a_candidate(a_card("large"))))


def answered(*results: tuple[str, str]) -> UsageEvent:
    return an_event(
        attempts=tuple(
            Attempt(model=model, provider="acme-ai", result=result, seconds=0.4) for model, result in results
        )
    )


def test_how_often_answers_are_rejected_is_learned_for_each_route_and_model() -> None:
    rejections = Rejections()
    assert rejections.probability("auto", MINI, 0.1) == pytest.approx(0.1)
    for _ in range(20):
        rejections.observe(checked(), answered(("mini", "refusal"), ("large", "ok")))
    assert rejections.probability("auto", MINI, 0.1) == pytest.approx((20 + 2) / 40)
    assert rejections.probability("other", MINI, 0.1) == pytest.approx(0.1)
    assert rejections.probability("auto", ModelId("large"), 0.1) == pytest.approx(0.1)


def test_failures_of_providers_and_unchecked_answers_teach_nothing_of_rejections() -> None:
    rejections = Rejections()
    rejections.observe(checked(), answered(("mini", "throttled"), ("large", "ok")))
    rejections.observe(a_decision(a_card("mini")), answered(("mini", "ok")))
    assert rejections.probability("auto", MINI, 0.1) == pytest.approx(0.1)


def test_old_rejections_fade() -> None:
    rejections = Rejections()
    for _ in range(int(REMEMBERED)):
        rejections.observe(checked(), answered(("mini", "empty")))
    for _ in range(int(3 * REMEMBERED)):
        rejections.observe(checked(), answered(("mini", "ok")))
    assert rejections.probability("auto", MINI, 0.0) < 0.06


@given(st.lists(st.sampled_from(["ok", "empty", "timeout"])), st.floats(0, 1))
def test_a_probability_stays_one_whatever_is_seen(results: list[str], expected: float) -> None:
    rejections = Rejections()
    for result in results:
        rejections.observe(checked(), answered(("mini", result)))
    assert 0 <= rejections.probability("auto", MINI, expected) <= 1
