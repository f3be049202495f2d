from routergate.domain.asset import Volume
from routergate.ledger.volumes import LearnedVolumes
from routergate.store.client import Store
from support.ledgers import DAY, NOON


async def seen(store: Store, volumes: LearnedVolumes, days_ago: int, requests: int) -> None:
    for _ in range(requests):
        volumes.observe("own|1", NOON - days_ago * DAY)
    await volumes.sync(store)


async def test_what_is_only_seen_today_says_nothing_of_a_month(store: Store) -> None:
    volumes = LearnedVolumes()

    assert volumes.of("own|1", NOON) == Volume()
    await seen(store, volumes, 0, 5)
    assert volumes.of("own|1", NOON) == Volume(served=5)


async def test_a_month_is_as_many_days_like_those_that_were_seen(store: Store) -> None:
    volumes = LearnedVolumes()
    await seen(store, volumes, 2, 10)
    await seen(store, volumes, 1, 20)
    await seen(store, volumes, 0, 7)

    assert volumes.of("own|1", NOON) == Volume(monthly=457, served=37)
    assert volumes.of("own|1", NOON + 60 * DAY) == Volume(served=37)


async def test_only_the_last_thirty_days_count(store: Store) -> None:
    volumes = LearnedVolumes()
    await seen(store, volumes, 40, 500)
    await seen(store, volumes, 30, 300)
    assert volumes.of("own|1", NOON) == Volume(monthly=304, served=800)


async def test_replicas_add_up_what_they_see_and_restarts_remember(store: Store) -> None:
    one, two = LearnedVolumes(), LearnedVolumes()
    await seen(store, one, 1, 3)
    await seen(store, two, 1, 4)
    await one.sync(store)

    restarted = LearnedVolumes()
    await restarted.sync(store)
    assert one.of("own|1", NOON).served == two.of("own|1", NOON).served == 7
    assert restarted.of("own|1", NOON).served == 7
    assert restarted.of("another", NOON) == Volume()
