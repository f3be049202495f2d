import pytest

from routergate.accounts.audit import PAGE, AuditEntry, AuditLog, entries
from routergate.accounts.registry import KeyRegistry
from routergate.domain.errors import InvalidRequest
from routergate.store.client import Store
from support.redis import HandClock


async def test_the_log_says_who_did_what_when_to_which_key(store: Store, clock: HandClock) -> None:
    ann, bob = KeyRegistry(store, clock, "cli:ann"), KeyRegistry(store, clock, "admin API")
    _, key = await ann.create("acme", classes=["economy"])
    clock.epoch += 1_000_000_000
    await bob.disable(key)

    assert await entries(store) == [
        AuditEntry(
            at=clock.epoch - 1_000_000_000,
            by="cli:ann",
            action="create",
            key=key,
            changes={
                "organisation": {"from": None, "to": "acme"},
                "classes": {"from": None, "to": ["economy"]},
            },
        ),
        AuditEntry(
            at=clock.epoch,
            by="admin API",
            action="disable",
            key=key,
            changes={"disabled": {"from": None, "to": "2023-11-14T22:13:21Z"}},
        ),
    ]


async def test_a_rotation_is_in_the_log_of_both_keys(store: Store, clock: HandClock) -> None:
    registry = KeyRegistry(store, clock, "tests")
    _, old = await registry.create("acme")
    _, new = await registry.rotate(old, overlap=0)

    [_, rotated], [created] = await entries(store, key=old), await entries(store, key=new)
    assert rotated.changes == {
        "replaced_by": {"from": None, "to": new},
        "expires": {"from": None, "to": "2023-11-14T22:13:20Z"},
    }
    assert (created.action, created.changes["replaces"]["to"]) == ("create", old)


async def test_the_last_entries_are_in_the_order_in_which_they_came(store: Store, clock: HandClock) -> None:
    registry = KeyRegistry(store, clock, "tests")
    _, key = await registry.create("acme")
    for _ in range(PAGE // 2):
        await registry.disable(key)
        await registry.enable(key)
    await registry.revoke(key)

    log = await entries(store)
    assert (len(log), log[0].action, log[-1].action) == (PAGE + 2, "create", "revoke")
    assert [one.action for one in await entries(store, most=2)] == ["enable", "revoke"]
    assert await entries(store, key="key_of_nobody") == []


async def test_the_log_is_told_page_by_page_from_the_newest_on(store: Store, clock: HandClock) -> None:
    log = AuditLog(store, clock)
    registry = KeyRegistry(store, clock, "cli:ann")
    _, key = await registry.create("acme")
    await log.note("admin API", "reload", "configuration")
    await registry.disable(key)
    first, following = await log.page(None, None, 2)
    last, end = await log.page(None, following, 2)
    assert [(one["action"], one["on"]) for one in (*first, *last)] == [
        ("disable", key),
        ("reload", "configuration"),
        ("create", key),
    ]
    assert end is None
    of_key, _ = await log.page(key, None, 9)
    assert [one["action"] for one in of_key] == ["disable", "create"]


async def test_a_place_that_is_none_is_refused(store: Store, clock: HandClock) -> None:
    with pytest.raises(InvalidRequest):
        await AuditLog(store, clock).page(None, "+", 2)
