from routergate.dispatch.health import PATIENCE, REST, Health
from routergate.domain.model import ProviderId

ACME, BETA = ProviderId("acme"), ProviderId("beta")


def failing(times: int, now: float = 0.0) -> Health:
    health = Health()
    for _ in range(times):
        health.failed(ACME, now)
    return health


def test_a_provider_is_passed_over_after_some_failures_in_a_row() -> None:
    assert failing(PATIENCE - 1).down(0.0) == frozenset()
    assert failing(PATIENCE).down(0.0) == {ACME}


def test_it_is_asked_again_after_a_rest() -> None:
    health = failing(PATIENCE, now=5.0)
    assert health.down(5.0 + REST - 0.001) == {ACME}
    assert health.down(5.0 + REST) == frozenset()


def test_one_more_failure_after_the_rest_sends_it_to_rest_again() -> None:
    health = failing(PATIENCE)
    health.failed(ACME, REST)
    assert health.down(REST) == {ACME}


def test_a_success_forgives_everything() -> None:
    health = failing(PATIENCE)
    health.succeeded(ACME)
    health.failed(ACME, 0.0)
    assert health.down(0.0) == frozenset()


def test_providers_are_judged_each_by_its_own() -> None:
    health = failing(PATIENCE)
    health.succeeded(BETA)
    health.failed(BETA, 0.0)
    assert health.down(0.0) == {ACME}
