"""Several servers of one provider, and connections that are kept alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from routergate.store.circuits import exchange
from routergate.store.client import Store
from routergate.testing import Ended, Profile, Simulator
from support.wall import a_wall

ANSWER = (
    b'{"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":1,"completion_tokens":1}}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


async def test_servers_get_what_they_can_carry(tmp_path: Path, store: Store) -> None:
    async with Simulator() as light, Simulator() as heavy:
        replicas = [light.base_url, {"url": heavy.base_url, "weight": 3}]
        async with a_wall(tmp_path, store, replicas=replicas) as wall:
            for _ in range(12):
                await wall.ask("small", stream=False)
        assert (len(light.calls), len(heavy.calls)) == (3, 9)


@pytest.mark.parametrize("fault", ["503", "reset", "error200", "garbage"])
async def test_a_server_that_fails_is_not_seen_and_soon_not_asked(
    tmp_path: Path, store: Store, fault: str
) -> None:
    async with Simulator() as ill, Simulator() as well:
        ill.fault = fault
        async with a_wall(tmp_path, store, replicas=[ill.base_url, well.base_url]) as wall:
            for _ in range(20):
                assert (await wall.ask("auto", stream=False)).headers["x-routergate-model"] == "small"
        assert (len(ill.calls), len(well.calls), len(wall.spare.calls)) == (5, 20, 0)


async def test_a_request_goes_to_the_server_that_is_not_busy(tmp_path: Path, store: Store) -> None:
    async with Simulator() as slow, Simulator() as quick:
        slow.fault = "silent"
        async with a_wall(tmp_path, store, replicas=[slow.base_url, quick.base_url]) as wall:
            waiting = asyncio.create_task(wall.caller.chat("small"))
            await slow.until(lambda calls: len(calls) == 1)
            for _ in range(4):
                await wall.ask("small", stream=False)
            waiting.cancel()
            await asyncio.wait([waiting])
        assert (len(slow.calls), len(quick.calls)) == (1, 4)


@asynccontextmanager
async def a_server_that_closes_kept_connections() -> AsyncIterator[tuple[str, list[int]]]:
    """It answers the first request of each connection, and hangs up on the second one."""
    requests: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for nth in (1, 2):
            head = await reader.readuntil(b"\r\n\r\n")
            [length] = [
                int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")
            ]
            await reader.readexactly(length)
            requests.append(nth)
            if nth == 1:
                writer.write(HEAD % len(ANSWER) + ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", requests


async def test_a_kept_connection_that_is_closed_meanwhile_is_not_seen(tmp_path: Path, store: Store) -> None:
    async with (
        a_server_that_closes_kept_connections() as (url, requests),
        a_wall(tmp_path, store, base_url=url) as wall,
    ):
        for _ in range(3):
            assert (await wall.ask("alone", stream=False)).status == 200
        assert (wall.results, wall.clock.seconds) == (["small: dropped", "small: ok"], 0.0)
    assert requests == [1, 2, 1, 2, 1]


async def test_what_one_worker_has_seen_another_one_knows(tmp_path: Path, store: Store) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    async with (
        a_wall(folders[0], store) as one,
        a_wall(folders[1], store, base_url=one.primary.base_url) as two,
    ):
        one.primary.fault = "401"
        for _ in range(5):
            await one.ask("auto", stream=False)
        for wall in (one, two):
            circuits = wall.gateway.dispatcher.experience.circuits
            await exchange(circuits, store, str(id(wall)), wall.clock.seconds)
        await two.ask("auto", stream=False)
        assert two.results == ["large: ok"]


async def test_a_key_that_is_denied_is_not_used_while_another_one_works(tmp_path: Path, store: Store) -> None:
    keys = Profile(api_keys=frozenset({"key-two"}))
    async with Simulator(keys) as strict:
        servers = [{"url": strict.base_url, "api_key": key} for key in ("key-one", "key-two")]
        async with a_wall(tmp_path, store, replicas=servers) as wall:
            for _ in range(20):
                assert (await wall.ask("auto", stream=False)).status == 200
            assert wall.results == ["small: ok"]
        refused = [call for call in strict.calls if call.status == 401]
        assert {call.authorization for call in refused} == {"Bearer key-one"}
        assert len(refused) == 5  # then its circuit is open


async def test_a_new_key_is_taken_up_by_a_reload_and_running_requests_end_with_the_old_one(
    tmp_path: Path, store: Store
) -> None:
    (tmp_path / "key").write_text("key-of-yesterday")
    async with a_wall(tmp_path, store, api_key="${file:key}") as wall:
        wall.primary.fault = "stall:3"
        running = asyncio.create_task(wall.caller.chat("alone", stream=True))
        await wall.primary.until(lambda calls: [call.events for call in calls] == [3])
        wall.primary.fault = None
        (tmp_path / "key").write_text("key-of-today")
        assert await wall.worker.reload() == ()
        assert (await wall.caller.chat("alone")).status == 200
        old, new = wall.primary.calls
        assert (old.authorization, old.ended) == ("Bearer key-of-yesterday", None)
        assert (new.authorization, new.ended) == ("Bearer key-of-today", Ended.ANSWERED)
        running.cancel()
