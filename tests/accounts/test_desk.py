import pytest

from routergate.accounts.desk import KeyDesk
from routergate.domain.errors import InvalidRequest
from routergate.store.client import Store
from support.redis import HandClock


@pytest.fixture
def desk(store: Store, clock: HandClock) -> KeyDesk:
    return KeyDesk(store, clock, "tests")


async def test_a_key_is_made_of_words_and_listed_in_words(desk: KeyDesk, clock: HandClock) -> None:
    made = await desk.create(
        {"organisation": "acme", "ips": ["127.0.0.1"], "regions": None, "expires": "10s"}
    )
    assert made.keys() == {"id", "key"}

    [row] = await desk.list()
    assert (row["id"], row["state"], row["organisation"]) == (made["id"], "active", "acme")
    assert (row["ips"], row["regions"]) == (("127.0.0.1/32",), None)
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
