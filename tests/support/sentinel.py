"""A primary, its replica and three Sentinels on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.servers import HOST, Server, eventually

SERVICE = "rg"


@dataclass
class Watched:
    """Who watches, and who is watched."""

    primary: Server
    replica: Server
    sentinels: list[Server]

    @property
    def url(self) -> str:
        return f"redis+sentinel://{','.join(one.address for one in self.sentinels)}/{SERVICE}"


@contextmanager
def watched_by_sentinels(folder: Path) -> Iterator[Watched]:
    """All of them up and aware of each other; killed at the end. It takes about three seconds."""
    with ExitStack() as stack:
        options = ("--save", "", "--appendonly", "yes", "--repl-diskless-sync-delay", "0")
        primary = Server.started(folder / "primary", *options)
        stack.callback(primary.close)
        replica = Server.started(folder / "replica", *options, "--replicaof", HOST, str(primary.port))
        stack.callback(replica.close)
        eventually(lambda: replica.client.info("replication").get("master_link_status") == "up")
        sentinels = [_sentinel(folder / f"sentinel-{number}", primary) for number in range(3)]
        for sentinel in sentinels:
            stack.callback(sentinel.close)
        for sentinel in sentinels:
            eventually(lambda sentinel=sentinel: _aware(sentinel))  # type: ignore[misc]  # mypy and lambdas
        yield Watched(primary, replica, sentinels)


def _sentinel(folder: Path, primary: Server) -> Server:
    folder.mkdir(parents=True)
    file = folder / "sentinel.conf"
    file.write_text(
        f"sentinel monitor {SERVICE} {HOST} {primary.port} 2\n"
        f"sentinel down-after-milliseconds {SERVICE} 500\n"
        f"sentinel failover-timeout {SERVICE} 3000\n"
    )
    return Server.started(folder, str(file), "--sentinel")


def _aware(sentinel: Server) -> bool:
    words = sentinel.ask("SENTINEL", "MASTER", SERVICE)
    about = dict(zip(words[::2], words[1::2], strict=True))
    return bool(about[b"num-slaves"] == b"1" and about[b"num-other-sentinels"] == b"2")
