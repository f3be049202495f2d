"""Servers of one's own that fill up: simulated vLLM behind a whole gateway."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from routergate.dispatch.watch import Rounds, measure
from routergate.domain.model import ProviderId
from routergate.store.client import Store
from routergate.testing import Profile, Simulator
from support.wall import Wall, a_wall

SERVER = Profile(vllm=True, slots=2)


@asynccontextmanager
async def servers(count: int) -> AsyncIterator[Sequence[Simulator]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Simulator(SERVER)) for _ in range(count)]


@asynccontextmanager
async def busy(wall: Wall, server: Simulator, requests: int) -> AsyncIterator[None]:
    """So many requests of somebody else's that are not answered."""
    body = {"model": "sim-mini!silent", "messages": [{"role": "user", "content": "Hello?"}]}
    before = len(server.calls)
    asked = [
        asyncio.create_task(wall.caller.session.post(f"{server.base_url}/chat/completions", json=body))
        for _ in range(requests)
    ]
    await server.until(lambda calls: [call.body != {} for call in calls[before:]] == [True] * requests)
    await measure(wall.gateway.dispatcher, wall.clock)
    try:
        yield
    finally:
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)
    await server.until(lambda calls: all(call.ended for call in calls))
    await measure(wall.gateway.dispatcher, wall.clock)


async def test_requests_go_to_the_server_with_room(tmp_path: Path, store: Store) -> None:
    async with (
        servers(2) as (full, free),
        a_wall(tmp_path, store, kind="vllm", replicas=[full.base_url, free.base_url]) as wall,
        busy(wall, full, 3),
    ):
        for n in range(8):
            await wall.ask("small", stream=False, text=f"Question {n}?")
        assert (len(full.calls), len(free.calls)) == (3, 8)


async def test_a_conversation_stays_where_its_beginning_is_cached(tmp_path: Path, store: Store) -> None:
    async with (
        servers(3) as sims,
        a_wall(tmp_path, store, kind="vllm", replicas=[sim.base_url for sim in sims]) as wall,
    ):
        for talk in range(6):
            messages = [{"role": "user", "content": f"Question {talk}?"}]
            for _ in range(3):
                reply = await wall.caller.ask(
                    "POST", "/v1/chat/completions", json={"model": "small", "messages": messages}
                )
                assert reply.status == 200
                said = {"role": "assistant", "content": reply.json["choices"][0]["message"]["content"]}
                messages = [*messages, said, {"role": "user", "content": "Go on."}]
        beginnings = [{call.body["messages"][0]["content"] for call in sim.calls} for sim in sims]
        assert sum(map(len, beginnings)) == 6
        assert sum(len(sim.calls) for sim in sims) == 18


async def test_when_all_servers_are_full_the_next_model_answers_and_the_decision_says_so(
    tmp_path: Path, store: Store
) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "Hello?"}]}
    async with (
        servers(1) as [server],
        a_wall(tmp_path, store, kind="vllm", base_url=server.base_url) as wall,
    ):
        async with busy(wall, server, 4):
            told = (await wall.caller.ask("POST", "/v1/route", json=body)).json
            assert told["model"] == "large"
            assert "now that small is full (2 waiting, nobody knows how long)" in told["rule"]
            assert (await wall.ask("auto", stream=False)).headers["x-routergate-model"] == "large"
        assert (await wall.caller.ask("POST", "/v1/route", json=body)).json["model"] == "small"
        assert (await wall.ask("auto", stream=False)).headers["x-routergate-model"] == "small"


async def test_a_server_that_is_up_but_wrong_is_left_though_it_says_that_it_is_well(
    tmp_path: Path, store: Store
) -> None:
    async with (
        servers(2) as (wrong, right),
        a_wall(
            tmp_path,
            store,
            kind="vllm",
            replicas=[wrong.base_url, right.base_url],
            balance="least_outstanding",
            probe={"every": 5},
        ) as wall,
    ):
        looks: list[tuple[str, bool]] = []
        wrong.fault, rounds = "garbage", Rounds(lambda *look: looks.append(look))
        for n in range(30):
            assert (await wall.ask("small", stream=False, text=f"Question {n}?")).status == 200
            wall.clock.seconds += 0.5
            await rounds.go(
                wall.gateway.dispatcher, wall.gateway.router.catalogue.models.values(), wall.clock
            )
        assert len(right.calls) == 30
        # Five to notice it, one that a look at it had let through, and those after rests of 2 and 4 seconds.
        assert len(wrong.calls) <= 5 + 1 + 3


@pytest.mark.parametrize("fault", ["garbage", "empty", "error200"])
async def test_streams_that_go_wrong_open_the_circuit_too(tmp_path: Path, store: Store, fault: str) -> None:
    async with (
        servers(2) as (wrong, right),
        a_wall(
            tmp_path,
            store,
            kind="vllm",
            replicas=[wrong.base_url, right.base_url],
            balance="least_outstanding",
        ) as wall,
    ):
        wrong.fault = fault
        for _ in range(20):
            await wall.ask("small", stream=True)
        assert (len(wrong.calls), len(right.calls) >= 15) == (5, True)


async def test_a_queue_that_forms_between_two_looks_is_told_with_an_answer(
    tmp_path: Path, store: Store
) -> None:
    asking = {"endpoint-load-metrics-format": "JSON"}
    async with (
        servers(1) as [server],
        a_wall(tmp_path, store, kind="vllm", base_url=server.base_url, headers=asking) as wall,
        busy(wall, server, 1),
    ):
        server.fault = "slow:1"
        ours = asyncio.create_task(wall.ask("small", stream=False))
        await server.until(lambda calls: [call.body != {} for call in calls] == [True] * 2)
        body = {"model": "sim-mini!silent", "messages": [{"role": "user", "content": "Hello?"}]}
        theirs = asyncio.create_task(
            wall.caller.session.post(f"{server.base_url}/chat/completions", json=body)
        )
        await server.until(lambda calls: [call.body != {} for call in calls] == [True] * 3)
        assert (await ours).status == 200
        [replica] = wall.gateway.dispatcher.fleet[ProviderId("primary")]
        gauge = wall.gateway.dispatcher.experience.gauges.of(replica.server, wall.clock.seconds)
        assert gauge is not None
        assert (gauge.said.waiting, gauge.others) == (1, 1)
        theirs.cancel()
        await asyncio.wait([theirs])
