"""Half an hour of mixed faults at a steady rate: memory, connections, tasks, and the books afterwards.

    PYTHONPATH=src:tests python benchmarks/soak.py [--minutes 30] [--rate 15] [--out FILE]

`routergate serve` with one worker, one Redis with `appendonly yes`, a simulated provider. Every other request
goes to a model that misbehaves, each of them in its own way; half of these have a second candidate, and half
have none. Three formats, streamed and plain; one caller in twenty hangs up. Afterwards the gateway is idle
for a while, is counted, and is told to stop; then the ledger is compared with the provider's own count.

It fails if a row is missing or there twice, if a row and the provider differ in the calls, or in the tokens
of a whole answer, if a stream ended without its end and without an error, or if a task or connection is left.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from routergate.ledger.names import leases_key
from routergate.store.client import Store, connect
from routergate.testing import PROMPTS, Profile, Simulator
from support.agreement import agreement
from support.asking import eventually
from support.census import Census, census
from support.gateway import KEY, RunningGateway, a_model, configuration, running_gateway, sha256
from support.ledgers import written
from support.processes import Sample, growth, sampled, worker_of
from support.servers import Server

# fmt: off
FAULTS = (
    "400", "401", "429", "429:1", "once429:1", "500", "once500", "503", "529", "context", "filtered",
    "filter", "reset", "silent", "slow:0.3", "slow:30", "muttering", "cut:0", "cut:1", "cut:5", "stall:1",
    "stall:5", "garbage", "nodone", "nousage", "empty", "error200", "crlf", "comments", "usage-inline",
    "split:1", "split:7",
)
# fmt: on
TIMEOUTS = {"connect": 2, "first_byte": 2, "first_token": 2, "idle": 2, "total": 20}
PROFILE = Profile(first_token_seconds=0.05, seconds_per_token=0.001)
IDLE = 65.0
"""Seconds that kept connections and the like have to end in, before and after."""
ENDS = {"chat": b"data: [DONE]", "messages": b"event: message_stop", "responses": b"event: response."}
"""What only a whole stream has."""
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}


@dataclass
class Load:
    """Requests at a steady rate, whether answers come or not."""

    session: aiohttp.ClientSession
    url: str
    ended: Counter[str] = field(default_factory=Counter)
    """As callers saw it."""
    answered: set[str] = field(default_factory=set)
    """Requests whose whole answer came."""
    truncated: list[int] = field(default_factory=list)
    """Requests whose streams ended without an end and without an error."""
    running: set["asyncio.Task[None]"] = field(default_factory=set)
    sent: int = 0

    async def go_on(self, seconds: float, rate: float) -> None:
        began = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
            self.sent += 1
            task = asyncio.create_task(self._one(self.sent))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def _one(self, number: int) -> None:
        kind = ("chat", "chat", "messages", "responses")[number // 3 % 4]
        headers = {"Authorization": f"Bearer {KEY}", "x-routergate-session": f"q{number}"}
        patience = 0.08 if number % 20 == 0 else None
        try:
            async with (
                asyncio.timeout(patience),
                self.session.post(
                    self.url + PATHS[kind], json=asked(number, kind), headers=headers
                ) as answer,
            ):
                body = await answer.read()
        except TimeoutError:
            how = "left"
        except aiohttp.ClientError:
            how = "lost"
        else:
            how = how_it_ended(kind, answer, body)
        self.ended[how] += 1
        if how == "answered":
            self.answered.add(f"q{number}")
        if how == "truncated":
            self.truncated.append(number)


def asked(number: int, kind: str) -> dict[str, Any]:
    """A request that can be told from all others."""
    said = f"Question {number}: {PROMPTS[number % len(PROMPTS)].text}"
    body = {"model": model_for(number), "stream": number % 3 != 0}
    if kind == "responses":
        return {**body, "input": said, "max_output_tokens": 60, "store": False}
    return {**body, "messages": [{"role": "user", "content": said}], "max_tokens": 60}


def model_for(number: int) -> str:
    """Every other one is well; of the others, half have somebody behind them."""
    fault = FAULTS[number // 4 % len(FAULTS)]
    return {1: f"{fault}-or-spare", 3: fault}.get(number % 4, "spare")


def how_it_ended(kind: str, answer: aiohttp.ClientResponse, body: bytes) -> str:
    """As somebody sees it who has only this answer."""
    if answer.status != 200:
        return str(answer.status)
    if "event-stream" not in answer.content_type:
        return "answered"
    if b'"error":{' in body.replace(b": ", b":") or b"event: error" in body:
        return "error in the stream"
    return "answered" if ENDS[kind] in body else "truncated"


def wanted(base_url: str) -> dict[str, Any]:
    """A model and a provider for each fault: none brings another one down."""
    provider = {"kind": "openai", "base_url": base_url, "timeouts": TIMEOUTS}
    faulty = {
        fault: {**a_model(f"sim-mini!{fault}", "economy", 1, 10), "provider": named(fault)}
        for fault in FAULTS
    }
    return configuration(
        base_url,
        providers={"sim": provider, **{named(fault): provider for fault in FAULTS}},
        models={"spare": a_model("sim-mini", "frontier", 2, 20), **faulty},
        routes={f"{fault}-or-spare": {"candidates": [fault, "spare"]} for fault in FAULTS},
        keys=[{"hash": sha256(KEY), "organisation": "acme"}],
        server={"grace_seconds": 10},
    )


def named(fault: str) -> str:
    return "provider-" + fault.replace(":", "-")


async def main(minutes: float, rate: float, out: Path | None) -> int:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Server.started(folder / "store", "--appendonly", "yes", "--save", "")
        stack.callback(server.close)
        simulator = await stack.enter_async_context(Simulator(PROFILE))
        url = f"redis://{server.address}"
        starting = running_gateway(
            folder,
            wanted(simulator.base_url),
            environment={"ROUTERGATE_REDIS_URL": url},
            program="support.counted",
        )
        gateway = await asyncio.to_thread(stack.enter_context, starting)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        store = connect(url, timeout=5)
        stack.push_async_callback(store.close)
        found = await soaked(Load(session, gateway.url), gateway, store, simulator, minutes * 60, rate)
        if out is not None:
            await asyncio.to_thread(shutil.copy, gateway.log, out.with_suffix(".log"))
    text = json.dumps(found, indent=1)
    if out is not None:
        await asyncio.to_thread(out.write_text, text + "\n")
    print(text)
    return int(any(found["problems"].values()))


async def soaked(
    load: Load, gateway: RunningGateway, store: Store, simulator: Simulator, seconds: float, rate: float
) -> dict[str, Any]:
    """What there is to say when it is over."""
    worker, samples = worker_of(gateway.process.pid), list[Sample]()
    # Every way through the gateway once: what it keeps for good is there afterwards.
    await load.go_on(60, rate)
    await at_rest(load, store, simulator)
    before = await asyncio.to_thread(census, gateway)
    watching = asyncio.create_task(sampled(worker, samples, every=5))
    await load.go_on(seconds, rate)
    watching.cancel()
    await at_rest(load, store, simulator)
    after = await asyncio.to_thread(census, gateway)
    rows = await written(store)
    verified = await asyncio.to_thread(gateway.command, "ledger", "verify")
    began = time.monotonic()
    code = await asyncio.to_thread(gateway.stop, 30)
    books = agreement(rows, simulator.calls)
    return {
        "minutes": seconds / 60,
        "rate": rate,
        "sent": load.sent,
        "callers": dict(load.ended.most_common()),
        "rows": dict(Counter(row.outcome for row in rows).most_common()),
        "attempts": dict(Counter(one.result for row in rows for one in row.attempts).most_common()),
        "books": {**asdict(books), "problems": books.problems[:20]},
        "memory": growth(samples),
        "idle": {"before": told(before), "after": told(after)},
        "more_objects": left(before.kinds, after.kinds),
        "seconds_to_stop": round(time.monotonic() - began, 2),
        "verify": verified.stdout.strip() or verified.stderr.strip(),
        "errors_logged": dict(errors_logged(gateway).most_common(10)),
        "problems": {
            "answers without a row": len(load.answered - {row.session for row in rows}),
            "in the books": len(books.problems),
            "truncated": load.truncated,
            "lost": load.ended["lost"],
            "tasks left": left(before.tasks, after.tasks),
            "connections left": max(after.sockets - before.sockets, 0),
            "verify": verified.returncode,
            "exit code": code,
        },
        "series": [[round(one.at - samples[0].at), one.rss_kib, one.sockets] for one in samples],
    }


async def at_rest(load: Load, store: Store, simulator: Simulator) -> None:
    """Return when nobody waits for anything any more, and kept connections have had time to end."""
    await asyncio.gather(*load.running)
    async with asyncio.timeout(60):
        await simulator.until(lambda calls: all(call.ended for call in calls))

    async def all_booked() -> bool:
        return not await store.call("ZCARD", leases_key("acme"))

    await eventually(all_booked, patience=60)
    await asyncio.sleep(IDLE)


def told(counted: Census) -> dict[str, Any]:
    """What fits on a screen."""
    return {
        "tasks": counted.tasks,
        "objects": counted.objects,
        "sockets": counted.sockets,
        "rss_mib": round(counted.rss_kib / 1024, 1),
    }


def errors_logged(gateway: RunningGateway) -> Counter[str]:
    """What the gateway found worth an error line; a provider's faults are not."""
    lines = [line for line in gateway.logged() if str(line.get("level")).lower() in {"error", "critical"}]
    return Counter(str(line.get("message") or line.get("event")) for line in lines)


def left(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What was not there before."""
    more = {name: count - before.get(name, 0) for name, count in after.items()}
    return {name: count for name, count in more.items() if count > 0}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=15)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.minutes, given.rate, given.out)))
