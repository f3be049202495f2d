"""A thousand requests at the same time against a strict budget of one dollar, over three gateways.

    PYTHONPATH=tests python benchmarks/guarantees/overspend.py [--cluster] [--kill] [--requests 1000]

What was spent is what the simulated provider counted, at its prices, not what the gateways say. Callers do
as they are told: after `retry-after` they try again, after `budget_exceeded` they stop. `--cluster` puts the
books on a Redis Cluster of six nodes, `--kill` kills the primary that has them in the middle of it.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

import aiohttp

from routergate.testing import Profile, Simulator
from support.cluster import RunningCluster, running_cluster
from support.gateway import KEY, RunningGateway, running_gateway
from support.lives import RATE_IN, RATE_OUT, strictly
from support.servers import Server

BUDGET = Decimal(1)
GATEWAYS = 3
PATIENCE = 120.0
"""Seconds for which a caller tries again."""


@contextmanager
def books(folder: Path, cluster: bool) -> Iterator[tuple[str, RunningCluster | None]]:
    """The store's URL, and its nodes if it has several."""
    if cluster:
        with running_cluster(folder) as nodes:
            yield nodes.url, nodes
        return
    server = Server.started(folder, "--appendonly", "yes", "--save", "")
    try:
        yield f"redis://{server.address}", None
    finally:
        server.close()


async def caller(session: aiohttp.ClientSession, url: str, number: int) -> str:
    """One request, as often as its caller is told to try again; how it ended."""
    body = {
        "model": "auto",
        "stream": number % 2 == 0,
        "max_tokens": 100 + number % 5 * 50,
        "messages": [{"role": "user", "content": f"Question {number}: " + "why so? " * (number % 60)}],
    }
    until = time.monotonic() + PATIENCE
    while True:
        async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
            text = await answer.text()
            if answer.status == 200:
                return "answered" if "[DONE]" in text or not body["stream"] else "cut"
            code = json.loads(text)["error"]["code"]
            pause = float(answer.headers.get("retry-after", 0 if answer.status == 429 else 0.5))
        if not pause or time.monotonic() > until:
            return f"{answer.status} {code}"
        await asyncio.sleep(pause)


async def main(requests: int, cluster: bool, kill: bool) -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, nodes = stack.enter_context(books(folder / "store", cluster))
        profile = Profile(first_token_seconds=0.2, seconds_per_token=0.002)
        async with Simulator(profile) as simulator:
            gateways = []
            for number in range(GATEWAYS):
                place = folder / str(number)
                place.mkdir()
                environment = {"ROUTERGATE_REDIS_URL": url, "ROUTERGATE_REDIS_REPLICAS": str(int(cluster))}
                starting = running_gateway(
                    place, strictly(simulator.base_url, "organisation", BUDGET), environment=environment
                )
                gateways.append(await asyncio.to_thread(stack.enter_context, starting))
            ended = await load(gateways, requests, nodes if kill else None)
            spent = sum(
                (call.prompt_tokens * RATE_IN + call.output_tokens * RATE_OUT for call in simulator.calls),
                Decimal(),
            ).scaleb(-6)
            await asyncio.sleep(2)
            verified = await asyncio.to_thread(gateways[0].command, "ledger", "verify")
            found = {
                "requests": requests,
                "ended": dict(ended.most_common()),
                "calls": len(simulator.calls),
                "spent_usd": str(spent),
                "share": float(spent / BUDGET),
                "verify": verified.stdout.strip() or verified.stderr.strip(),
                "log": dict(Counter(line["message"][:100] for one in gateways for line in one.logged())),
            }
            print(json.dumps(found, indent=2))
    return int(spent > BUDGET or spent < Decimal("0.97") * BUDGET or verified.returncode != 0)


async def load(gateways: list[RunningGateway], requests: int, nodes: RunningCluster | None) -> Counter[str]:
    """All callers at once; after a while, the primary with the books dies and comes back as a replica."""
    headers = {"Authorization": f"Bearer {KEY}"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(
        headers=headers, timeout=timeout, connector=aiohttp.TCPConnector(limit=0)
    ) as session:
        callers = [
            asyncio.create_task(caller(session, gateways[n % GATEWAYS].url, n)) for n in range(requests)
        ]
        if nodes is not None:
            await asyncio.sleep(3)
            dying = nodes.primary_of("rg:{acme}:holds")
            await asyncio.to_thread(dying.kill)
            await asyncio.sleep(4)
            await asyncio.to_thread(dying.restart)
        return Counter(await asyncio.gather(*callers))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.requests, given.cluster or given.kill, given.kill)))
