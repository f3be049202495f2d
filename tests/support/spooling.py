"""Ledgers that run, and processes that die while they keep events on disk."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from routergate.ledger.ledger import RedisLedger
from routergate.store.client import connect
from support.events import an_event
from support.redis import HandClock


@asynccontextmanager
async def running(ledger: RedisLedger) -> AsyncIterator[RedisLedger]:
    """The ledger with its background jobs; cut short at the end, not closed."""
    tasks = [asyncio.create_task(job()) for job in (ledger.run, ledger.recover)]
    try:
        yield ledger
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until_all_is_in_the_store(ledger: RedisLedger, events: int = 0) -> None:
    """Wait until nothing is pending, and so many events at least have been settled."""
    async with asyncio.timeout(20):
        while ledger.pending or ledger.settled < events:
            await asyncio.sleep(0.005)


@contextmanager
def a_process_that_spools(url: str, spool: Path, *ids: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has just put these events on disk and goes on; killed with -9 at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.spooling", url, str(spool), *ids],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == b"kept\n"
        yield process
    finally:
        process.kill()
        process.communicate()


async def _spool_for_ever(url: str, spool: Path, ids: list[str]) -> None:
    ledger = RedisLedger(
        connect(url), HandClock(epoch=1_700_000_000_000_000_000 + os.getpid()), "other:0", spool
    )
    async with running(ledger):
        for name in ids:
            ledger.settle(an_event(id=name))
        assert await ledger.flush(20) == 0
        print("kept", flush=True)  # noqa: T201  what the parent waits for
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_spool_for_ever(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
