"""Gateways that live several times, and callers who put up with it."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from support.gateway import KEY, a_model, configuration

LIMIT = Decimal("0.02")
"""Dollars that the callers of each `PHASE` may spend."""
PHASE = 150
"""Requests, one behind the other, that share a strict budget."""
RATE_IN, RATE_OUT = Decimal(1), Decimal(10)
"""Dollars per million tokens."""


def mortal_configuration(base_url: str) -> dict[str, Any]:
    """One model, and a strict budget for each phase of the callers' work."""
    return strictly(base_url, "feature", LIMIT)


def strictly(base_url: str, scope: str, usd: Decimal) -> dict[str, Any]:
    """One model of a provider for whom everybody is patient, and a strict budget."""
    budget = {"scope": scope, "usd": float(usd), "window": "total", "mode": "strict"}
    patient = {"connect": 30, "first_byte": 60, "idle": 60, "total": 120}
    return configuration(
        base_url,
        providers={"sim": {"kind": "openai", "base_url": base_url, "timeouts": patient}},
        models={"only": a_model("sim-mini", "economy", float(RATE_IN), float(RATE_OUT))},
        routes={"auto": {"candidates": ["only"]}},
        organisations={"acme": {"budgets": [budget]}},
    )


@dataclass
class Lives:
    """A gateway that is started again and again on the same port."""

    url: str
    process: asyncio.subprocess.Process
    environment: Mapping[str, str] = field(repr=False)
    pid: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    deaths: Counter[str] = field(default_factory=Counter)
    """Where a life ended by itself."""

    async def begin(self, passages: int = 0, *, after: int = 0) -> None:
        """The next life, which ends so many passages `after` so many requests; return when it listens."""
        self.ended.clear()
        self.up.clear()
        assert self.process.stdin is not None
        self.process.stdin.write(f"{after} {passages}\n".encode())
        await self.up.wait()

    async def kill(self) -> None:
        """End a life with -9; return when it is over."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await self.ended.wait()

    async def stop(self) -> None:
        """Let a life drain."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        await self.ended.wait()

    async def listen(self) -> None:
        """Follow what it says."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "listening":
                self.pid = int(rest)
                self.up.set()
            elif word == "died":
                self.deaths[rest] += 1
            elif word == "ended":
                self.up.clear()
                self.ended.set()


@asynccontextmanager
async def mortal_gateway(folder: Path, written: Mapping[str, Any], redis_url: str) -> AsyncIterator[Lives]:
    """A gateway that has not begun its first life."""
    folder.mkdir()
    (folder / "routergate.yaml").write_text(json.dumps(written))
    environment = {
        "ROUTERGATE_CONFIG": str(folder / "routergate.yaml"),
        "ROUTERGATE_DATA_DIR": str(folder / "data"),
        "ROUTERGATE_REDIS_URL": redis_url,
        # On a busy machine it is crashes that are tried, and not how long Redis may take.
        "ROUTERGATE_REDIS_TIMEOUT_MS": "5000",
    }
    with (folder / "gateway.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "support.mortal",
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    port = (await process.stdout.readline()).decode().split()[1]
    lives = Lives(f"http://127.0.0.1:{port}", process, environment)
    listening = asyncio.create_task(lives.listen())
    try:
        yield lives
    finally:
        if lives.up.is_set():
            await lives.kill()
        process.stdin.close()
        await process.wait()
        await listening


@dataclass
class Callers:
    """Each sends one request after the other to its gateway, and waits for the next life when it dies."""

    session: aiohttp.ClientSession
    numbers: Iterator[int] = field(default_factory=count)
    ended: Counter[str] = field(default_factory=Counter)
    """How requests ended, as callers saw it."""
    answered: set[str] = field(default_factory=set)
    """Names of requests whose whole answer came."""

    @asynccontextmanager
    async def calling(self, lives: Lives, how_many: int) -> AsyncIterator[None]:
        """So many at once, until the end of the block; what has begun by then comes to its end."""
        enough = asyncio.Event()
        tasks = [asyncio.create_task(self.call(lives, enough)) for _ in range(how_many)]
        yield
        enough.set()
        lives.up.set()  # whoever waits for the next life need not
        await asyncio.gather(*tasks)

    async def until_answered(self, more: int) -> None:
        """Return when so many more requests have been answered."""
        enough = len(self.answered) + more
        while len(self.answered) < enough:
            await asyncio.sleep(0.005)

    async def call(self, lives: Lives, enough: asyncio.Event) -> None:
        """One request after the other, until it is enough."""
        while True:
            await lives.up.wait()
            if enough.is_set():
                return
            number = next(self.numbers)
            try:
                how = await self.ask(lives, number)
            except (aiohttp.ClientError, ConnectionError):
                how = "lost"
                await asyncio.sleep(0.01)
            self.ended[how] += 1

    async def ask(self, lives: Lives, number: int) -> str:
        """One request, which the ledger will know by its session."""
        body = {
            "model": "auto",
            "stream": number % 2 == 0,
            "max_tokens": 8 + number % 5 * 4,
            "messages": [{"role": "user", "content": f"Question {number}: " + "why so? " * (number % 7)}],
        }
        headers = {
            "x-routergate-session": f"q{number}",
            "x-routergate-feature": f"phase-{number // PHASE}",
        }
        async with self.session.post(
            f"{lives.url}/v1/chat/completions", json=body, headers=headers
        ) as answer:
            text = await answer.text()
            if answer.status == 200:
                if body["stream"] and "[DONE]" not in text:
                    return "lost"
                self.answered.add(f"q{number}")
                return "answered"
            return f"{answer.status} {json.loads(text)['error']['code']}"


@asynccontextmanager
async def callers() -> AsyncIterator[Callers]:
    """People with the key of acme."""
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=aiohttp.ClientTimeout(total=60),
        connector=aiohttp.TCPConnector(limit=0),
    ) as session:
        yield Callers(session)
