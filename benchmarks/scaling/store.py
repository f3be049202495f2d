"""What a request asks of Redis, in commands, processor time and bytes, for docs/scaling.md.

    PYTHONPATH=.:tests python -m benchmarks.scaling.store [--requests 2000] [--together 32]

One gateway before a simulated provider, and a Redis of its own with the append-only file on. Each request has
a key, and its organisation a strict budget that is never reached. Processor time hardly depends on who else
is on the machine; rates would, and are not measured.
"""

import argparse
import asyncio
import json
import tempfile
import urllib.request
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from routergate.testing import Profile, Simulator
from support.gateway import KEY, RunningGateway, running_gateway
from support.lives import strictly
from support.servers import Server, eventually

BUDGET = Decimal(1_000_000)


def looked(server: Server) -> dict[str, float]:
    """How the server stands: numbers that only grow while requests are answered."""
    about: dict[str, Any] = server.client.info("everything")
    calls = {name: stats["calls"] for name, stats in about.items() if name.startswith("cmdstat_")}
    return {
        "commands": sum(calls.values()),
        "cpu_seconds": about["used_cpu_user"] + about["used_cpu_sys"],
        "memory_bytes": about["used_memory"],
        "aof_bytes": about["aof_current_size"],
        "in_bytes": about["total_net_input_bytes"],
        "out_bytes": about["total_net_output_bytes"],
        **calls,
    }


def scraped(gateway: RunningGateway) -> int:
    """How many series Prometheus would find."""
    with urllib.request.urlopen(f"{gateway.url}/metrics") as page:
        return sum(not line.startswith(b"#") for line in page)


async def asked(gateway: RunningGateway, requests: int, together: int) -> None:
    """So many answered requests, so many of them at the same time."""
    body = {
        "model": "auto",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    }
    waiting = iter(range(requests))

    async def caller(session: aiohttp.ClientSession) -> None:
        for _ in waiting:
            async with session.post(f"{gateway.url}/v1/chat/completions", json=body) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        await asyncio.gather(*(caller(session) for _ in range(together)))


def per_request(before: dict[str, float], after: dict[str, float], requests: int) -> dict[str, float]:
    """The growth of each number, for one request."""
    grown = {name: (value - before.get(name, 0)) / requests for name, value in after.items()}
    return {name: round(value, 7) for name, value in grown.items() if value >= 0.001 or name == "cpu_seconds"}


async def main(requests: int, together: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Server.started(folder / "store", "--appendonly", "yes", "--save", "")
        stack.callback(server.close)
        async with Simulator(Profile(first_token_seconds=0.05, seconds_per_token=0.0)) as simulator:
            place = folder / "gateway"
            place.mkdir()
            starting = running_gateway(
                place,
                strictly(simulator.base_url, "organisation", BUDGET),
                environment={"ROUTERGATE_REDIS_URL": f"redis://{server.address}"},
            )
            gateway = await asyncio.to_thread(stack.enter_context, starting)
            await asked(gateway, 200, together)
            before = looked(server)
            stream = server.client.xlen("rg:{acme}:events")
            await asked(gateway, requests, together)
            await asyncio.to_thread(
                eventually, lambda: bool(server.client.xlen("rg:{acme}:events") >= stream + requests)
            )
            after = looked(server)
            series = await asyncio.to_thread(scraped, gateway)
            export = ("ledger", "run", "--once", "--dir", str(folder / "ledger"))
            exported = await asyncio.to_thread(gateway.command, *export)
            assert exported.returncode == 0, exported.stderr
            written = sum(path.stat().st_size for path in (folder / "ledger").rglob("*.parquet"))
    each = per_request(before, after, requests)
    each["parquet_bytes"] = round(written / (stream + requests))
    found = {"requests": requests, "together": together, "series": series, "each": each}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--together", type=int, default=32)
    given = parser.parse_args()
    asyncio.run(main(given.requests, given.together))
