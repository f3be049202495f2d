from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.model import ModelId
from routergate.meter.recent import ENOUGH, KEPT, Paces, Recent
from support.events import an_event

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
            recent.observe(unfit)
    assert recent.paces.usual(MINI, event.at / 1e9) is None
    for _ in range(ENOUGH):
        recent.observe(event)
    assert recent.paces.usual(MINI, event.at / 1e9) == 0.4
