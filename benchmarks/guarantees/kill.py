"""Gateways that are killed with -9, two hundred times, and the books afterwards.

    PYTHONPATH=src:tests python benchmarks/guarantees/kill.py [--injected 120] [--random 80]

One Redis with `appendonly yes`, three gateways, strict budgets, plain and streamed requests to a simulated
provider. Injected: two gateways have one caller each and die at the next one of the places at which a task of
theirs waits or goes on. At random: six callers each, killed from outside at any moment. The third gateway
lives on and sweeps. Then each request is compared: the provider's own count with the ledger's rows.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict
from itertools import count
from pathlib import Path

from routergate.store.client import connect
from routergate.testing import Profile, Simulator
from support.gateway import run_command
from support.lives import Callers, Lives, callers, mortal_configuration, mortal_gateway
from support.reckoning import reckoned, swept
from support.servers import Server

PROFILE = Profile(first_token_seconds=0.02, seconds_per_token=0.002)
REACH = 120
"""Passages up to which lives go on: more than any request has, from its arrival until it is written."""


async def main(injected: int, at_random: int, seed: int) -> int:
    chance = random.Random(seed)  # noqa: S311 - nobody is to be kept from guessing it
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Server.started(folder / "store", "--appendonly", "yes", "--save", "")
        stack.callback(server.close)
        simulator = await stack.enter_async_context(Simulator(PROFILE))
        url, written = f"redis://{server.address}", mortal_configuration(simulator.base_url)
        first, second, steady = [
            await stack.enter_async_context(mortal_gateway(folder / name, written, url))
            for name in ("first", "second", "steady")
        ]
        people = await stack.enter_async_context(callers())
        await steady.begin()
        async with people.calling(steady, 2):
            passages = iter(count())
            await asyncio.gather(*(die_inside(people, one, passages, injected) for one in (first, second)))
            await asyncio.gather(
                *(die_at_random(people, one, chance, at_random // 2) for one in (first, second))
            )
        await steady.stop()
        await simulator.until(lambda calls: all(call.ended for call in calls))
        store = connect(url, timeout=5)
        stack.push_async_callback(store.close)
        await swept(store)
        found = await reckoned(store, simulator.calls, people.answered)
        verified = await asyncio.to_thread(run_command, steady.environment, "ledger", "verify")
        deaths: Counter[str] = first.deaths + second.deaths
        print(json.dumps({
            "kills": {"injected": sum(deaths.values()), "places": len(deaths), "random": at_random // 2 * 2},
            "callers": dict(people.ended.most_common()),
            **asdict(found),
            "verify": verified.stdout.strip() or verified.stderr.strip(),
            "where": dict(deaths.most_common()),
        }, indent=2))  # fmt: skip
    return int(bool(found.problems) or verified.returncode != 0)


async def die_inside(people: Callers, lives: Lives, passages: "count[int]", times: int) -> None:
    """One life after the other, each ending one passage later."""
    async with people.calling(lives, 1):
        while (number := next(passages)) < times:
            await lives.begin(1 + number % REACH, after=number % 3)
            await lives.ended.wait()


async def die_at_random(people: Callers, lives: Lives, chance: random.Random, times: int) -> None:
    """One life after the other, each ending at any moment."""
    async with people.calling(lives, 6):
        for _ in range(times):
            await lives.begin()
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            await lives.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--injected", type=int, default=120)
    parser.add_argument("--random", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.injected, given.random, given.seed)))
