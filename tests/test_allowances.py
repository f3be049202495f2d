"""How budgets and limits are said to stand, on a real store."""

from dataclasses import replace
from typing import Any

import pytest

from routergate.accounts.registry import KeyRegistry
from routergate.accounts.scope import budget
from routergate.allowances import budget_page, purses
from routergate.domain.budget import Budget, Limit, Measure, OrganisationRules, Rules, Scope, Window
from routergate.domain.reservation import Line
from routergate.ledger.names import ORGANISATIONS, counter_key, counters_key
from routergate.ledger.reservations import Reservations
from routergate.spend.lines import Rule, counter
from routergate.store.client import Store
from routergate.telemetry.purses import Purse
from support.events import an_event
from support.redis import HandClock, redis_server, store

__all__ = ["redis_server", "store"]
EACH = Budget(scope=Scope.CUSTOMER, measure=Measure.TOKENS, limit=1_000, window=Window.DAY)
TEAM = Budget(scope=Scope.TEAM, of="research", measure=Measure.CASH, limit=4_000_000_000, window=Window.MONTH)
QUICK = Limit(scope=Scope.ORGANISATION, measure=Measure.REQUESTS, limit=10, seconds=60)
AT_ONCE = Limit(scope=Scope.ORGANISATION, measure=Measure.CONCURRENCY, limit=4)
OWN = OrganisationRules(budgets=(EACH, TEAM), limits=(QUICK, AT_ONCE))
RULES = Rules(organisations={"acme": OWN})


@pytest.fixture
def clock() -> HandClock:
    """In the future: what ends in the past, Redis forgets at once."""
    return HandClock(epoch=2_000_000_000_000_000_000)


async def held(store: Store, clock: HandClock, rule: Rule, value: str, amount: int, request: str) -> None:
    """A request that runs holds so much of what `rule` counts."""
    one = Line(
        counter=counter(OWN, rule, value, clock.epoch // 1_000_000_000),
        amount=amount,
        rule=rule,
        enforced=True,
    )
    await Reservations(store, clock).reserve(an_event(id=request), [one], durable=False)


async def rows(store: Store, clock: HandClock, organisation: str | None = None) -> list[Any]:
    found: list[Any] = (await budget_page(store, RULES, clock, (organisation, 0, 1_000)))["data"]
    return found


async def test_what_is_held_is_read_from_every_kind_of_counter(store: Store, clock: HandClock) -> None:
    await held(store, clock, EACH, "globex", 250, "r1")
    await held(store, clock, TEAM, "research", 1_000_000_000, "r2")
    await held(store, clock, QUICK, "acme", 1, "r3")
    await held(store, clock, AT_ONCE, "acme", 1, "r4")
    each, globex, team, quick, at_once = await rows(store, clock)
    assert (each["name"], each["spent"], each["share"], each["resets_at"]) == (None, None, None, None)
    assert (globex["name"], globex["held"], globex["share"]) == ("globex", 250, 0.25)
    assert globex["resets_at"] == "2033-05-19T00:00:00+00:00"
    assert (team["limit"], team["held"], team["share"]) == ("4.0", "1.0", 0.25)
    assert (quick["spent"], at_once["held"]) == (1, 1)


async def test_what_is_out_of_a_sliding_window_is_not_counted(store: Store, clock: HandClock) -> None:
    await held(store, clock, QUICK, "acme", 1, "r1")
    clock.epoch += 30_000_000_000
    await held(store, clock, QUICK, "acme", 2, "r2")
    assert (await rows(store, clock))[2]["spent"] == 3
    clock.epoch += 31_000_000_000  # a sixtieth of the window comes back late
    assert (await rows(store, clock))[2]["spent"] == 2


async def test_a_counter_that_has_expired_is_dropped_from_its_index(store: Store, clock: HandClock) -> None:
    await held(store, clock, EACH, "globex", 250, "r1")
    await held(store, clock, EACH, "initech", 250, "r2")
    gone = counter_key("acme", counter(OWN, EACH, "globex", clock.epoch // 1_000_000_000))
    await store.call("DEL", gone)
    assert [row["name"] for row in await rows(store, clock)][:2] == [None, "initech"]
    assert gone not in await store.members(counters_key("acme"))


async def test_yesterdays_counters_are_not_todays(store: Store, clock: HandClock) -> None:
    await held(store, clock, EACH, "globex", 250, "r1")
    clock.epoch += 86_400 * 1_000_000_000
    assert [row["name"] for row in await rows(store, clock)] == [None, "research", "acme", "acme"]


async def test_more_counters_than_one_round_trip_takes_are_all_there(store: Store, clock: HandClock) -> None:
    names = [f"customer-{n:03}" for n in range(200)]
    for name in names:
        await held(store, clock, EACH, name, 1, f"r-{name}")
    assert [row["name"] for row in await rows(store, clock)][1:201] == names
    first = await budget_page(store, RULES, clock, ("acme", 0, 50))
    last = await budget_page(store, RULES, clock, ("acme", 203, 50))
    assert (len(first["data"]), first["next"], len(last["data"]), last["next"]) == (50, 50, 1, None)


async def test_the_budgets_of_keys_are_there_until_the_key_is_revoked(store: Store, clock: HandClock) -> None:
    registry = KeyRegistry(store, clock, "tests")
    _, key = await registry.create("globex", budget=budget("2", "day", strict=True))
    await registry.create("globex")
    [row] = await rows(store, clock, "globex")
    assert (row["scope"], row["name"], row["limit"], row["mode"]) == ("key", key, "2.0", "strict")
    await registry.revoke(key)
    assert await rows(store, clock, "globex") == []


async def test_organisations_that_are_not_declared_have_the_others_rules(
    store: Store, clock: HandClock
) -> None:
    nothing = replace(TEAM, scope=Scope.ORGANISATION, of=None, limit=0)
    rules = Rules(others=OrganisationRules(budgets=(nothing,)))
    await store.call("SADD", ORGANISATIONS, "initech")
    [row] = (await budget_page(store, rules, clock, (None, 0, 100)))["data"]
    assert (row["organisation"], row["name"], row["share"]) == ("initech", "initech", None)
    assert await purses(store, rules, 0) == {}


async def test_metrics_have_the_tightest_of_budgets_that_count_the_same(
    store: Store, clock: HandClock
) -> None:
    looser = replace(TEAM, limit=8_000_000_000)
    rules = Rules(organisations={"acme": OrganisationRules(budgets=(TEAM, looser, EACH), limits=(QUICK,))})
    now = clock.epoch // 1_000_000
    await held(store, clock, TEAM, "research", 1_000_000_000, "r1")
    june = 2_001_196_800  # seconds since the epoch, when the month after May 2033 begins
    purse = Purse(limit=4_000_000_000, spent=0, reserved=1_000_000_000, resets=june)
    found = await purses(store, rules, now)
    assert found == {("acme", "team", "research", "month"): purse}
