"""The store goes away under a running gateway, and comes back: real processes, a Redis of the test's own."""

import asyncio
import json
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from routergate.store.embedded import EmbeddedServer
from routergate.testing import Simulator
from support.asking import a_client, chat, eventually, metric
from support.gateway import configuration, running_gateway


async def requests_booked(client: aiohttp.ClientSession) -> int:
    """By the key's own account; 0 while the store cannot say."""
    async with client.get("/v1/usage", params={"by": "model"}) as answer:
        if answer.status != 200:
            return 0
        return sum(line["requests"] for line in json.loads(await answer.read())["data"])


@pytest.fixture
def external(tmp_path: Path) -> EmbeddedServer:
    return EmbeddedServer(tmp_path / "external")


async def test_requests_are_answered_without_the_store_and_booked_when_it_is_back(
    tmp_path: Path, external: EmbeddedServer
) -> None:
    elsewhere = {"ROUTERGATE_REDIS_URL": await asyncio.to_thread(external.start)}
    async with Simulator() as sim:
        with running_gateway(
            tmp_path, configuration(sim.base_url), workers=2, environment=elsewhere
        ) as gateway:
            async with a_client(gateway) as client:
                assert (await chat(client))[0] == 200
                await eventually(lambda: requests_booked(client))
                await asyncio.to_thread(external.stop)
                for _ in range(20):
                    assert (await chat(client))[0] == 200

                async def seen_to_be_away() -> bool:
                    return await metric(client, "routergate_store_up") == 0

                await eventually(seen_to_be_away)
                assert await metric(client, "routergate_store_failures_total") > 0

                async def all_on_disk() -> bool:
                    return await metric(client, "routergate_events_on_disk") == 20

                await eventually(all_on_disk)
                await asyncio.to_thread(external.start)

                async def all_booked() -> bool:
                    return await requests_booked(client) == 21

                await eventually(all_booked)

                async def none_on_disk() -> bool:
                    return await metric(client, "routergate_events_on_disk") == 0

                await eventually(none_on_disk)

                async def seen_to_be_back() -> bool:
                    return await metric(client, "routergate_store_up") == 1

                await eventually(seen_to_be_back)
                assert await metric(client, "routergate_events_spooled_total") == 20
                assert await metric(client, "routergate_events_dropped_total") == 0
                await eventually(all_booked)
            assert await asyncio.to_thread(gateway.stop) == 0
    assert list((tmp_path / "data" / "spool").iterdir()) == []
    external.stop()


def children(pid: int) -> list[int]:
    """Processes that a process has started, by its own account."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux' /proc")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
async def test_a_gateway_that_ends_without_the_store_is_booked_by_the_next_one(
    tmp_path: Path, external: EmbeddedServer, end: signal.Signals
) -> None:
    elsewhere = {"ROUTERGATE_REDIS_URL": await asyncio.to_thread(external.start)}
    async with Simulator() as sim:
        written = configuration(sim.base_url)
        with running_gateway(tmp_path, written, environment=elsewhere) as gateway:
            async with a_client(gateway) as client:
                await asyncio.to_thread(external.stop)
                for _ in range(5):
                    assert (await chat(client))[0] == 200

                async def all_on_disk() -> bool:
                    return await metric(client, "routergate_events_on_disk") == 5

                await eventually(all_on_disk)
            for pid in [gateway.process.pid, *children(gateway.process.pid)]:
                os.kill(pid, end)
            await asyncio.to_thread(gateway.process.wait, 20)
        await asyncio.to_thread(external.start)
        with running_gateway(tmp_path, written, environment=elsewhere) as gateway:
            async with a_client(gateway) as client:

                async def all_booked() -> bool:
                    return await requests_booked(client) == 5

                await eventually(all_booked)
    external.stop()
