import asyncio

import pytest

from routergate.accounts.audit import AUDIT, entries
from routergate.accounts.keys import KEYS, KeyRecord, decode, digest
from routergate.accounts.registry import KeyRegistry
from routergate.domain.errors import InvalidRequest, KeyConflict, UnknownKey
from routergate.domain.model import ModelClass
from routergate.store.client import Store
from support.redis import HandClock


@pytest.fixture
def registry(store: Store, clock: HandClock) -> KeyRegistry:
    return KeyRegistry(store, clock, "tests")


async def record_of(store: Store, key: str) -> KeyRecord:
    value = await store.get_field(KEYS, key)
    assert value is not None
    return decode(value)


async def test_a_key_is_listed_with_what_it_stands_for(
    registry: KeyRegistry, store: Store, clock: HandClock
) -> None:
    _, later = await KeyRegistry(store, HandClock(epoch=clock.epoch + 1), "tests").create("acme")
    token, key = await registry.create(
        "acme", team="legal", feature="contracts", name="Ann", allow=["b", "a"]
    )

    record, other = await registry.list()
    assert (record.id, record.digest, other.id) == (key, digest(token), later)
    assert record.identity.allow == frozenset({"a", "b"})
    assert (record.team, record.feature, record.customer, record.name) == ("legal", "contracts", None, "Ann")
    assert (record.created_at, record.revoked_at) == (clock.epoch, None)


async def test_a_keys_limits_are_its_identitys(registry: KeyRegistry, clock: HandClock) -> None:
    await registry.create(
        "acme",
        classes=["frontier", "economy"],
        regions=["eu"],
        ips=["10.0.0.0/8", "127.0.0.1"],
        expires_at=clock.epoch + 1,
    )

    identity = (await registry.list())[0].identity
    assert identity.classes == frozenset({ModelClass.ECONOMY, ModelClass.FRONTIER})
    assert (identity.regions, identity.expires_at) == (frozenset({"eu"}), clock.epoch + 1)
    assert [str(network) for network in identity.networks or ()] == ["10.0.0.0/8", "127.0.0.1/32"]


async def test_the_key_itself_is_not_kept(registry: KeyRegistry, store: Store) -> None:
    token, key = await registry.create("acme")
    successor, _ = await registry.rotate(key)

    log = b"".join(fields[b"entry"] for _, fields in await store.call("XRANGE", AUDIT, "-", "+"))
    kept = b"".join((await store.fields(KEYS)).values())
    for secret in (token, successor):
        assert secret.encode() not in kept + log
        assert digest(secret).encode() not in log


async def test_a_record_of_an_earlier_version_is_read(store: Store, registry: KeyRegistry) -> None:
    early = b'{"id":"key_1","digest":"d","organisation":"acme","created_at":5,"revoked_at":null}'
    await store.call("HSET", KEYS, "key_1", early)

    assert (await registry.disable("key_1")).disabled_at is not None


async def test_a_key_is_revoked_once_and_stays_on_the_list(registry: KeyRegistry, clock: HandClock) -> None:
    _, key = await registry.create("acme")

    await registry.revoke(key)
    clock.epoch += 5
    with pytest.raises(KeyConflict, match=f"{key} is revoked already"):
        await registry.revoke(key)
    [record] = await registry.list()
    assert (record.revoked_at, record.state(clock.epoch)) == (clock.epoch - 5, "revoked")


async def test_a_rotated_key_has_a_successor_of_the_same_owner_and_scope(
    registry: KeyRegistry, store: Store, clock: HandClock
) -> None:
    _, old = await registry.create("acme", customer="globex", allow=["auto"], regions=["eu"])
    clock.epoch += 7
    token, new = await registry.rotate(old, overlap=100)

    before, after = await record_of(store, old), await record_of(store, new)
    assert (before.replaced_by, after.replaces) == (new, old)
    assert (before.expires_at, after.expires_at) == (clock.epoch + 100, None)
    assert (after.digest, after.created_at) == (digest(token), clock.epoch)
    assert (after.organisation, after.customer, after.allow, after.regions) == (
        "acme", "globex", ("auto",), ("eu",),
    )  # fmt: skip


async def test_an_overlap_does_not_prolong_a_key_nor_rotation_its_successor(
    registry: KeyRegistry, store: Store, clock: HandClock
) -> None:
    _, old = await registry.create("acme", expires_at=clock.epoch + 10)
    _, new = await registry.rotate(old, overlap=100)
    assert [(await record_of(store, key)).expires_at for key in (old, new)] == [clock.epoch + 10] * 2

    _, newer = await registry.rotate(new, overlap=0, expires_at=clock.epoch + 1000)
    assert (await record_of(store, new)).expires_at == clock.epoch
    assert (await record_of(store, newer)).expires_at == clock.epoch + 1000


async def test_an_expired_key_is_rotated_only_with_a_new_expiry(
    registry: KeyRegistry, clock: HandClock
) -> None:
    _, key = await registry.create("acme", expires_at=clock.epoch + 1)
    clock.epoch += 1
    with pytest.raises(InvalidRequest, match="must lie in the future"):
        await registry.rotate(key)
    await registry.rotate(key, expires_at=clock.epoch + 1)


async def test_a_disabled_key_can_be_enabled_but_a_revoked_one_cannot(
    registry: KeyRegistry, clock: HandClock
) -> None:
    _, key = await registry.create("acme")
    assert (await registry.disable(key)).state(clock.epoch) == "disabled"
    assert (await registry.enable(key)).state(clock.epoch) == "active"
    await registry.disable(key)
    await registry.revoke(key)
    with pytest.raises(KeyConflict, match="is revoked, which is final"):
        await registry.enable(key)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("revoke", "rotate", "is revoked, which is final"),
        ("revoke", "disable", "is revoked, which is final"),
        ("disable", "rotate", "is disabled: enable it"),
        ("disable", "disable", "is disabled already"),
        ("rotate", "rotate", "rotate the key that replaced it"),
        ("rotate", "enable", "is not disabled"),
    ],
)
async def test_a_change_that_does_not_fit_is_refused_and_not_in_the_log(
    registry: KeyRegistry, store: Store, first: str, then: str, said: str
) -> None:
    _, key = await registry.create("acme")
    await getattr(registry, first)(key)
    log = await entries(store)

    with pytest.raises(KeyConflict, match=said):
        await getattr(registry, then)(key)
    assert await entries(store) == log


@pytest.mark.parametrize("change", ["rotate", "disable", "enable", "revoke"])
async def test_a_key_that_is_not_there_cannot_be_changed(
    registry: KeyRegistry, store: Store, change: str
) -> None:
    with pytest.raises(UnknownKey, match="no key key_0000000000000000"):
        await getattr(registry, change)("key_0000000000000000")
    assert await entries(store) == []


@pytest.mark.parametrize("text", ["rg-a-key-that-was-pasted", "", "key_\udcff", "key_0\nkey_1", "KEY_0"])
async def test_what_is_no_key_id_is_not_repeated(registry: KeyRegistry, text: str) -> None:
    with pytest.raises(UnknownKey, match=r"looks like key_0123456789abcdef") as raised:
        await registry.revoke(text)
    assert "pasted" not in str(raised.value)


async def test_of_those_who_rotate_a_key_at_once_one_does(registry: KeyRegistry, store: Store) -> None:
    _, key = await registry.create("acme")
    done = await asyncio.gather(*(registry.rotate(key) for _ in range(10)), return_exceptions=True)

    [made] = [result for result in done if isinstance(result, tuple)]
    assert [type(result) for result in done if not isinstance(result, tuple)] == [KeyConflict] * 9
    assert (await record_of(store, key)).replaced_by == made[1]
    assert [one.action for one in await entries(store)] == ["create", "rotate", "create"]


async def test_changes_of_one_key_at_once_are_all_kept(registry: KeyRegistry, store: Store) -> None:
    _, key = await registry.create("acme")
    await asyncio.gather(registry.rotate(key), registry.revoke(key))

    record = await record_of(store, key)
    assert record.revoked_at is not None
    logged = [one.action for one in await entries(store, key=key)]
    assert logged == ["create", *(["rotate"] if record.replaced_by else []), "revoke"]


@pytest.mark.parametrize("name", ["", " ", "x" * 129, "line\nbreak", "\x00", "{acme}", "half}"])
async def test_an_organisation_needs_a_decent_name(registry: KeyRegistry, name: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await registry.create(name)
    assert raised.value.param == "organisation"


@pytest.mark.parametrize(
    ("param", "value"),
    [
        *((param, "") for param in ("team", "customer", "feature", "name")),
        ("allow", ["auto", ""]),
        ("classes", ["cheap"]),
        ("classes", []),
        ("regions", ["eu", " "]),
        ("regions", []),
        ("ips", ["10.0.0.0/33"]),
        ("ips", []),
        ("priority", "urgent"),
    ],
)
async def test_everything_else_is_looked_at_as_well(
    registry: KeyRegistry, param: str, value: str | list[str]
) -> None:
    terms: dict[str, object] = {param: value}
    with pytest.raises(InvalidRequest) as raised:
        await registry.create("acme", **terms)  # type: ignore[arg-type]  # what a body may hold
    assert raised.value.param == param
    assert await registry.list() == ()


@pytest.mark.parametrize("away", [-1, 0, 10**21])
async def test_an_expiry_lies_in_the_future(registry: KeyRegistry, clock: HandClock, away: int) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await registry.create("acme", expires_at=clock.epoch + away)
    assert raised.value.param == "expires"
