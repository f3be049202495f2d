"""What routes promise, and what is said of their answers."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest

from routergate.domain.decision import RoutePolicy
from routergate.domain.event import UsageEvent
from routergate.domain.feedback import Feedback
from routergate.telemetry.files import Slot
from routergate.telemetry.opinions import REMEMBERED, Opinions
from support.events import LARGE, MINI, an_event
from support.exposition import value

AUTO = RoutePolicy(id="auto", candidates=(MINI.id, LARGE.id), quality=0.9)


@pytest.fixture
def opinions(tmp_path: Path) -> Iterator[Opinions]:
    with closing(Slot(tmp_path, 0)) as slot:
        yield Opinions(slot)


def said(decision: str, rating: float) -> Feedback:
    return Feedback(decision=decision, rating=rating, source="user")


def test_what_a_route_promises_is_shown_as_long_as_there_is_such_a_route(
    opinions: Opinions, tmp_path: Path
) -> None:
    opinions.announce({"auto": AUTO})
    assert value(tmp_path, "routergate_quality_threshold", route="auto") == 0.9
    assert value(tmp_path, "routergate_below_threshold_total", route="auto") == 0
    opinions.announce({})
    assert isnan(value(tmp_path, "routergate_quality_threshold", route="auto") or 0)


@pytest.mark.parametrize(
    ("event", "below"),
    [
        (an_event(quality=0.89), 1),
        (an_event(quality=0.9), None),
        (an_event(quality=None), None),
        (an_event(quality=0.5, card=None), None),
    ],
)
def test_answers_below_the_promise_are_counted(
    opinions: Opinions, tmp_path: Path, event: UsageEvent, below: int | None
) -> None:
    opinions.count(event)
    assert value(tmp_path, "routergate_below_threshold_total", route="auto") == below


def test_requests_are_counted_by_how_hard_they_are_and_who_answered(
    opinions: Opinions, tmp_path: Path
) -> None:
    opinions.count(an_event())
    opinions.count(an_event(level="hard", card=None))
    simple, hard = {"level": "simple", "class": "economy"}, {"level": "hard", "class": "none"}
    assert value(tmp_path, "routergate_levels_total", **simple) == 1
    assert value(tmp_path, "routergate_levels_total", **hard) == 1


def test_ratings_stand_beside_what_had_been_estimated(opinions: Opinions, tmp_path: Path) -> None:
    opinions.count(an_event(quality=0.9))
    opinions.heard([said("event-1", 0.5), said("elsewhere", 1.0)])
    known, unknown = {"route": "auto", "model": "mini"}, {"route": "none", "model": "none"}
    assert value(tmp_path, "routergate_feedback_total", **known) == 1
    assert value(tmp_path, "routergate_feedback_rating_total", **known) == 0.5
    assert value(tmp_path, "routergate_feedback_estimate_total", **known) == 0.9
    assert value(tmp_path, "routergate_feedback_rating_total", **unknown) == 1.0
    assert value(tmp_path, "routergate_feedback_estimate_total", **unknown) is None


def test_the_oldest_answers_are_forgotten(opinions: Opinions, tmp_path: Path) -> None:
    event = an_event()
    for n in range(REMEMBERED + 1):
        opinions.count(replace(event, id=f"d{n}"))
    opinions.heard([said("d0", 1.0), said("d1", 1.0)])
    assert value(tmp_path, "routergate_feedback_total", route="none") == 1
    assert value(tmp_path, "routergate_feedback_total", route="auto") == 1
