import asyncio
from dataclasses import replace

import pytest

from routergate.accounts.keyring import STALE, StoredKeyring
from routergate.accounts.keys import digest, new_token
from routergate.accounts.registry import KeyRegistry
from routergate.domain.errors import Forbidden, StoreUnavailable, Unauthenticated
from routergate.domain.identity import Identity, network
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.redis import HandClock

DECLARED = "a key that the operator made up"
OPERATOR = Identity(key="declared", organisation="ours")


@pytest.fixture
def keyring(store: Store, clock: HandClock) -> StoredKeyring:
    return StoredKeyring(store, [(digest(DECLARED), OPERATOR)], clock)


@pytest.fixture
def registry(store: Store, clock: HandClock) -> KeyRegistry:
    return KeyRegistry(store, clock, "tests")


async def lookups(store: Store) -> int:
    stats = await store.call("INFO", "commandstats")
    return int(stats.get("cmdstat_hget", {}).get("calls", 0))


async def test_a_created_key_is_known(keyring: StoredKeyring, registry: KeyRegistry) -> None:
    token, key = await registry.create("acme", team="legal", allow=["auto"])

    assert await keyring.identify(token) == Identity(
        key=key, organisation="acme", team="legal", allow=frozenset({"auto"})
    )


async def test_a_declared_key_is_known_without_a_store(clock: HandClock) -> None:
    nowhere = connect("redis://127.0.0.1:1")

    assert await StoredKeyring(nowhere, [(digest(DECLARED), OPERATOR)], clock).identify(DECLARED) == OPERATOR
    await nowhere.close()


@pytest.mark.parametrize("token", [None, ""])
async def test_without_a_key_the_caller_is_told_how_to_send_one(
    keyring: StoredKeyring, token: str | None
) -> None:
    with pytest.raises(
        Unauthenticated, match=r"No API key was given\. Send it as 'Authorization: Bearer rg-"
    ):
        await keyring.identify(token)


@pytest.mark.parametrize("token", ["x", "rg-wrong", "sk-" + "x" * 5000, "Bearer rg-", "rg-\udcff", "\x00"])
async def test_what_is_no_key_is_refused(keyring: StoredKeyring, token: str) -> None:
    with pytest.raises(Unauthenticated, match="Incorrect API key provided") as raised:
        await keyring.identify(token)
    assert token not in str(raised.value)


async def test_a_key_with_the_same_beginning_of_a_digest_is_not_the_same_key(
    store: Store, clock: HandClock
) -> None:
    other = digest(DECLARED)[:16] + "0" * 48
    keyring = StoredKeyring(store, [(other, OPERATOR)], clock)

    with pytest.raises(Unauthenticated):
        await keyring.identify(DECLARED)


async def test_a_revoked_key_is_refused_within_a_second(
    keyring: StoredKeyring, registry: KeyRegistry, clock: HandClock
) -> None:
    token, key = await registry.create("acme")
    await keyring.identify(token)
    await registry.revoke(key)

    clock.seconds += 0.9
    assert (await keyring.identify(token)).key == key
    clock.seconds += 0.1
    with pytest.raises(Unauthenticated):
        await keyring.identify(token)


async def test_a_disabled_key_is_refused_within_a_second_and_good_again_once_enabled(
    keyring: StoredKeyring, registry: KeyRegistry, clock: HandClock
) -> None:
    token, key = await registry.create("acme")
    await keyring.identify(token)
    await registry.disable(key)
    clock.seconds += 1
    with pytest.raises(Unauthenticated, match="disabled"):
        await keyring.identify(token)

    await registry.enable(key)
    clock.seconds += 1
    assert (await keyring.identify(token)).key == key


async def test_a_key_expires_on_the_very_instant_though_it_was_just_looked_up(
    keyring: StoredKeyring, registry: KeyRegistry, clock: HandClock
) -> None:
    token, key = await registry.create("acme", expires_at=clock.epoch + 10)
    clock.epoch += 9
    assert (await keyring.identify(token)).key == key
    clock.epoch += 1
    with pytest.raises(Unauthenticated, match=r"expired at 2023-11-14T22:13:20Z\. Ask whoever"):
        await keyring.identify(token)


async def test_a_declared_key_expires_as_well(store: Store, clock: HandClock) -> None:
    brief = replace(OPERATOR, expires_at=clock.epoch + 1)
    keyring = StoredKeyring(store, [(digest(DECLARED), brief)], clock)
    assert await keyring.identify(DECLARED) == brief
    clock.epoch += 1
    with pytest.raises(Unauthenticated, match="expired"):
        await keyring.identify(DECLARED)


async def test_a_rotated_key_and_its_successor_are_good_for_the_overlap_then_only_the_new_one(
    keyring: StoredKeyring, registry: KeyRegistry, clock: HandClock
) -> None:
    old_token, old = await registry.create("acme", team="legal", classes=["economy"])
    new_token, new = await registry.rotate(old, overlap=100)
    clock.epoch += 99
    before, after = await keyring.identify(old_token), await keyring.identify(new_token)
    assert replace(before, key=new, expires_at=None) == after

    clock.epoch += 1
    with pytest.raises(Unauthenticated, match="expired"):
        await keyring.identify(old_token)
    assert (await keyring.identify(new_token)).key == new


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"])
async def test_a_key_is_good_from_its_networks(
    keyring: StoredKeyring, registry: KeyRegistry, peer: str
) -> None:
    token, key = await registry.create("acme", ips=["10.0.0.0/8", "2001:db8::7"])
    assert (await keyring.identify(token, peer)).key == key


@pytest.mark.parametrize("peer", ["11.1.2.3", "2001:db8::8", None, "", "unix"])
async def test_a_key_is_refused_from_anywhere_else_though_it_was_just_good(
    keyring: StoredKeyring, registry: KeyRegistry, peer: str | None
) -> None:
    token, _ = await registry.create("acme", ips=["10.0.0.0/8", "2001:db8::7"])
    await keyring.identify(token, "10.0.0.1")
    with pytest.raises(Forbidden, match="may not be used from"):
        await keyring.identify(token, peer)


async def test_a_declared_key_has_networks_as_well(store: Store, clock: HandClock) -> None:
    local = replace(OPERATOR, networks=(network("127.0.0.1"),))
    keyring = StoredKeyring(store, [(digest(DECLARED), local)], clock)
    assert await keyring.identify(DECLARED, "127.0.0.1") == local
    with pytest.raises(Forbidden):
        await keyring.identify(DECLARED, "127.0.0.2")


async def test_a_refused_key_is_remembered_for_a_second_as_well(
    keyring: StoredKeyring, store: Store, clock: HandClock
) -> None:
    await store.call("CONFIG", "RESETSTAT")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await keyring.identify("rg-wrong")
    assert await lookups(store) == 1

    clock.seconds += 1
    with pytest.raises(Unauthenticated):
        await keyring.identify("rg-wrong")
    assert await lookups(store) == 2


async def test_a_known_key_is_answered_without_a_pause(keyring: StoredKeyring, registry: KeyRegistry) -> None:
    token, key = await registry.create("acme")
    await keyring.identify(token)

    with pytest.raises(StopIteration) as stopped:
        keyring.identify(token).send(None)
    assert stopped.value.value.key == key


async def test_those_who_ask_at_once_share_one_round_trip(
    keyring: StoredKeyring, registry: KeyRegistry, store: Store
) -> None:
    token, key = await registry.create("acme")
    await store.call("CONFIG", "RESETSTAT")

    identities = await asyncio.gather(*(keyring.identify(token) for _ in range(50)))
    assert {identity.key for identity in identities} == {key}
    assert await lookups(store) == 1


async def test_one_who_hangs_up_does_not_take_the_answer_from_the_others(
    keyring: StoredKeyring, registry: KeyRegistry
) -> None:
    token, key = await registry.create("acme")
    first, second = (asyncio.create_task(keyring.identify(token)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    assert (await second).key == key
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_random_keys_fill_no_memory_and_push_no_known_key_out(
    store: Store, registry: KeyRegistry, clock: HandClock
) -> None:
    keyring = StoredKeyring(store, [], clock, room=10)
    token, _ = await registry.create("acme")
    await keyring.identify(token)
    for _ in range(30):
        with pytest.raises(Unauthenticated):
            await keyring.identify(new_token())

    assert (len(keyring._known), len(keyring._unknown)) == (1, 10)


async def test_while_the_store_is_away_known_keys_are_good_for_an_hour(
    own_server: EmbeddedServer, clock: HandClock
) -> None:
    store = connect(own_server.url, timeout=5)
    keyring = StoredKeyring(store, [], clock)
    token, key = await KeyRegistry(store, clock, "tests").create("acme")
    await keyring.identify(token)
    await asyncio.to_thread(own_server.stop)

    clock.seconds += STALE
    assert (await keyring.identify(token)).key == key
    with pytest.raises(StoreUnavailable):
        await keyring.identify(new_token())
    clock.seconds += 2
    with pytest.raises(StoreUnavailable):
        await keyring.identify(token)

    await asyncio.to_thread(own_server.start)
    assert (await keyring.identify(token)).key == key
    await store.close()
