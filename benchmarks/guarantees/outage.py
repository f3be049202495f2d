"""Redis is away for half a minute, under a steady load: who is refused, who waits, and what is in the books.

    PYTHONPATH=src:tests python benchmarks/guarantees/outage.py [--seconds 30] [--kill] [--rate 15]

One Redis with `appendonly yes`, one gateway, two organisations with a budget each: one is to be served while
the store is away, the other, whose budget is strict, is refused. Requests come at a steady rate, far below
what the gateway can do, whether answers come or not. Redis hangs (SIGSTOP), or with `--kill` it is killed and
started again. The time of a request is until the end of its answer; those of the three parts of one run are
compared with each other.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from routergate.ledger.names import leases_key
from routergate.store.client import Store, connect
from routergate.testing import Profile, Simulator
from support.asking import eventually
from support.gateway import KEY, a_model, configuration, running_gateway, sha256
from support.ledgers import written
from support.servers import Server

KEYS = {"served": KEY, "refused": KEY + "-other"}
"""By organisation, named for what is to become of it."""
PARTS = ("before", "during", "after")
PROFILE = Profile(first_token_seconds=0.05, seconds_per_token=0.001)


@dataclass
class Seen:
    """What became of the requests of an organisation, in one part."""

    ended: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    """Until the end of each answer that was one."""
    refused: list[float] = field(default_factory=list)
    """Until each refusal."""

    def plain(self) -> dict[str, Any]:
        return {"ended": dict(self.ended), "ms": _cuts(self.seconds), "refused_ms": _cuts(self.refused)}


@dataclass
class Load:
    """Requests at a steady rate, by turns of each organisation."""

    session: aiohttp.ClientSession
    url: str
    rate: float
    part: str = "before"
    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    """By part and organisation."""
    answered: set[str] = field(default_factory=set)
    running: set["asyncio.Task[None]"] = field(default_factory=set)
    sent: int = 0

    async def go_on(self, seconds: float) -> None:
        """Send for so long."""
        began = time.perf_counter()
        for number in range(int(self.rate * seconds)):
            await asyncio.sleep(max(began + number / self.rate - time.perf_counter(), 0))
            self.sent += 1
            task = asyncio.create_task(self._one(self.sent, self.part, list(KEYS)[self.sent % 2]))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def _one(self, number: int, part: str, who: str) -> None:
        seen = self.seen.setdefault((part, who), Seen())
        body = {
            "model": "auto",
            "stream": number % 4 < 2,
            "max_tokens": 16,
            "messages": [{"role": "user", "content": f"Question {number}: why so?"}],
        }
        headers = {"Authorization": f"Bearer {KEYS[who]}", "x-routergate-session": f"q{number}"}
        began = time.perf_counter()
        async with self.session.post(f"{self.url}/v1/chat/completions", json=body, headers=headers) as answer:
            text = await answer.text()
        took = time.perf_counter() - began
        whole = answer.status == 200 and ("[DONE]" in text or not body["stream"])
        (seen.seconds if whole else seen.refused).append(took)
        seen.ended["answered" if whole else f"{answer.status}"] += 1
        if whole:
            self.answered.add(f"q{number}")


def wanted(base_url: str) -> dict[str, Any]:
    """Two organisations that differ in what is to be done without the store."""
    keys = [{"hash": sha256(key), "organisation": name} for name, key in KEYS.items()]
    budget = {"scope": "organisation", "usd": 100, "window": "total"}
    return configuration(
        base_url,
        models={"only": a_model("sim-mini", "economy", 1, 10)},
        routes={"auto": {"candidates": ["only"]}},
        keys=keys,
        organisations={
            "served": {"budgets": [budget]},
            "refused": {"budgets": [{**budget, "mode": "strict"}]},
        },
    )


async def main(seconds: float, rate: float, kill: bool) -> int:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Server.started(folder / "store", "--appendonly", "yes", "--save", "")
        stack.callback(server.close)
        simulator = await stack.enter_async_context(Simulator(PROFILE))
        url = f"redis://{server.address}"
        starting = running_gateway(
            folder, wanted(simulator.base_url), environment={"ROUTERGATE_REDIS_URL": url}
        )
        gateway = await asyncio.to_thread(stack.enter_context, starting)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        load = Load(session, gateway.url, rate)
        await load.go_on(3)
        load.seen.clear()
        await through(load, server, seconds, kill)
        store = connect(url, timeout=5)
        stack.push_async_callback(store.close)
        await eventually(lambda: all_booked(store, session, gateway.url), patience=90)
        rows = [row for name in KEYS for row in await written(store, name)]
        verified = await asyncio.to_thread(gateway.command, "ledger", "verify")
        booked = Counter(row.session for row in rows)
        missing = load.answered - set(booked)
        twice = [name for name, times in booked.items() if times > 1]
        print(json.dumps({
            "sent": load.sent,
            "seen": {part: {who: load.seen[part, who].plain() for who in KEYS} for part in PARTS},
            "p99_of_before": ratios(load.seen),
            "calls": len(simulator.calls),
            "rows": Counter((row.kind, row.outcome) for row in rows).most_common(),
            "answered_without_row": len(missing),
            "twice": twice,
            "verify": verified.stdout.strip() or verified.stderr.strip(),
        }, indent=1))  # fmt: skip
    return int(bool(missing or twice) or verified.returncode != 0)


async def through(load: Load, server: Server, seconds: float, kill: bool) -> None:
    """Before, during and after, of the same length."""
    await load.go_on(seconds)
    load.part = "during"
    if kill:
        await asyncio.to_thread(server.kill)
        await load.go_on(seconds)
        await asyncio.to_thread(server.restart)
    else:
        with server.hanging():
            await load.go_on(seconds)
    load.part = "after"
    await load.go_on(seconds)
    await asyncio.gather(*load.running)


async def all_booked(store: Store, session: aiohttp.ClientSession, url: str) -> bool:
    """Whether nothing is held any more, and every event is in the store."""
    if any([await store.call("ZCARD", leases_key(name)) for name in KEYS]):
        return False
    async with session.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    pending = [line.split()[-1] for line in lines if line.startswith("routergate_events_pending")]
    return not any(map(float, pending))


def ratios(seen: Mapping[tuple[str, str], Seen]) -> dict[str, float | None]:
    """The 99th percentile of those who are served, in each part, in parts of the one before."""
    cuts = {part: _cuts(seen[part, "served"].seconds).get("p99") for part in PARTS}
    before = cuts["before"]
    return {part: round(cut / before, 3) if cut and before else None for part, cut in cuts.items()}


def _cuts(seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100)
    found = {"p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "longest": max(seconds)}
    return {name: round(1e3 * value, 1) for name, value in found.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=15)
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.seconds, given.rate, given.kill)))
