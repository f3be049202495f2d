"""A primary that is down for a minute, in real time: who answers, how often it is asked, how soon it is back.

    PYTHONPATH=src:tests python benchmarks/guarantees/flapping.py [--down 60] [--rate 5]

One gateway, a route for each way of being down (503 for ever, connections that are reset, silence), each over
a primary of its own and the same second candidate. Requests come at a steady rate to each route, streamed and
plain, before the fall, during it, and after it.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp

from routergate.testing import Profile, Simulator
from support.gateway import KEY, a_model, configuration, running_gateway

FAULTS = ("503", "reset", "silent")
PROFILE = Profile(first_token_seconds=0.05, seconds_per_token=0.001)
FIRST_TOKEN = 1.0
"""Seconds after which a silent provider is left."""
BEFORE, AFTER = 10.0, 40.0


@dataclass
class Watched:
    """One route: its primary, and what callers and the primary have seen."""

    fault: str
    primary: Simulator
    answers: list[tuple[float, str, float]] = field(default_factory=list)
    """When each request was sent, who answered it or its status, and how many seconds that took."""
    asked: list[float] = field(default_factory=list)
    """When the primary was called."""

    def during(self, since: float, until: float) -> list[tuple[float, str, float]]:
        return [one for one in self.answers if since <= one[0] < until]


async def ask(session: aiohttp.ClientSession, url: str, watched: Watched, number: int) -> None:
    """One question, and who answered it."""
    body = {
        "model": f"auto-{watched.fault}",
        "stream": number % 2 == 0,
        "max_tokens": 16,
        "messages": [{"role": "user", "content": f"Question {number}: why so?"}],
    }
    sent = time.monotonic()
    async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
        text = await answer.read()
    whole = answer.status == 200 and (b"[DONE]" in text or not body["stream"])
    who = answer.headers["x-routergate-model"] if whole else f"{answer.status}"
    watched.answers.append((sent, who, time.monotonic() - sent))


async def go_on(session: aiohttp.ClientSession, url: str, all_watched: Sequence[Watched], at: float) -> None:
    """A request to each route every so often, until cancelled; then wait for those that run."""
    began, number = time.monotonic(), 0
    async with asyncio.TaskGroup() as running:
        try:
            while True:
                await asyncio.sleep(max(began + number / at - time.monotonic(), 0))
                for watched in all_watched:
                    running.create_task(ask(session, url, watched, number))
                number += 1
        except asyncio.CancelledError:
            return


async def noted(watched: Watched) -> None:
    """Keep the times at which the primary is called."""
    while True:
        seen = len(watched.primary.calls)
        watched.asked += [time.monotonic()] * (seen - len(watched.asked))
        await watched.primary.until(lambda calls, seen=seen: len(calls) > seen)  # type: ignore[misc]  # bound now


def told(watched: Watched, fell: float, rose: float) -> dict[str, Any]:
    """What there is to say of one route."""
    down, probes = watched.during(fell, rose), [at - fell for at in watched.asked if fell <= at < rose]
    back = [sent - rose for sent, who, _ in watched.during(rose, rose + AFTER) if who.startswith("primary")]
    lost = [who for _, who, _ in watched.answers if who.isdigit()]
    return {
        "requests while down": len(down),
        "answered by": dict(Counter(who for _, who, _ in down)),
        "not answered, ever": len(lost),
        "p50_ms": round(1e3 * statistics.median(seconds for _, _, seconds in down)),
        "longest_ms": round(1e3 * max(seconds for _, _, seconds in down)),
        "calls to the primary while down": len(probes),
        "of these after the first 5 s": len([at for at in probes if at > 5]),
        "longest pause between them, s": round(max(b - a for a, b in pairwise(probes)), 1),
        "back after, s": round(min(back), 1) if back else None,
    }


def wanted(primaries: Sequence[Watched], spare: Simulator) -> dict[str, Any]:
    """A provider, a model and a route for each primary."""
    patience = {"connect": 2, "first_byte": FIRST_TOKEN, "first_token": FIRST_TOKEN, "idle": 5, "total": 30}
    names = [watched.fault for watched in primaries]
    return configuration(
        spare.base_url,
        providers={
            "sim": {"kind": "openai", "base_url": spare.base_url, "timeouts": patience},
            **{
                f"provider-{watched.fault}": {
                    "kind": "openai",
                    "base_url": watched.primary.base_url,
                    "timeouts": patience,
                }
                for watched in primaries
            },
        },
        models={
            "spare": a_model("sim-mini", "frontier", 2, 20),
            **{
                f"primary-{name}": {
                    **a_model("sim-mini", "economy", 1, 10),
                    "provider": f"provider-{name}",
                }
                for name in names
            },
        },
        routes={f"auto-{name}": {"candidates": [f"primary-{name}", "spare"]} for name in names},
    )


async def main(down: float, rate: float) -> int:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        spare = await stack.enter_async_context(Simulator(PROFILE))
        primaries = [Watched(fault, await stack.enter_async_context(Simulator(PROFILE))) for fault in FAULTS]
        starting = running_gateway(folder, wanted(primaries, spare))
        gateway = await asyncio.to_thread(stack.enter_context, starting)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"})
        )
        notes = [asyncio.create_task(noted(watched)) for watched in primaries]
        load = asyncio.create_task(go_on(session, gateway.url, primaries, rate))
        await asyncio.sleep(BEFORE)
        for watched in primaries:
            watched.primary.fault = watched.fault
        fell = time.monotonic()
        await asyncio.sleep(down)
        for watched in primaries:
            watched.primary.fault = None
        rose = time.monotonic()
        await asyncio.sleep(AFTER)
        load.cancel()
        await load
        for note in notes:
            note.cancel()
        found = {watched.fault: told(watched, fell, rose) for watched in primaries}
    print(json.dumps(found, indent=1))
    return int(any(one["not answered, ever"] or (one["back after, s"] or 99) > 30 for one in found.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--down", type=float, default=60)
    parser.add_argument("--rate", type=float, default=5)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.down, given.rate)))
