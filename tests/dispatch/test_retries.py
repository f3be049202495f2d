from routergate.dispatch.retries import MOST, SHARE, Retries
from routergate.domain.model import ProviderId

ACME, BETA = ProviderId("acme"), ProviderId("beta")


def spent(retries: Retries) -> int:
    count = 0
    while retries.spend(ACME):
        count += 1
    return count


def test_a_few_retries_are_there_from_the_start() -> None:
    assert spent(Retries()) == MOST / 2


def test_calls_pay_for_further_ones() -> None:
    retries = Retries()
    spent(retries)
    for _ in range(20):
        retries.earn(ACME)
    assert spent(retries) == round(20 * SHARE)


def test_no_more_than_some_can_be_saved_up() -> None:
    retries = Retries()
    for _ in range(1_000):
        retries.earn(ACME)
    assert spent(retries) == MOST


def test_each_provider_has_its_own() -> None:
    retries = Retries()
    spent(retries)
    assert retries.spend(BETA)
