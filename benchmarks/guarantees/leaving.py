"""How soon a provider is left when the caller is gone, and whether what was delivered is in the books.

    PYTHONPATH=tests python benchmarks/guarantees/leaving.py [--requests 100]

Callers hang up, by turns, before the first word and in the middle of a stream. The time is from the caller's
closing of the connection to the simulated provider's notice that the gateway has closed its own.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from routergate.testing import Profile, Simulator
from support.gateway import KEY, RunningGateway, configuration, running_gateway


async def left(
    session: aiohttp.ClientSession, gateway: RunningGateway, simulator: Simulator, number: int
) -> float:
    """Seconds until the provider noticed that one caller had gone."""
    in_the_middle = number % 2 == 0
    body = {
        "model": "small" if in_the_middle else "large",
        "stream": in_the_middle,
        "messages": [{"role": "user", "content": f"Question {number}: a long answer, please."}],
    }
    simulator.reset()
    asking = asyncio.create_task(session.post(f"{gateway.url}/v1/chat/completions", json=body))
    if in_the_middle:
        answer = await asking
        await answer.content.readany()
        gone = time.monotonic()
        answer.close()
    else:
        await simulator.until(bool)
        gone = time.monotonic()
        asking.cancel()
    await simulator.until(lambda calls: all(call.ended for call in calls))
    return time.monotonic() - gone


async def main(requests: int) -> int:
    profile = Profile(first_token_seconds=0.3, seconds_per_token=0.03)
    async with Simulator(profile) as simulator:
        with tempfile.TemporaryDirectory() as folder:
            gateway = await asyncio.to_thread(
                (starting := running_gateway(Path(folder), configuration(simulator.base_url))).__enter__
            )
            try:
                async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
                    seconds = [await left(session, gateway, simulator, n) for n in range(requests)]
                await asyncio.sleep(1)
                report = json.loads(
                    (
                        await asyncio.to_thread(gateway.command, "report", "usage", "--json", "--by", "model")
                    ).stdout
                )
            finally:
                await asyncio.to_thread(starting.__exit__, None, None, None)
    ordered = sorted(seconds)
    print(
        json.dumps(
            {
                "requests": requests,
                "p50_ms": round(statistics.median(ordered) * 1e3, 1),
                "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))] * 1e3, 1),
                "longest_ms": round(ordered[-1] * 1e3, 1),
                "report": report,
            },
            indent=2,
        )
    )
    return int(ordered[int(0.99 * (len(ordered) - 1))] > 0.1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100)
    sys.exit(asyncio.run(main(parser.parse_args().requests)))
