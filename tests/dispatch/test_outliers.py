"""Which server is late, by its peers' pace or by its own."""

from contextlib import aclosing
from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.breaker import Circuits, Entry, Target
from routergate.dispatch.fleet import Replica
from routergate.dispatch.outliers import ENOUGH, FRESH, LATEST, MINUTE, Beginning, Outliers, Pace, Paces
from routergate.domain.decision import Candidate
from routergate.domain.model import ModelId, ProviderId
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Chunk
from support.builders import a_card, a_decision, a_request
from support.fakes import FakeProvider, Wait, a_dispatcher
from support.redis import HandClock

RULE = Outliers(latency=3.0, above=1.0)
ONE, TWO, THREE = (Target(ProviderId("gpus"), name, ModelId("mini")) for name in ("one", "two", "three"))


class Servers:
    """Several servers of one provider, and what is known of them."""

    def __init__(self, *targets: Target) -> None:
        self.targets, self.paces, self.circuits = targets, Paces(), Circuits()

    def begins(self, target: Target, seconds: float, at: float = 0.0, *, streamed: bool = True) -> bool:
        """An answer begins; whether it shows that the server is late."""
        peers = [one for one in self.targets if one != target]
        one = Beginning(target=target, peers=peers, streamed=streamed, seconds=seconds, at=at)
        return self.paces.late(one, self.circuits, RULE)

    def known(self, seconds: dict[Target, float], at: float = 0.0) -> "Servers":
        """All of them have begun often enough to be known; nobody was told what follows from it."""
        for _ in range(LATEST):
            for target, each in seconds.items():
                self.begins(target, each, at)
        return self

    def rests(self, target: Target) -> "Servers":
        self.circuits[target].failed(Entry.PLAIN, 0.0, retry_after=1.0)
        return self


@pytest.mark.parametrize(
    ("seconds", "usual", "late"),
    [
        (3.0, 1.0, False),
        (3.1, 1.0, True),
        (0.9, 0.1, False),
        (1.1, 0.1, True),
        (60.0, None, False),
        (60.0, 0.0, True),
    ],
)
def test_late_is_what_passes_both_bounds(seconds: float, usual: float | None, *, late: bool) -> None:
    assert RULE.late(seconds, usual) is late


def test_a_server_that_begins_far_later_than_its_peers_is_late() -> None:
    servers = Servers(ONE, TWO, THREE).known({ONE: 10.0, TWO: 1.0, THREE: 1.2})
    assert servers.begins(ONE, 10.0)
    assert not servers.begins(TWO, 1.0)


def test_servers_that_are_equally_slow_are_not_late() -> None:
    servers = Servers(ONE, TWO).known({ONE: 30.0, TWO: 25.0})
    assert not servers.begins(ONE, 30.0)


def test_few_beginnings_show_nothing() -> None:
    servers = Servers(ONE, TWO).known({TWO: 0.1})
    assert not any(servers.begins(ONE, 10.0) for _ in range(LATEST - 1))
    assert servers.begins(ONE, 10.0)


def test_one_long_wait_among_short_ones_shows_nothing() -> None:
    servers = Servers(ONE, TWO).known({ONE: 0.1, TWO: 0.1})
    assert not servers.begins(ONE, 10.0)


def test_a_quick_answer_is_not_late_whatever_was_before() -> None:
    servers = Servers(ONE, TWO).known({ONE: 10.0, TWO: 1.0})
    assert not servers.begins(ONE, 2.0)


def test_old_beginnings_do_not_count() -> None:
    servers = Servers(ONE, TWO).known({ONE: 10.0, TWO: 1.0})
    assert not servers.begins(ONE, 10.0, at=FRESH + 1)


def test_answers_that_are_not_streamed_are_compared_with_each_other_only() -> None:
    servers = Servers(ONE, TWO).known({ONE: 0.2, TWO: 0.2})
    assert not any(servers.begins(ONE, 20.0, streamed=False) for _ in range(LATEST))
    assert not any(servers.begins(TWO, 20.0, streamed=False) for _ in range(LATEST))
    assert not servers.begins(ONE, 20.0, streamed=False)


def test_a_server_that_rests_is_late_by_one_beginning_and_no_measure_for_others() -> None:
    servers = Servers(ONE, TWO, THREE).known({ONE: 10.0, TWO: 10.0, THREE: 1.0}).rests(ONE)
    assert servers.begins(TWO, 10.0)
    servers.rests(TWO)
    assert servers.begins(ONE, 10.0)
    assert not servers.begins(ONE, 2.0)


def test_the_last_server_that_does_not_rest_is_never_late() -> None:
    servers = Servers(ONE, TWO).known({ONE: 1.0, TWO: 10.0}).rests(ONE)
    assert not servers.begins(TWO, 10.0)


def an_hour(seconds: float = 0.5, minutes: int = 60) -> Servers:
    """A server without peers, known for so many minutes."""
    servers = Servers(ONE)
    for minute in range(minutes):
        servers.known({ONE: seconds}, at=minute * MINUTE)
    return servers


def test_a_server_without_peers_is_late_by_its_own_last_hour() -> None:
    servers, now = an_hour(), 60 * MINUTE
    servers.known({ONE: 5.0}, at=now)
    assert servers.begins(ONE, 5.0, at=now)
    assert not servers.begins(ONE, 1.2, at=now)


def test_a_server_without_peers_must_be_known_for_some_minutes() -> None:
    servers = an_hour(minutes=ENOUGH - 2)
    servers.known({ONE: 5.0}, at=ENOUGH * MINUTE)
    assert not servers.begins(ONE, 5.0, at=ENOUGH * MINUTE)


def test_what_stays_slow_becomes_usual() -> None:
    servers = an_hour()
    for minute in range(60, 91):
        servers.known({ONE: 5.0}, at=minute * MINUTE)
    assert not servers.begins(ONE, 5.0, at=91 * MINUTE)


def test_a_pace_is_the_median_of_the_latest() -> None:
    pace = Pace()
    for seconds in range(100):
        pace.note(float(seconds), 0.0)
    assert pace.recent(0.0) == median(range(100 - LATEST, 100))


@given(st.lists(st.floats(0.001, 100.0), min_size=2, max_size=7))
def test_never_are_all_late_and_never_the_quickest(paces: list[float]) -> None:
    targets = [Target(ProviderId("gpus"), str(n), ModelId("mini")) for n in range(len(paces))]
    servers = Servers(*targets).known(dict(zip(targets, paces, strict=True)))
    late = []
    for target, seconds in zip(targets, paces, strict=True):
        if servers.begins(target, seconds):
            late.append(seconds)
            servers.rests(target)
    assert len(late) < len(paces)
    assert min(paces) not in late


@given(st.lists(st.floats(0.0, 100.0), max_size=60), st.floats(0.0, 1.0))
def test_what_begins_within_the_floor_is_never_late(before: list[float], seconds: float) -> None:
    servers = Servers(ONE, TWO).known({TWO: 0.0})
    for each in before:
        servers.begins(ONE, each)
    assert not servers.begins(ONE, seconds)


async def test_a_server_that_is_late_gets_no_more_calls() -> None:
    clock, card = HandClock(), a_card("mini")
    apis = {
        name: FakeProvider([Wait(seconds), Chunk(data=b"a", text="a")], clock)
        for name, seconds in {"slow": 9.0, "quick": 1.0}.items()
    }
    servers = [
        Replica(provider=card.provider, name=name, api=api, outliers=RULE) for name, api in apis.items()
    ]
    dispatcher = replace(a_dispatcher({}, clock), fleet={card.provider: servers})

    async def admit(candidate: Candidate, beside: int) -> ChatRequest:
        return a_request()

    for _ in range(3 * LATEST):
        begun = await dispatcher.first_answer(a_decision(card), admit, Meter(clock, clock.seconds))
        async with aclosing(begun.rest) as rest:
            assert [chunk async for chunk in rest] == []
    probes = len(apis["slow"].asked) - LATEST
    assert 1 <= probes <= 6  # After rests of 1, 2, 4 and 8 seconds.
