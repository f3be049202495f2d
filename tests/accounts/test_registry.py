import pytest

from routergate.accounts.keys import KEYS, digest
from routergate.accounts.registry import KeyRegistry
from routergate.domain.errors import InvalidRequest
from routergate.store.client import Store
from support.redis import HandClock


async def test_a_key_is_listed_with_what_it_stands_for(store: Store, clock: HandClock) -> None:
    registry = KeyRegistry(store, clock)
    _, later = await KeyRegistry(store, HandClock(epoch=clock.epoch + 1)).create("acme")
    token, key = await registry.create(
        "acme", team="legal", feature="contracts", name="Ann", allow=["b", "a"]
    )

    record, other = await registry.list()
    assert (record.id, record.digest, other.id) == (key, digest(token), later)
    assert record.identity.allow == frozenset({"a", "b"})
    assert (record.team, record.feature, record.customer, record.name) == ("legal", "contracts", None, "Ann")
    assert (record.created_at, record.revoked_at) == (clock.epoch, None)


async def test_the_key_itself_is_not_kept(store: Store, clock: HandClock) -> None:
    token, _ = await KeyRegistry(store, clock).create("acme")

    assert token.encode() not in b"".join((await store.fields(KEYS)).values())


async def test_a_key_is_revoked_once_and_stays_on_the_list(store: Store, clock: HandClock) -> None:
    registry = KeyRegistry(store, clock)
    _, key = await registry.create("acme")

    assert await registry.revoke(key)
    clock.epoch += 5
    assert not await registry.revoke(key)
    assert not await registry.revoke("key_0000000000000000")
    [record] = await registry.list()
    assert record.revoked_at == clock.epoch - 5


@pytest.mark.parametrize("name", ["", " ", "x" * 129, "line\nbreak", "\x00", "{acme}", "half}"])
async def test_an_organisation_needs_a_decent_name(store: Store, clock: HandClock, name: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await KeyRegistry(store, clock).create(name)
    assert raised.value.param == "organisation"


@pytest.mark.parametrize("param", ["team", "customer", "feature", "name"])
async def test_every_other_name_is_looked_at_as_well(store: Store, clock: HandClock, param: str) -> None:
    names: dict[str, str | None] = dict.fromkeys(("team", "customer", "feature", "name"))
    with pytest.raises(InvalidRequest) as raised:
        await KeyRegistry(store, clock).create("acme", **{**names, param: ""})
    assert raised.value.param == param
    with pytest.raises(InvalidRequest):
        await KeyRegistry(store, clock).create("acme", allow=["auto", ""])
    assert await KeyRegistry(store, clock).list() == ()
