"""An `Idempotency-Key`, from the caller's side of a running gateway."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from routergate.store.client import Store, connect
from support.asking import eventually
from support.stage import PINNED_KEY, Caller, Reply, Stage, a_caller


@dataclass(frozen=True)
class Keyed:
    """Someone who sends the same request again and again under one name."""

    caller: Caller
    name: str

    async def chat(self, model: str = "small", text: str | None = None, **more: Any) -> Reply:
        return await self.caller.chat(model, text or self.name, {"Idempotency-Key": self.name}, **more)


@pytest.fixture
def keyed(caller: Caller, request: pytest.FixtureRequest) -> Keyed:
    """Named for the test, as its prompt is, so that its calls can be told from the others'."""
    return Keyed(caller, request.node.name.replace(" ", "_"))


@pytest.fixture
async def behind(stage: Stage) -> AsyncIterator[Store]:
    """The gateway's store."""
    store = connect(stage.store_url, timeout=5)
    yield store
    await store.close()


async def booked(caller: Caller) -> int:
    rows = (await caller.get("/v1/usage?by=key")).json["data"]
    return sum(row["requests"] for row in rows)


async def replays(caller: Caller) -> float:
    lines = (await caller.get("/metrics")).body.decode().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("routergate_replays_total"))


OPTIONS: list[dict[str, Any]] = [
    {},
    {"stream": True},
    {"stream": True, "stream_options": {"include_usage": True}},
]


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "streamed", "with usage"])
async def test_a_request_that_comes_again_is_answered_as_before_without_a_call(
    stage: Stage, keyed: Keyed, options: dict[str, Any]
) -> None:
    first = await keyed.chat("auto", **options)
    again = [await keyed.chat("auto", **options) for _ in range(2)]
    assert first.status == 200
    assert "x-routergate-replayed" not in first.headers
    for reply in again:
        assert (reply.status, reply.body) == (200, first.body)
        assert reply.headers["x-routergate-replayed"] == "true"
        assert {**said(first), **said(reply)} == {**said(first), "x-routergate-replayed": "true"}
        assert reply.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(stage.calls_with(keyed.name)) == 1


def said(reply: Reply) -> dict[str, str]:
    """What the headers say of the answer."""
    kept = {"content-type", "cache-control", "x-accel-buffering"}
    return {
        name.lower(): value
        for name, value in reply.headers.items()
        if name.lower().startswith("x-routergate") or name.lower() in kept
    }


@pytest.mark.parametrize("model", ["crlf", "comments", "nousage", "split:3"])
async def test_however_a_stream_is_written_it_comes_again_byte_for_byte(
    stage: Stage, keyed: Keyed, model: str
) -> None:
    first, second = await keyed.chat(model, stream=True), await keyed.chat(model, stream=True)
    assert first.body.rstrip().endswith(b"data: [DONE]")
    assert second.body == first.body
    assert len(stage.calls_with(keyed.name)) == 1


async def test_a_replay_is_counted_but_not_booked(stage: Stage, keyed: Keyed) -> None:
    async with a_caller(stage.gateway.url, PINNED_KEY) as other:
        before, seen = await booked(other), await replays(other)
        own = Keyed(other, keyed.name)
        for _ in range(4):
            await own.chat()
        await own.caller.chat("small", "without a name, and settled after the others")

        async def all_booked() -> bool:
            return await booked(other) == before + 2

        await eventually(all_booked)
        assert await replays(other) == seen + 3


@pytest.mark.parametrize("stream", [False, True])
async def test_a_providers_refusal_is_given_again(stage: Stage, keyed: Keyed, *, stream: bool) -> None:
    first, again = [await keyed.chat("400", stream=stream) for _ in range(2)]
    assert (first.status, again.status) == (400, 400)
    assert again.body == first.body
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["x-routergate-replayed"] == "true"
    assert len(stage.calls_with(keyed.name)) == 1


@pytest.mark.parametrize(
    ("model", "stream"), [("503", False), ("503", True), ("cut:5", False), ("cut:5", True)]
)
async def test_after_a_failure_it_is_tried_anew(
    stage: Stage, keyed: Keyed, model: str, *, stream: bool
) -> None:
    calls = []
    for _ in range(2):
        reply = await keyed.chat(model, stream=stream)
        assert b"[DONE]" not in reply.body
        assert "x-routergate-replayed" not in reply.headers
        calls.append(len(stage.calls_with(keyed.name)))
    assert calls[1] > calls[0]


async def test_what_the_gateway_refuses_itself_may_be_put_right(stage: Stage, keyed: Keyed) -> None:
    assert (await keyed.chat("nobody")).error["code"] == "model_not_found"
    assert (await keyed.chat("small")).status == 200
    assert len(stage.calls_with(keyed.name)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"text": "another prompt"},
        {"model": "large"},
        {"temperature": 1},
        {"stream": True},
    ],
)
async def test_another_body_is_a_conflict(keyed: Keyed, other: dict[str, Any]) -> None:
    assert (await keyed.chat()).status == 200
    reply = await keyed.chat(**other)
    assert (reply.status, reply.error["code"]) == (409, "idempotency_conflict")
    assert reply.error["param"] == "Idempotency-Key"
    assert reply.headers["x-should-retry"] == "false"


async def test_other_wishes_are_a_conflict_and_other_headers_are_none(keyed: Keyed) -> None:
    async def ask(**headers: str) -> Reply:
        named = {"Idempotency-Key": keyed.name, **headers}
        return await keyed.caller.chat(text=keyed.name, headers=named)

    tagged = {"X-RouterGate-Tags": "é\udcff"}
    assert (await ask()).status == 200
    assert (await ask(**{"User-Agent": "another", "x-stainless-retry-count": "1"})).status == 200
    assert (await ask(**{"x-routergate-quality": "1"})).error["code"] == "idempotency_conflict"
    assert (await ask(**tagged)).error["code"] == "idempotency_conflict"


async def test_who_comes_while_it_runs_is_told_to_wait_and_who_leaves_makes_way(
    stage: Stage, keyed: Keyed
) -> None:
    body = {"model": "stall:5", "messages": [{"role": "user", "content": keyed.name}], "stream": True}
    headers = {"Idempotency-Key": keyed.name}
    post = keyed.caller.session.post
    async with post(f"{keyed.caller.url}/v1/chat/completions", json=body, headers=headers) as first:
        await first.content.readuntil(b"\n\n")
        early = await keyed.chat("stall:5", stream=True)
        assert (early.status, early.error["code"]) == (409, "idempotency_in_progress")
        assert early.headers["retry-after"] == "1"
        first.close()

    async def let_in() -> bool:
        async with post(f"{keyed.caller.url}/v1/chat/completions", json=body, headers=headers) as reply:
            return reply.status == 200

    await eventually(let_in)
    assert len(stage.calls_with(keyed.name)) == 2


async def test_who_leaves_before_a_plain_answer_makes_way(stage: Stage, keyed: Keyed) -> None:
    asking = asyncio.create_task(keyed.chat("stall:5"))
    await stage.until(lambda _: bool(stage.calls_with(keyed.name)))
    assert (await keyed.chat("stall:5")).status == 409
    asking.cancel()
    other = {"text": "something else"}

    async def let_in() -> bool:
        return (await keyed.chat(**other)).status == 200

    await eventually(let_in)


async def test_another_key_of_the_organisation_sees_nothing_of_it(stage: Stage, keyed: Keyed) -> None:
    async with a_caller(stage.gateway.url, PINNED_KEY) as other:
        mine, theirs = await keyed.chat(), await Keyed(other, keyed.name).chat()
    assert (mine.status, theirs.status) == (200, 200)
    assert "x-routergate-replayed" not in theirs.headers
    assert len(stage.calls_with(keyed.name)) == 2


async def test_a_stranger_occupies_nothing(stage: Stage, keyed: Keyed, behind: Store) -> None:
    before = await behind.call("KEYS", "*idempotency*")
    async with a_caller(stage.gateway.url, "rg-nobody") as stranger:
        for name in (keyed.name, "é", ""):
            reply = await Keyed(stranger, name).chat(text=keyed.name)
            assert reply.error["code"] == "invalid_api_key"
    assert await behind.call("KEYS", "*idempotency*") == before


async def test_when_its_day_is_over_it_is_answered_anew(stage: Stage, keyed: Keyed, behind: Store) -> None:
    before = set(await behind.call("KEYS", "*idempotency*"))
    await keyed.chat()
    [record] = set(await behind.call("KEYS", "*idempotency*")) - before
    await behind.call("PEXPIRE", record, 0)
    assert "x-routergate-replayed" not in (await keyed.chat()).headers
    assert len(stage.calls_with(keyed.name)) == 2


@pytest.mark.parametrize("name", ["", "two words", "é", "x" * 256, "\t"])
async def test_a_name_that_is_none_is_refused(caller: Caller, name: str) -> None:
    reply = await Keyed(caller, name).chat(text="badly named")
    assert (reply.status, reply.error["param"]) == (400, "Idempotency-Key")


async def test_a_request_has_one_name(caller: Caller) -> None:
    names: Any = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    assert (await caller.chat(headers=names)).error["param"] == "Idempotency-Key"


async def test_the_longest_name_is_one(caller: Caller) -> None:
    assert (await Keyed(caller, "!" + "~" * 254).chat(text="a long name")).status == 200


@pytest.mark.parametrize("stream", [False, True])
async def test_the_store_holds_no_word_of_prompt_or_answer(
    keyed: Keyed, behind: Store, *, stream: bool
) -> None:
    reply = await keyed.chat(text="xylophone quagmire", stream=stream)
    assert b"simulated" in reply.body
    stored = b""
    for key in await behind.call("KEYS", "*"):
        stored += key + b" " + (await behind.call("DUMP", key) or b"")
        if b"idempotency" in key:
            stored += b" ".join(await behind.call("HGETALL", key))
    assert b"acme" in stored
    words = (b"xylophone", b"quagmire", b"simulated", b"choices", keyed.name.encode())
    assert [word for word in words if word in stored] == []
