"""The connection on which scripts are run, against a real server and over a real socket with TLS."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from routergate.domain.errors import StoreUnavailable
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.scripts import COUNT, script

ECHO = script("return ARGV[1]")


@contextmanager
def hanging(server: EmbeddedServer) -> Iterator[None]:
    assert server._process
    os.kill(server._process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server._process.pid, signal.SIGCONT)


async def test_a_server_that_is_back_is_asked_on_a_new_connection(own_server: EmbeddedServer) -> None:
    store = connect(own_server.url, timeout=5)
    assert await store.run(COUNT, ["n"], []) == 1
    # In a thread: a loop that stands still does not see the connection end.
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)

    assert await store.run(COUNT, ["n"], []) == 2
    await store.close()


async def test_a_late_reply_is_not_taken_for_the_next_ones(own_server: EmbeddedServer) -> None:
    store = connect(own_server.url, timeout=0.5)
    assert await store.run(ECHO, ["k"], ["early"]) == b"early"
    with hanging(own_server), pytest.raises(StoreUnavailable, match="Timeout"):
        await store.run(ECHO, ["k"], ["late"])

    patient = connect(own_server.url, timeout=5)
    await patient.ping()
    assert await store.run(ECHO, ["k"], ["next"]) == b"next"
    await patient.close()
    await store.close()


async def test_who_hangs_up_does_not_take_the_reply_from_the_others(store: Store) -> None:
    asked = [asyncio.ensure_future(store.run(ECHO, ["k"], [str(number)])) for number in range(10)]
    await asyncio.sleep(0)
    asked[3].cancel()

    replies = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(replies.pop(3), asyncio.CancelledError)
    assert replies == [str(number).encode() for number in range(10) if number != 3]


async def test_what_cannot_be_written_fails_by_itself(store: Store) -> None:
    good = asyncio.ensure_future(store.run(ECHO, ["k"], ["good"]))
    with pytest.raises(UnicodeEncodeError):
        await store.run(ECHO, ["k"], ["\ud800"])
    assert await good == b"good"


async def test_what_does_not_speak_redis_is_no_store() -> None:
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                polite = b"+PONG\r\n" if b"PING" in data else b"+OK\r\n" * data.count(b"*")
                writer.write(b"HTTP/1.1 400\r\n" if b"EVALSHA" in data else polite)
        await closed(writer)
        ended.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        store = connect(f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}", timeout=5)
        with pytest.raises(StoreUnavailable, match="InvalidResponse"):
            await store.run(ECHO, ["k"], ["x"])
        await store.close()
        await ended.wait()


async def test_large_replies_come_in_pieces(store: Store) -> None:
    replies = await asyncio.gather(*(store.run(ECHO, ["k"], [b"x" * 300_000]) for _ in range(20)))

    assert {len(reply) for reply in replies} == {300_000}


async def test_a_store_with_tls_and_a_password_lets_us_in(own_server: EmbeddedServer, tmp_path: Path) -> None:
    admin = connect(own_server.url)
    await admin.call("ACL", "SETUSER", "gate", "on", ">hunter2", "~*", "+@all")
    async with behind_tls(own_server, tmp_path) as port:
        url = f"rediss://gate:hunter2@127.0.0.1:{port}/2?ssl_ca_certs={tmp_path / 'certificate.pem'}"
        store = connect(url, timeout=5)
        assert [await store.run(COUNT, ["n"], []) for _ in range(3)] == [1, 2, 3]
        await store.close()
    await admin.close()


@asynccontextmanager
async def behind_tls(server: EmbeddedServer, folder: Path) -> AsyncIterator[int]:
    """The port at which the server is found with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    there = server.url.removeprefix("unix://").partition("?")[0]

    relays = set[asyncio.Task[None] | None]()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relays.add(asyncio.current_task())
        inner_reader, inner_writer = await asyncio.open_unix_connection(there)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    async with await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context) as listening:
        yield listening.sockets[0].getsockname()[1]
        await asyncio.gather(*(one for one in relays if one))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    await closed(writer)


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def certificate(folder: Path) -> Path:
    """One that vouches for itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path
