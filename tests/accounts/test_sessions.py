"""Sessions of people who look at the gateway in a browser."""

from dataclasses import replace

import pytest

from routergate.accounts.audit import AuditLog
from routergate.accounts.sessions import Sessions
from routergate.domain.errors import Unauthenticated
from routergate.domain.operator import Role, SessionEnded, TooManyTries
from routergate.store.client import Store
from support.redis import HandClock

HOUR = 3600 * 1_000_000_000
KEYS = {Role.ADMIN: "the admin's", Role.VIEWER: "the viewer's"}


@pytest.fixture
def sessions(store: Store, clock: HandClock) -> Sessions:
    return Sessions(store=store, clock=clock, audit=AuditLog(store, clock), keys=KEYS)


async def test_a_session_goes_on_while_it_is_used_and_a_week_at_most(
    sessions: Sessions, clock: HandClock
) -> None:
    token, begun = await sessions.begin("the admin's", "127.0.0.1")
    assert (begun.role, begun.expires) == (Role.ADMIN, clock.epoch + 12 * HOUR)
    for _ in range(15):
        clock.epoch += 10 * HOUR
        await sessions.find(token)
    clock.epoch += 10 * HOUR
    found = await sessions.find(token)  # after 160 hours
    assert (found.csrf, found.expires) == (begun.csrf, clock.epoch + 8 * HOUR)
    clock.epoch += 8 * HOUR
    with pytest.raises(SessionEnded):
        await sessions.find(token)


async def test_a_session_that_is_not_used_ends(sessions: Sessions, clock: HandClock) -> None:
    token, _ = await sessions.begin("the viewer's", None)
    clock.epoch += 12 * HOUR
    with pytest.raises(SessionEnded):
        await sessions.find(token)


async def test_another_key_ends_the_sessions_of_the_one_before(sessions: Sessions) -> None:
    token, _ = await sessions.begin("the admin's", None)
    for keys in ({Role.ADMIN: "another"}, {Role.VIEWER: "the viewer's"}):
        with pytest.raises(SessionEnded):
            await replace(sessions, keys=keys).find(token)
    assert (await sessions.find(token)).role is Role.ADMIN


async def test_the_store_has_nothing_that_opens_a_session(sessions: Sessions, store: Store) -> None:
    token, begun = await sessions.begin("the admin's", None)
    [name] = await store.call("KEYS", "rg:session:*")
    kept = name + await store.call("GET", name)
    for secret in (token, begun.csrf or "", "the admin's"):
        assert secret.encode() not in kept


async def test_a_session_that_was_put_into_the_store_opens_nothing(sessions: Sessions, store: Store) -> None:
    token, _ = await sessions.begin("the viewer's", None)
    [name] = await store.call("KEYS", "rg:session:*")
    kept = await store.call("GET", name)
    await store.call("SET", name, kept.replace(b'"viewer"', b'"admin"'))
    with pytest.raises(SessionEnded):
        await sessions.find(token)


async def test_an_ended_session_is_not_brought_back_by_its_use(
    sessions: Sessions, clock: HandClock, store: Store
) -> None:
    token, _ = await sessions.begin("the admin's", None)
    clock.epoch += HOUR
    await sessions.end(token)
    with pytest.raises(SessionEnded):
        await sessions.find(token)
    assert await store.call("KEYS", "rg:session:*") == []


@pytest.mark.parametrize(
    ("guesser", "alike", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"),
        (None, "not an address", "::1"),
    ],
)
async def test_wrong_keys_are_counted_by_address(
    sessions: Sessions, guesser: str | None, alike: str, other: str
) -> None:
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await sessions.begin("a guess", guesser)
    with pytest.raises(TooManyTries) as refused:
        await sessions.begin("the admin's", alike)
    assert 0 < refused.value.retry_after <= 900
    await sessions.begin("the admin's", other)


async def test_the_right_key_makes_wrong_ones_forgotten(sessions: Sessions) -> None:
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(Unauthenticated):
                await sessions.begin("a guess", "192.0.2.1")
        await sessions.begin("the admin's", "192.0.2.1")
