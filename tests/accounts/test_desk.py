import pytest

from routergate.accounts.desk import KeyDesk
from routergate.domain.errors import InvalidRequest, KeyConflict
from routergate.store.client import Store
from support.redis import HandClock


@pytest.fixture
def desk(store: Store, clock: HandClock) -> KeyDesk:
    return KeyDesk(store, clock, "tests")


async def test_a_key_is_made_of_words_and_listed_in_words(desk: KeyDesk, clock: HandClock) -> None:
    made = await desk.create(
        {"organisation": "acme", "ips": ["127.0.0.1"], "regions": None, "priority": "low", "expires": "10s"}
    )
    assert made.keys() == {"id", "key"}

    [row] = await desk.list()
    assert (row["id"], row["state"], row["organisation"]) == (made["id"], "active", "acme")
    assert (row["ips"], row["regions"], row["priority"]) == (("127.0.0.1/32",), None, "low")
    assert (row["created"], row["expires"]) == ("2023-11-14T22:13:20Z", "2023-11-14T22:13:30Z")
    assert not {"digest", "key"} & row.keys()

    clock.epoch += 10_000_000_000
    assert [row["state"] for row in await desk.list()] == ["expired"]


async def test_the_list_shows_which_key_replaced_which(desk: KeyDesk, clock: HandClock) -> None:
    made = await desk.create({"organisation": "acme"})
    clock.epoch += 1
    rotated = await desk.rotate(made["id"])
    assert rotated["replaces"] == made["id"]

    old, new = await desk.list()
    assert (old["replaced_by"], new["replaces"]) == (new["id"], old["id"])
    assert (old["expires"], new["expires"]) == ("2023-11-15T22:13:20Z", None)


async def test_each_change_answers_with_the_key_as_it_is_then(desk: KeyDesk) -> None:
    key = (await desk.create({"organisation": "acme"}))["id"]
    changes = [await desk.disable(key), await desk.enable(key), await desk.revoke(key)]
    assert [changed["state"] for changed in changes] == ["disabled", "active", "revoked"]
    log = await desk.audit(key)
    assert [one["action"] for one in log] == ["create", "disable", "enable", "revoke"]
    assert log[0]["by"] == "tests"


async def test_words_that_are_no_time_are_refused(desk: KeyDesk) -> None:
    with pytest.raises(InvalidRequest, match="'expires' takes a day"):
        await desk.create({"organisation": "acme", "expires": "soon"})
    key = (await desk.create({"organisation": "acme"}))["id"]
    with pytest.raises(InvalidRequest, match="'overlap' takes a span"):
        await desk.rotate(key, overlap="soon")


async def test_a_keys_budget_is_shown_changed_and_taken_away(desk: KeyDesk) -> None:
    wanted = {"organisation": "acme", "budget_usd": "20", "window": "day", "strict": True}
    key = (await desk.create(wanted))["id"]
    [row] = await desk.list()
    assert (row["budget_usd"], row["window"], row["strict"]) == ("20.0", "day", True)
    changed = await desk.budget(key, "0.5")
    assert (changed["budget_usd"], changed["window"], changed["strict"]) == ("0.5", "month", False)
    gone = await desk.budget(key, None)
    assert (gone["budget_usd"], gone["window"], gone["strict"]) == (None, None, None)

    *_, changing, taking = await desk.audit(key)
    assert changing["action"] == "budget"
    assert changing["changes"]["budget_usd"] == {"from": "20.0", "to": "0.5"}
    assert taking["changes"]["window"] == {"from": "month", "to": None}


async def test_a_key_that_takes_over_has_the_same_budget(desk: KeyDesk) -> None:
    key = (await desk.create({"organisation": "acme", "budget_usd": "20"}))["id"]
    await desk.rotate(key)
    assert [row["budget_usd"] for row in await desk.list()] == ["20.0", "20.0"]


async def test_a_revoked_key_gets_no_budget(desk: KeyDesk) -> None:
    key = (await desk.create({"organisation": "acme"}))["id"]
    await desk.revoke(key)
    with pytest.raises(KeyConflict, match="it spends nothing"):
        await desk.budget(key, "1")


@pytest.mark.parametrize("amount", ["much", "-1", "NaN", "Infinity", "10000000", "0.0000000001"])
async def test_an_amount_that_cannot_be_counted_is_refused(desk: KeyDesk, amount: str) -> None:
    with pytest.raises(InvalidRequest, match="budget_usd takes an amount"):
        await desk.create({"organisation": "acme", "budget_usd": amount})


async def test_a_window_without_an_amount_is_refused(desk: KeyDesk) -> None:
    with pytest.raises(InvalidRequest, match="needs its amount"):
        await desk.create({"organisation": "acme", "window": "day"})
    with pytest.raises(InvalidRequest, match="window takes one of minute"):
        await desk.create({"organisation": "acme", "budget_usd": "1", "window": "fortnight"})
