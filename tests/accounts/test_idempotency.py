import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from routergate.accounts.idempotency import KEPT, LEASE, Claim, StoredReplies
from routergate.domain.errors import StoreUnavailable
from routergate.domain.identity import Identity
from routergate.domain.once import (
    Asked,
    IdempotencyConflict,
    IdempotencyInProgress,
    IdempotencyNotKept,
    Reply,
)
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.asking import eventually

ROOM = 1000
PROMPT, ANSWER = b"what is the secret of the zebra?", b"the zebra is a striped horse"
ASKED = Asked(
    identity=Identity(key="key_1", organisation="acme"),
    token="rg-one",
    name="order-66",
    content=(b"POST\n", PROMPT),
)
REPLY = Reply(status=200, headers={"Content-Type": "application/json"}, body=ANSWER)


@pytest.fixture
def replies(store: Store) -> StoredReplies:
    return StoredReplies(store, ROOM)


@asynccontextmanager
async def claimed(replies: StoredReplies, asked: Asked = ASKED) -> AsyncIterator[Claim]:
    async with replies.claim(asked) as found:
        assert isinstance(found, Claim)
        yield found


async def answered(replies: StoredReplies, asked: Asked = ASKED) -> Reply:
    async with replies.claim(asked) as found:
        assert isinstance(found, Reply)
        return found


async def keep(replies: StoredReplies, reply: Reply = REPLY, asked: Asked = ASKED) -> None:
    async with claimed(replies, asked) as claim:
        await claim.keep(reply)


async def the_record(store: Store) -> str:
    [key] = await store.call("KEYS", "*")
    return str(key, "ascii")


async def test_what_was_answered_is_answered_again_and_again(replies: StoredReplies) -> None:
    await keep(replies)
    assert [await answered(replies) for _ in range(3)] == [REPLY] * 3


async def test_another_process_answers_the_same(replies: StoredReplies, redis_server: EmbeddedServer) -> None:
    elsewhere = connect(redis_server.url, timeout=5)
    await keep(replies)
    assert await answered(StoredReplies(elsewhere, ROOM)) == REPLY
    await elsewhere.close()


async def test_an_answer_is_kept_for_a_day_and_a_claim_for_a_minute(
    store: Store, replies: StoredReplies
) -> None:
    async with claimed(replies) as claim:
        assert LEASE - 30_000 < await store.call("PTTL", await the_record(store)) <= LEASE
        await claim.keep(REPLY)
    assert KEPT - 30_000 < await store.call("PTTL", await the_record(store)) <= KEPT


async def test_after_its_day_a_request_is_answered_anew(store: Store, replies: StoredReplies) -> None:
    await keep(replies)
    await store.call("PEXPIRE", await the_record(store), 0)
    async with claimed(replies):
        pass


async def test_a_claim_is_renewed_for_as_long_as_the_answer_takes(store: Store) -> None:
    async with claimed(StoredReplies(store, ROOM, renewed_every=0.01)):
        key = await the_record(store)
        await store.call("PEXPIRE", key, LEASE // 2)

        async def renewed() -> bool:
            return int(await store.call("PTTL", key)) > LEASE // 2

        await eventually(renewed)


async def test_two_at_the_same_time_are_one_too_many(replies: StoredReplies) -> None:
    async with claimed(replies) as claim:
        with pytest.raises(IdempotencyInProgress):
            await answered(replies)
        await claim.keep(REPLY)
    assert await answered(replies) == REPLY


async def test_of_many_that_come_at_once_one_is_answered(store: Store, replies: StoredReplies) -> None:
    go_on = asyncio.Event()

    async def one() -> str:
        async with claimed(replies) as claim:
            await go_on.wait()
            await claim.keep(REPLY)
            return "answered"

    tasks = [asyncio.create_task(one()) for _ in range(20)]

    async def all_others_are_refused() -> bool:
        return sum(task.done() for task in tasks) == 19

    await eventually(all_others_are_refused)
    go_on.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["IdempotencyInProgress"] * 19 + ["str"]


@pytest.mark.parametrize("is_running", [True, False])
async def test_another_request_under_the_same_name_is_a_conflict(
    replies: StoredReplies, *, is_running: bool
) -> None:
    other = replace(ASKED, content=(b"POST\n", PROMPT + b"!"))
    async with claimed(replies) as claim:
        if not is_running:
            await claim.keep(REPLY)
        with pytest.raises(IdempotencyConflict):
            await answered(replies, other)


@pytest.mark.parametrize(
    "other",
    [
        {"token": "rg-two", "identity": Identity(key="key_2", organisation="acme")},
        {"identity": Identity(key="key_1", organisation="globex")},
        {"name": "order-67"},
    ],
)
async def test_neither_another_key_nor_another_name_sees_it(
    replies: StoredReplies, other: dict[str, Any]
) -> None:
    await keep(replies)
    async with claimed(replies, replace(ASKED, **other)):
        assert await answered(replies) == REPLY


@pytest.mark.parametrize("end", [RuntimeError, asyncio.CancelledError])
async def test_a_claim_that_came_to_nothing_is_free_again(
    store: Store, replies: StoredReplies, end: type[BaseException]
) -> None:
    with pytest.raises(end):
        async with claimed(replies):
            raise end
    assert await store.call("DBSIZE") == 0


async def test_a_caller_who_leaves_while_the_answer_is_kept_does_not_stop_it(replies: StoredReplies) -> None:
    async def answers() -> None:
        async with claimed(replies) as claim:
            current = asyncio.current_task()
            assert current is not None
            asyncio.get_running_loop().call_soon(current.cancel)
            await claim.keep(REPLY)

    task = asyncio.create_task(answers())
    with pytest.raises(asyncio.CancelledError):
        await task

    async def kept() -> bool:
        try:
            return await answered(replies) == REPLY
        except IdempotencyInProgress:
            return False

    await eventually(kept)


async def test_a_claim_that_lapsed_takes_nothing_from_the_next(store: Store, replies: StoredReplies) -> None:
    async with claimed(replies) as late:
        await store.call("DEL", await the_record(store))
        async with claimed(replies) as claim:
            await late.keep(replace(REPLY, body=b"late"))
            await claim.keep(REPLY)
    assert await answered(replies) == REPLY


async def test_an_answer_that_is_too_large_is_not_kept_and_not_asked_for_again(
    store: Store, replies: StoredReplies
) -> None:
    await keep(replies, replace(REPLY, body=b"x" * (ROOM + 1)))
    with pytest.raises(IdempotencyNotKept):
        await answered(replies)
    assert await store.call("HGET", await the_record(store), "reply") == b""


async def test_the_largest_answer_that_fits_is_kept(replies: StoredReplies) -> None:
    await keep(replies, large := replace(REPLY, body=b"x" * ROOM))
    assert await answered(replies) == large


async def test_what_is_damaged_is_not_given_for_an_answer(store: Store, replies: StoredReplies) -> None:
    await keep(replies)
    key = await the_record(store)
    kept: bytes = await store.call("HGET", key, "reply")
    for damaged in (kept[:-1], b"\0" + kept[1:], kept[:-1] + bytes([kept[-1] ^ 1]), b"x"):
        await store.call("HSET", key, "reply", damaged)
        with pytest.raises(IdempotencyNotKept):
            await answered(replies)


async def test_the_store_holds_neither_prompt_nor_answer_nor_key(
    store: Store, replies: StoredReplies
) -> None:
    await keep(replies)
    key = await the_record(store)
    dump = key.encode() + b" " + b" ".join([*await store.call("HGETALL", key)])
    words = {*PROMPT.split(), *ANSWER.split(), b"rg-one", b"order-66", b"application", b"key_1"}
    assert [word for word in words if len(word) > 3 and word in dump] == []
    assert key.startswith("rg:{acme}:idempotency:")


async def test_the_same_is_never_stored_in_the_same_way_twice(store: Store, replies: StoredReplies) -> None:
    seen = set()
    for _ in range(2):
        await keep(replies)
        seen.add(await store.call("HGET", await the_record(store), "reply"))
        await store.call("FLUSHALL")
    assert len(seen) == 2


async def test_without_the_store_nothing_can_be_promised() -> None:
    nowhere = connect("redis://127.0.0.1:1")
    with pytest.raises(StoreUnavailable):
        await answered(StoredReplies(nowhere, ROOM))
    await nowhere.close()


async def test_an_answer_that_the_store_did_not_hear_of_is_in_progress_until_its_lease_ends(
    own_server: EmbeddedServer,
) -> None:
    store = connect(own_server.url, timeout=5)
    replies = StoredReplies(store, ROOM)
    async with claimed(replies) as claim:
        await asyncio.to_thread(own_server.stop)
        await claim.keep(REPLY)
    await asyncio.to_thread(own_server.start)
    with pytest.raises(IdempotencyInProgress):
        await answered(replies)
    assert 0 < await store.call("PTTL", await the_record(store)) <= LEASE
    await store.close()
