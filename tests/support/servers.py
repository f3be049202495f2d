"""Redis servers on loopback ports, as many as a test wants, to be stopped and killed one by one."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoReply

from routergate.store.embedded import find_server

HOST = "127.0.0.1"
# Below the ports that systems give to outgoing connections, which come and go.
_PORTS = iter(random.Random(os.getpid()).sample(range(12_000, 32_000), 2_000))


def free_port() -> int:
    """A port on which nobody listens."""
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port is left")


@dataclass
class Server:
    """One process that speaks Redis' protocol on a port of its own."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    arguments: Sequence[str] = field(repr=False)
    client: Redis = field(repr=False)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @classmethod
    def started(cls, folder: Path, *arguments: str, port: int | None = None) -> "Server":
        """A server in `folder`, once it answers."""
        port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        command = [find_server(), *arguments, "--port", str(port), "--bind", HOST, "--dir", str(folder)]
        client = Redis(host=HOST, port=port, socket_timeout=5, protocol=2)
        server = cls(port, _launched(command, folder), folder, command, client)
        eventually(server.answers)
        return server

    def ask(self, *command: str | int) -> Any:
        """Its reply to a command."""
        return self.client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's gap

    def restart(self) -> None:
        """Start it again where it was."""
        self.process = _launched(self.arguments, self.folder)
        eventually(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except (ConnectionLost, NoReply, ResponseError):
            return False

    def kill(self) -> None:
        """As if the machine had lost its power, but for what the kernel holds."""
        self.process.kill()
        self.process.wait()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.client.close()
        self.kill()


def _launched(command: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def eventually(holds: Callable[[], bool], patience: float = 20.0) -> None:
    """Return as soon as something holds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come about in time")
        time.sleep(0.01)
