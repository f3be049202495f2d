import pytest

from routergate.dispatch.breaker import Circuits, Entry, State
from routergate.dispatch.fleet import REMEMBERED, Fleet, Loads, Replica, admitted, down, states
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


def test_a_pace_is_a_mean_that_is_forgotten() -> None:
    loads = Loads()
    assert loads.pace(ONE, 0.0) is None
    loads.answered(ONE, 1.0, 0.0)
    loads.answered(ONE, 2.0, REMEMBERED)
    assert loads.pace(ONE, REMEMBERED) == pytest.approx(1.2)
    assert loads.pace(ONE, 2 * REMEMBERED + 1) is None


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
