import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

import pytest
from redis.asyncio import SSLConnection

from routergate.domain.errors import ConfigError, StoreUnavailable
from routergate.store.breaker import Breaker
from routergate.store.client import Script, Store, connect
from routergate.store.embedded import EmbeddedServer
from routergate.store.servers import OneServer
from support.scripts import COUNT


@pytest.fixture
async def brief(own_server: EmbeddedServer) -> AsyncIterator[Store]:
    store = connect(own_server.url)
    yield store
    await store.close()


@contextmanager
def hanging(server: EmbeddedServer) -> Iterator[None]:
    """It takes connections and says nothing."""
    assert server._process
    os.kill(server._process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server._process.pid, signal.SIGCONT)


async def test_what_is_written_is_read(store: Store) -> None:
    await store.call("HSET", "h", "a", "1", "b", b"\xff")

    assert await store.get_field("h", "a") == b"1"
    assert await store.get_field("h", "c") is None
    assert await store.fields("h") == {b"a": b"1", b"b": b"\xff"}
    assert await store.fields("none") == {}


async def test_several_commands_go_together(store: Store) -> None:
    assert await store.together([("SADD", "s", "x", "y"), ("SMEMBERS", "s")]) == [2, {b"x", b"y"}]
    assert await store.members("s") == {"x", "y"}
    assert await store.members("none") == frozenset()


async def test_a_script_is_sent_whole_only_once(store: Store) -> None:
    script = Script.packaged("routergate.ledger", "counters.lua", "settle.lua")
    await store.call("SCRIPT", "FLUSH")
    arguments = ("w", 1, 100_000, 60, "[]", "[]")

    assert await store.run(script, list("abcdefg"), arguments) == [b"applied"]
    assert await store.call("SCRIPT", "EXISTS", script.sha) == [1]
    assert await store.run(script, list("abcdefg"), arguments) == [b"known"]


async def test_a_store_that_is_away_says_where_it_was_looked_for(
    own_server: EmbeddedServer, brief: Store
) -> None:
    await brief.ping()
    own_server.stop()

    with pytest.raises(StoreUnavailable, match=r"unix://.*redis\.sock does not answer"):
        await brief.ping()


async def test_a_store_that_is_back_is_used_again_without_ado(
    own_server: EmbeddedServer, brief: Store
) -> None:
    await brief.ping()
    # In a thread: a loop that stands still does not see the connection end.
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)

    await brief.ping()


async def test_a_store_that_hangs_is_given_up(own_server: EmbeddedServer) -> None:
    store = connect(own_server.url, timeout=0.05)

    with pytest.raises(StoreUnavailable, match="Timeout"):
        await store.call("BLPOP", "nothing", "5")
    await store.close()


async def test_a_store_that_hangs_is_soon_not_waited_for_and_is_used_again_when_it_answers(
    own_server: EmbeddedServer,
) -> None:
    store = connect(own_server.url, timeout=0.1)
    with hanging(own_server):
        for _ in range(Breaker().patience):
            with pytest.raises(StoreUnavailable, match="Timeout"):
                await store.ping()
        with pytest.raises(StoreUnavailable, match="it is asked again within 1 s"):
            await store.ping()
        assert (store.up, store.failures) == (False, Breaker().patience)
        while store.failures == Breaker().patience:  # somebody asks it again, and nobody waits for that
            with pytest.raises(StoreUnavailable, match="it is asked again within 1 s"):
                await store.ping()
            await asyncio.sleep(0.02)

    async with asyncio.timeout(20):
        while not store.up:
            with suppress(StoreUnavailable):
                await store.ping()
            await asyncio.sleep(0.02)
    await store.close()


async def test_a_call_that_waits_for_its_turn_is_given_up_too(own_server: EmbeddedServer) -> None:
    store = connect(own_server.url, timeout=0.1, max_connections=1)
    with hanging(own_server):
        outcomes = await asyncio.gather(*(store.ping() for _ in range(4)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 4
    await store.close()


async def test_an_error_that_the_store_sends_is_an_answer(store: Store) -> None:
    await store.call("SET", "text", "x")
    for _ in range(Breaker().patience + 1):
        with pytest.raises(StoreUnavailable, match="WRONGTYPE"):
            await store.fields("text")

    assert (store.up, store.failures) == (True, 0)


async def test_a_store_without_replicas_cannot_confirm_a_copy(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="0 of 1 replicas have confirmed that within 100 ms"):
        await store.run(COUNT, ["n"], [], wait_replicas=1)
    assert await store.call("GET", "n") == b"1"


async def test_a_password_is_never_in_an_error() -> None:
    store = connect("redis://someone:hunter2@127.0.0.1:1/0?password=hunter2")

    with pytest.raises(StoreUnavailable) as raised:
        await store.ping()
    await store.close()
    assert "hunter2" not in f"{raised.value} {store!r}"
    assert "redis://127.0.0.1:1/0" in str(raised.value)


async def test_a_cluster_of_which_no_node_answers_is_named_without_its_password() -> None:
    store = connect("redis+cluster://someone:hunter2@127.0.0.1:1,127.0.0.1:2")

    with pytest.raises(
        StoreUnavailable, match=r"127\.0\.0\.1:1,127\.0\.0\.1:2 does not answer.*reachable"
    ) as raised:
        await store.ping()
    await store.close()
    assert "hunter2" not in f"{raised.value} {store!r}"


async def test_values_are_never_in_an_error(store: Store) -> None:
    await store.call("SET", "text", "x")

    with pytest.raises(StoreUnavailable) as raised:
        await store.together([("HSET", "text", "field", "a secret")])
    assert "a secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:6379",
        "redis://host:port",
        "redis://h?socket_timeout=soon",
        "redis+sentinel://h",
        "redis+cluster://h:port",
        "redis+cluster://h?no_such_option=1",
    ],
)
def test_a_url_that_cannot_be_used_is_the_operators_business(url: str) -> None:
    with pytest.raises(ConfigError, match="URL cannot be used"):
        connect(url)


def test_tls_is_checked_against_the_hosts_name() -> None:
    servers = connect("rediss://redis.example.com:6380/0")._servers
    assert isinstance(servers, OneServer)
    connection = servers._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py's gap

    assert isinstance(connection, SSLConnection)
    assert connection.ssl_context.cert_reqs is ssl.CERT_REQUIRED
    assert connection.ssl_context.check_hostname
