"""What servers said of their load, and what follows from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.capacity import BAND, STALE, Gauge, Gauges, Trend
from routergate.domain.capacity import Load, Occupancy
from routergate.domain.model import ProviderId

GPUS = ProviderId("gpus")
SERVER = (GPUS, "one")


def said(running: int = 10, waiting: int = 0, **changes: Any) -> Occupancy:
    return Occupancy(running=running, waiting=waiting, **changes)


def heard(*words: Occupancy, ours: int = 0) -> Gauge:
    """What is known after some reports, a second apart."""
    gauges = Gauges()
    for second, word in enumerate(words):
        gauges.hear(SERVER, word, ours, float(second))
    gauge = gauges.of(SERVER, float(len(words)))
    assert gauge is not None
    return gauge


def test_nobody_serves_fewer_than_no_requests() -> None:
    with pytest.raises(ValueError, match="no requests"):
        said(waiting=-1)


def test_a_server_without_a_queue_makes_nobody_wait() -> None:
    gauge = heard(said(running=3, cache=0.4))
    assert (gauge.waiting(5), gauge.wait(5), gauge.utilisation) == (0, 0.0, 0.4)


def test_a_server_with_a_queue_is_full_whatever_its_cache() -> None:
    assert heard(said(waiting=1, cache=0.1)).utilisation == 1.0


def test_the_wait_is_the_queue_by_what_the_server_gets_done() -> None:
    # Ten at a time, two seconds each: five a second.
    gauge = heard(said(waiting=20, answered=100, seconds=200.0))
    assert gauge.wait(0) == pytest.approx(4.0)


def test_what_we_sent_since_counts_before_the_server_tells() -> None:
    gauge = heard(said(waiting=20, answered=100, seconds=200.0), ours=7)
    assert (gauge.others, gauge.waiting(12), gauge.waiting(0)) == (23, 25, 13)
    assert gauge.wait(12) == pytest.approx(5.0)


def test_a_queue_that_does_not_move_is_longer_than_it_was_when_requests_were_short() -> None:
    short = said(waiting=20, answered=100, seconds=1.0)
    assert heard(short).wait(0) == pytest.approx(0.02)
    assert heard(*[short] * 5).wait(0) == pytest.approx(8.0)
    assert heard(*[short] * 5, said(waiting=20, answered=101, seconds=1.01)).wait(0) == pytest.approx(0.02)
    assert heard(*[short] * 5, said(answered=100, seconds=1.0), short).wait(0) == pytest.approx(2.0)


def test_nobody_knows_the_wait_at_a_server_that_has_answered_nothing() -> None:
    assert heard(said(waiting=1)).wait(0) is None
    assert heard(said(waiting=1, answered=0, seconds=0.0)).wait(0) is None


def test_what_a_server_said_long_ago_counts_no_more() -> None:
    gauges = Gauges()
    gauges.hear(SERVER, said(), 0, 0.0)
    assert gauges.of(SERVER, STALE) is not None
    assert gauges.of(SERVER, STALE + 0.1) is None


def test_a_trend_follows_what_was_added_lately_and_survives_a_restart() -> None:
    trend = Trend()
    trend.follow(100.0, 100)
    trend.follow(100.0, 100)
    assert trend.mean == 1.0
    trend.follow(120.0, 110)
    assert trend.mean == pytest.approx(1.3)
    trend.follow(3.0, 1)
    assert trend.mean == pytest.approx(1.81)
    trend.follow(None, 5)
    assert trend.mean == pytest.approx(1.81)


@pytest.mark.parametrize(
    ("waits", "level"),
    [
        ([1.9], 0.0),
        ([3.0], 0.5),
        ([4.0], 1.0),
        ([9.0], 1.0),
        ([None], 1.0),
        ([3.0, 2.0], 0.5),
        ([3.0, 1.0], 0.25),
        ([3.0, 0.5], 0.0),
        ([3.0, 1.0, 2.4], 0.25),
        ([None, 0.0], 0.0),
    ],
)
def test_a_level_rises_beyond_the_tolerated_wait_and_falls_only_well_below(
    waits: list[float | None], level: float
) -> None:
    gauges = Gauges()
    assert [gauges.level(GPUS, wait, 2.0) for wait in waits][-1] == pytest.approx(level)


@given(st.floats(0.0, 10.0), st.lists(st.floats(0.0, BAND), max_size=30))
def test_a_queue_that_moves_within_the_band_sends_nobody_to_and_fro(wait: float, moves: list[float]) -> None:
    gauges = Gauges()
    before = gauges.level(GPUS, wait, 1.0)
    for down in moves:
        assert gauges.level(GPUS, max(wait - down, 0.0), 1.0) == pytest.approx(before)


def test_a_word_beside_an_answer_counts_like_a_look() -> None:
    gauges = Gauges()
    gauges.hear(SERVER, said(running=10, waiting=0, cache=0.5), 4, 0.0)
    gauges.glance(SERVER, Load(waiting=3, cache=0.9), 6, 1.0)
    gauge = gauges.of(SERVER, STALE + 1.0)
    assert gauge is not None
    assert (gauge.said.running, gauge.said.waiting, gauge.said.cache, gauge.others) == (9, 3, 0.9, 6)
    assert gauge.waiting(6) == 3


def test_a_word_beside_an_answer_leaves_what_it_does_not_say() -> None:
    gauges = Gauges()
    gauges.hear(SERVER, said(running=10, waiting=2, cache=0.5, answered=4, seconds=8.0), 10, 0.0)
    gauges.glance(SERVER, Load(waiting=20), 10, 1.0)
    gauge = gauges.of(SERVER, 1.0)
    assert gauge is not None
    assert (gauge.said.running, gauge.said.cache, gauge.service.mean) == (0, 0.5, 2.0)


def test_a_word_beside_an_answer_is_not_enough_to_know_a_server() -> None:
    gauges = Gauges()
    gauges.glance(SERVER, Load(waiting=3), 0, 0.0)
    assert gauges.of(SERVER, 0.0) is None
