"""Which of several servers is asked."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.balance import FULLER, SPARE, View, chosen
from routergate.dispatch.capacity import STALE, Gauges
from routergate.dispatch.fleet import Balance, Loads, Replica
from routergate.domain.capacity import Occupancy
from routergate.domain.model import ProviderId
from support.fakes import FakeProvider

GPUS = ProviderId("gpus")


def a_replica(name: str, weight: float = 1.0, balance: Balance = Balance.LEAST_OUTSTANDING) -> Replica:
    return Replica(provider=GPUS, name=name, weight=weight, api=FakeProvider(), balance=balance)


def some(balance: Balance, *names: str) -> list[Replica]:
    return [a_replica(name, balance=balance) for name in names]


ONE, TWO = a_replica("one"), a_replica("two")


def a_view(
    loads: Loads | None = None, gauges: Gauges | None = None, talk: str = "", now: float = 0.0
) -> View:
    return View(loads or Loads(), gauges or Gauges(), talk, now)


def busy(*calls: Replica) -> Loads:
    loads = Loads()
    for replica in calls:
        loads.begin(replica)
    return loads


def told(replica: Replica, running: int, waiting: int = 0, ours: int = 0) -> Gauges:
    gauges = Gauges()
    gauges.hear(replica.server, Occupancy(running=running, waiting=waiting), ours, 0.0)
    return gauges


def given_out(loads: Loads, replicas: list[Replica], calls: int, *, end: bool = True) -> Counter[str]:
    """Who gets so many calls, one after the other or all at the same time."""
    given: Counter[str] = Counter()
    for _ in range(calls):
        one = chosen(replicas, a_view(loads))
        assert one is not None
        loads.begin(one)
        given[one.name] += 1
        if end:
            loads.end(one)
    return given


def test_servers_alike_are_asked_in_turn() -> None:
    assert given_out(Loads(), [ONE, TWO], 10) == {"one": 5, "two": 5}
    assert given_out(Loads(), [ONE, TWO], 10, end=False) == {"one": 5, "two": 5}


def test_a_server_of_twice_the_weight_gets_twice_as_much() -> None:
    replicas = [a_replica("light"), a_replica("heavy", 2.0)]
    assert given_out(Loads(), replicas, 30) == {"light": 10, "heavy": 20}
    assert given_out(Loads(), replicas, 30, end=False) == {"light": 10, "heavy": 20}


def test_who_is_busy_gets_less() -> None:
    loads = Loads()
    for _ in range(3):
        loads.begin(ONE)
    assert given_out(loads, [ONE, TWO], 3, end=False) == {"two": 3}


def test_who_was_away_does_not_have_to_catch_up() -> None:
    loads = Loads()
    given_out(loads, [ONE], 100)
    assert given_out(loads, [ONE, TWO], 10)["one"] >= 4


def test_nobody_is_chosen_from_nobody() -> None:
    assert chosen([], a_view(Loads())) is None


def test_requests_that_others_sent_count_as_long_as_the_server_has_told_them_lately() -> None:
    assert chosen([ONE, TWO], a_view(gauges=told(ONE, running=3))) is TWO
    assert chosen([ONE, TWO], a_view(gauges=told(ONE, running=3), now=STALE + 1)) is ONE


def test_our_own_requests_are_not_counted_twice() -> None:
    loads = busy(ONE, ONE, TWO)
    assert chosen([ONE, TWO], a_view(loads, told(ONE, running=2, ours=2))) is TWO
    assert chosen([ONE, TWO], a_view(busy(ONE, TWO, TWO), told(ONE, running=1, ours=1))) is ONE


def test_a_server_without_a_queue_is_asked_before_one_with_a_queue_however_busy() -> None:
    view = a_view(busy(TWO, TWO, TWO, TWO), told(ONE, running=1, waiting=1))
    assert chosen([ONE, TWO], view) is TWO
    assert chosen([ONE], view) is ONE


def test_the_server_that_begins_soonest_is_asked_until_it_has_too_much_to_do() -> None:
    quick, slow = some(Balance.LATENCY, "quick", "slow")
    loads = Loads()
    loads.answered(quick, 0.1, 0.0)
    loads.answered(slow, 0.35, 0.0)
    given: Counter[str] = Counter()
    for _ in range(4):
        one = chosen([slow, quick], a_view(loads))
        assert one is not None
        loads.begin(one)
        given[one.name] += 1
    assert given == {"quick": 3, "slow": 1}


def test_a_server_of_which_nothing_is_known_is_asked_to_find_out() -> None:
    known, unknown = some(Balance.LATENCY, "known", "unknown")
    loads = Loads()
    loads.answered(known, 0.1, 0.0)
    assert chosen([known, unknown], a_view(loads)) is unknown


def homes(replicas: list[Replica], talks: int = 400) -> dict[str, str]:
    """Which server each of so many conversations gets, when nobody is busy."""
    found = {f"{n:x}": chosen(replicas, a_view(talk=f"{n:x}")) for n in range(talks)}
    return {talk: one.name for talk, one in found.items() if one is not None}


def test_a_conversation_always_gets_the_same_server_and_all_of_them_are_spread() -> None:
    servers = some(Balance.PREFIX, "a", "b", "c", "d")
    before = homes(servers)
    assert homes(servers[::-1]) == before
    assert min(Counter(before.values()).values()) > 70


def test_a_server_that_goes_moves_only_those_who_had_it() -> None:
    servers = some(Balance.PREFIX, "a", "b", "c", "d")
    before, after = homes(servers), homes(servers[1:])
    assert {talk for talk in before if before[talk] != after[talk]} == {
        talk for talk in before if before[talk] == "a"
    }


def test_a_server_of_twice_the_weight_has_twice_the_conversations() -> None:
    light = a_replica("light", balance=Balance.PREFIX)
    heavy = replace(light, name="heavy", weight=2.0)
    assert 230 < Counter(homes([light, heavy]).values())["heavy"] < 300


def test_a_conversation_leaves_its_server_only_if_that_is_much_fuller_or_has_a_queue() -> None:
    servers = some(Balance.PREFIX, "a", "b")
    first = chosen(servers, a_view(talk="7"))
    assert first is not None
    [other] = [one for one in servers if one is not first]
    assert chosen(servers, a_view(busy(*[first] * SPARE), talk="7")) is first
    assert chosen(servers, a_view(busy(*[first] * 20), talk="7")) is other
    assert chosen(servers, a_view(gauges=told(first, running=1, waiting=1), talk="7")) is other


def test_a_request_of_no_conversation_goes_where_the_fewest_are() -> None:
    servers = some(Balance.PREFIX, "a", "b")
    assert chosen(servers, a_view(busy(servers[0]))) is servers[1]


@given(st.lists(st.integers(0, 200), min_size=1, max_size=6), st.text(max_size=8))
def test_nobody_gets_a_call_who_has_much_more_than_its_share(running: list[int], talk: str) -> None:
    servers = some(Balance.PREFIX, *(str(n) for n in range(len(running))))
    loads = busy(*(one for one, calls in zip(servers, running, strict=True) for _ in range(calls)))
    one = chosen(servers, a_view(loads, talk=talk))
    assert one is not None
    assert loads.running(one) <= FULLER * (sum(running) + 1) / len(servers) + SPARE + 1
