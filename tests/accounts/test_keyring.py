import asyncio

import pytest

from routergate.accounts.keyring import STALE, StoredKeyring
from routergate.accounts.keys import digest, new_token
from routergate.accounts.registry import KeyRegistry
from routergate.domain.errors import StoreUnavailable, Unauthenticated
from routergate.domain.identity import Identity
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
    return KeyRegistry(store, clock)


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
    token, key = await KeyRegistry(store, clock).create("acme")
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
