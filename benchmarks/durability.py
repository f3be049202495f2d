"""What Redis loses of acknowledged writes when it is killed or fails over.

    PYTHONPATH=src:tests python benchmarks/durability.py [--seconds 3] [--times 5]

Each case settles batches as the gateway does, with the ledger's own script, until the server is killed with
-9. Then it is started again, or its replica takes over, and what is there is compared with what was
acknowledged. What a process has written stays with the kernel when it is killed. A machine that loses its
power loses that too, which is not tried here.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import msgspec

from routergate.domain.errors import StoreUnavailable
from routergate.ledger.batch import batch
from routergate.ledger.delivery import HORIZON, SETTLE
from routergate.ledger.names import events_key
from routergate.ledger.posting import posting
from routergate.store.client import Store, connect
from support.events import an_attribution, an_event
from support.servers import HOST, Server, eventually

SAVED_RARELY = ("--save", "3600 1 300 100 60 10000")
"""What Redis does if nobody tells it otherwise."""
LOG = ("--appendonly", "yes", "--save", "", "--appendfsync")


@dataclass(frozen=True)
class Case:
    name: str
    options: tuple[str, ...]
    lag: float | None = None
    """Seconds by which a replica is behind, if there is one."""
    copies: int = 0
    """How many replicas each write waits for."""


CASES = (
    Case("RDB only, Redis' defaults", SAVED_RARELY),
    Case("appendfsync no", (*LOG, "no")),
    Case("appendfsync everysec", (*LOG, "everysec")),
    Case("appendfsync always", (*LOG, "always")),
    Case("a replica on the same machine takes over", (*LOG, "everysec"), lag=0.0),
    Case("a replica that is 30 ms behind takes over", (*LOG, "everysec"), lag=0.03),
    Case("the same, with `wait_replicas=1`", (*LOG, "everysec"), lag=0.03, copies=1),
)


@dataclass
class Load:
    """Events that were acknowledged, and how long that took."""

    store: Store
    copies: int
    acknowledged: set[str] = field(default_factory=set)
    delays: list[float] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    last: float = 0.0

    async def run(self, writer: str) -> None:
        """One batch of eight after the other, until the store is away."""
        for number in count(1):
            names = [f"{writer}:{number}:{n}" for n in range(8)]
            events = [an_event(id=name, attribution=an_attribution("acme")) for name in names]
            work = batch("acme", [posting(event) for event in events], 1000)
            began = time.monotonic()
            stamp = writer, number, 1_000_000, HORIZON
            try:
                reply = await self.store.run(
                    SETTLE, work.keys, [*stamp, *work.contents], wait_replicas=self.copies
                )
            except StoreUnavailable:
                return
            if reply == [b"applied"]:
                self.last = time.monotonic()
                self.delays.append(self.last - began)
                self.acknowledged.update(names)


@dataclass
class Outcome:
    events: int
    lost: int
    per_second: float
    median_ms: float


def tried(case: Case, seconds: float) -> Outcome:
    """One case, once."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Server.started(folder / "primary", *case.options)
        stack.callback(server.close)
        if case.lag is None:
            load = asyncio.run(_loaded(server, case, seconds))
            server.restart()
            kept = _kept(server)
        else:
            replica = Server.started(folder / "replica", *case.options)
            stack.callback(replica.close)
            load = asyncio.run(_replicated(server, replica, case, seconds))
            replica.ask("REPLICAOF", "NO", "ONE")
            kept = _kept(replica)
    delays = sorted(load.delays)
    events = len(load.acknowledged)
    return Outcome(
        events=events,
        lost=len(load.acknowledged - kept),
        per_second=events / (load.last - load.begun),
        median_ms=delays[len(delays) // 2] * 1000,
    )


async def _replicated(server: Server, replica: Server, case: Case, seconds: float) -> Load:
    """The load on a server whose replica hears of everything a little later."""
    server.ask("CONFIG", "SET", "repl-diskless-sync-delay", 0)
    link = await asyncio.start_server(lambda *ends: _carry(server, case.lag or 0.0, *ends), HOST, 0)
    async with link:
        replica.ask("REPLICAOF", HOST, link.sockets[0].getsockname()[1])
        await asyncio.to_thread(eventually, lambda: _linked(replica))
        load = await _loaded(server, case, seconds)
        await asyncio.to_thread(eventually, lambda: not _linked(replica))
        return load


async def _carry(
    server: Server, lag: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """A line from a replica to its primary; what is under way when the primary dies is lost."""
    try:
        back, forth = await asyncio.open_connection(HOST, server.port)
    except ConnectionRefusedError:  # the primary is dead, and its replica tries again
        writer.close()
        return
    answers = asyncio.create_task(_pump(reader, forth, 0.0))
    await _pump(back, writer, lag)
    writer.transport.abort()
    await answers


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, lag: float) -> None:
    loop = asyncio.get_running_loop()
    while data := await source.read(65536):
        loop.call_later(lag, _write, sink, data)


def _write(sink: asyncio.StreamWriter, data: bytes) -> None:
    if not sink.is_closing():
        sink.write(data)


def _linked(replica: Server) -> bool:
    return replica.client.info("replication").get("master_link_status") == "up"


async def _loaded(server: Server, case: Case, seconds: float) -> Load:
    store = connect(f"redis://{server.address}", timeout=2)
    load = Load(store, case.copies)
    writers = [asyncio.create_task(load.run(f"writer-{number}")) for number in range(8)]
    await asyncio.sleep(seconds)
    server.kill()
    await asyncio.gather(*writers)
    await store.close()
    return load


def _kept(server: Server) -> set[str]:
    """The events in the stream, by their ids."""
    found: set[str] = set()
    start = "-"
    while page := server.ask("XRANGE", events_key("acme"), start, "+", "COUNT", 1000):
        found.update(_id(fields[b"event"]) for _, fields in page)
        start = f"({page[-1][0].decode()}"
    return found


def _id(text: bytes) -> str:
    return str(msgspec.json.decode(text)["id"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load before the kill")
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    print("| setting | kills | acknowledged | lost | at worst in one kill | events/s | batch, median ms |")
    print("|---|---|---|---|---|---|---|")
    for case in CASES:
        print(_line(case.name, [tried(case, asked.seconds) for _ in range(asked.times)]), flush=True)


def _line(name: str, outcomes: Sequence[Outcome]) -> str:
    speed = sum(one.per_second for one in outcomes) / len(outcomes)
    median = sorted(one.median_ms for one in outcomes)[len(outcomes) // 2]
    events, lost = sum(one.events for one in outcomes), sum(one.lost for one in outcomes)
    worst = max(one.lost for one in outcomes)
    return f"| {name} | {len(outcomes)} | {events:,} | {lost:,} | {worst:,} | {speed:,.0f} | {median:.1f} |"


if __name__ == "__main__":
    main()
