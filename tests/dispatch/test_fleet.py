from collections import Counter

from routergate.dispatch.breaker import Circuits, Entry, State
from routergate.dispatch.fleet import Fleet, Loads, Replica, admitted, down, states
from routergate.domain.model import ModelId, ProviderId
from support.builders import a_card
from support.fakes import FakeProvider

GPUS = ProviderId("gpus")
CARD = a_card("mini", provider=GPUS)
OTHER = a_card("other", provider=GPUS)


def a_replica(name: str, weight: float = 1.0) -> Replica:
    return Replica(provider=GPUS, name=name, weight=weight, api=FakeProvider())


ONE, TWO = a_replica("one"), a_replica("two")
FLEET: Fleet = {GPUS: (ONE, TWO)}


def opened(*replicas: Replica, model: ModelId = CARD.id) -> Circuits:
    circuits = Circuits()
    for replica in replicas:
        circuits[replica.target(model)].failed(Entry.PLAIN, 0.0, retry_after=5.0)
    return circuits


def given_out(loads: Loads, replicas: list[Replica], calls: int, *, end: bool = True) -> Counter[str]:
    """Who gets so many calls, one after the other or all at the same time."""
    given: Counter[str] = Counter()
    for _ in range(calls):
        chosen = loads.least(replicas)
        assert chosen is not None
        loads.begin(chosen)
        given[chosen.name] += 1
        if end:
            loads.end(chosen)
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
    assert Loads().least([]) is None


def test_a_server_that_fails_or_keeps_silent_is_not_admitted() -> None:
    assert admitted(FLEET, opened(ONE), CARD, (), 0.0) == [TWO]
    assert admitted(FLEET, opened(ONE), CARD, {TWO}, 0.0) == []
    assert admitted(FLEET, opened(ONE), OTHER, (), 0.0) == [ONE, TWO]


def test_a_model_is_down_if_no_server_of_its_provider_may_be_asked_for_it() -> None:
    assert down(FLEET, opened(ONE), 0.0) == frozenset()
    assert down(FLEET, opened(ONE, TWO), 0.0) == {CARD.id}
    assert down(FLEET, opened(ONE, TWO), 5.0) == frozenset()


def test_the_worst_circuit_is_the_providers_state() -> None:
    assert states(FLEET, Circuits(), 0.0) == {GPUS: State.CLOSED}
    assert states(FLEET, opened(ONE), 0.0) == {GPUS: State.OPEN}
    assert states(FLEET, opened(ONE), 5.0) == {GPUS: State.HALF_OPEN}


def test_a_provider_that_a_reload_took_away_is_left_out() -> None:
    assert states({}, opened(ONE), 0.0) == {}
    assert down({}, opened(ONE), 0.0) == frozenset()
