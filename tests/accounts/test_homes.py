import logging

import pytest

from routergate.accounts.homes import KEPT, LONGEST, StoredHomes
from routergate.domain.errors import StoreUnavailable
from routergate.domain.model import ProviderId
from routergate.store.client import Store, connect

OPENAI = ProviderId("openai")


async def test_where_an_answer_is_kept_is_known_to_its_organisation_only(store: Store) -> None:
    homes = StoredHomes(store)
    await homes.remember("acme", "resp_1", OPENAI)
    assert await homes.of("acme", "resp_1") == OPENAI
    assert await homes.of("globex", "resp_1") is None
    assert await homes.of("acme", "resp_2") is None
    assert await homes.of("acme", "x" * (LONGEST + 1)) is None


async def test_it_is_forgotten_when_the_provider_forgets_the_answer(store: Store) -> None:
    await StoredHomes(store).remember("acme", "resp_1", OPENAI)
    left = await store.call("TTL", "rg:{acme}:response:resp_1")
    assert KEPT - 60 < left <= KEPT


async def test_without_the_store_an_answer_is_given_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    store = connect("redis://127.0.0.1:1")
    with caplog.at_level(logging.WARNING):
        await StoredHomes(store).remember("acme", "resp_1", OPENAI)
    assert "cannot be followed" in caplog.text
    with pytest.raises(StoreUnavailable):
        await StoredHomes(store).of("acme", "resp_1")
    await store.close()
