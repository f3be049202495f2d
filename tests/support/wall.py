"""A whole gateway in this process, between a caller and two simulated providers, on a hand-driven clock."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from routergate.api.server import application
from routergate.app import Parts, compose
from routergate.config.load import load
from routergate.gateway import Gateway
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.record import EventRow, row
from routergate.plan import Plan
from routergate.servers import client_session
from routergate.store.client import Store
from routergate.telemetry.metrics import Metrics
from routergate.testing import Profile, Simulator
from routergate.worker import Worker
from support.fakes import ListLedger, WordCounter
from support.gateway import KEY, sha256
from support.redis import HandClock
from support.stage import Caller, Reply, a_caller

RATES = {"small": (1_000, 2_000), "large": (10_000, 20_000)}
"""Nano-dollars per token, in and out."""
TIMEOUTS = {"connect": 10, "first_byte": 30, "first_token": 30, "idle": 30, "total": 60}


PREFILLED = {"marked": "spare", "vllm": "spare-vllm", "claude": "spare-claude"}
"""Models that go on from the beginning of their answer, by the way in which they are told to."""


@dataclass
class Wall:
    """What is running, and what it has seen."""

    primary: Simulator
    """Serves `small`; `fault` is for it."""
    spare: Simulator
    """Serves `large`, which has more room and is dearer."""
    caller: Caller
    gateway: Gateway
    clock: HandClock
    ledger: ListLedger
    worker: Worker

    async def ask(self, model: str, *, stream: bool, **more: Any) -> Reply:
        """One question; it has left its event when the reply is here."""
        before = len(self.ledger.events)
        reply = await self.caller.chat(model, stream=stream, **more)
        async with asyncio.timeout(10):
            while len(self.ledger.events) == before:
                await asyncio.sleep(0.001)
        return reply

    @property
    def row(self) -> EventRow:
        """The last request's."""
        return row(self.ledger.events[-1])

    @property
    def results(self) -> list[str]:
        """What became of the last request's calls: `small: broken`."""
        return [f"{attempt.model}: {attempt.result}" for attempt in self.row.attempts]

    @property
    def calls(self) -> tuple[int, int]:
        """How many each provider has seen."""
        return len(self.primary.calls), len(self.spare.calls)


@asynccontextmanager
async def a_wall(folder: Path, store: Store, **provider: Any) -> AsyncIterator[Wall]:
    """Everything on real sockets; `provider` is added to the primary's configuration."""
    async with AsyncExitStack() as stack:
        primary = await stack.enter_async_context(Simulator(Profile()))
        spare = await stack.enter_async_context(Simulator(Profile()))
        path = folder / "routergate.yaml"
        path.write_text(json.dumps(configuration(primary.base_url, spare.base_url, provider)))
        clock, ledger = HandClock(), ListLedger()
        parts = Parts(
            store=store,
            session=await stack.enter_async_context(client_session()),
            ledger=RedisLedger(store, clock, "wall", folder / "spool"),
            metrics=stack.enter_context(closing(Metrics(folder))),
            counter=WordCounter(),
            clock=clock,
        )
        plan = Plan(
            config=load(path, {}),
            environment={},
            host="127.0.0.1",
            port=0,
            redis_url="",
            redis_timeout=0.25,
            redis_replicas=0,
            metrics=folder,
            counter=parts.counter,
            data_dir=folder,
            ledger=str(folder / "ledger"),
            operators={},
            lifeline=0,
        )
        composed = await compose(plan.config, parts)
        dispatcher = replace(composed.dispatcher, sleep=clock.sleep)
        gateway = replace(composed, till=replace(composed.till, ledger=ledger), dispatcher=dispatcher)
        worker = Worker(plan=plan, parts=parts, config=plan.config, gateway=gateway, loaded_at=0)
        server = await stack.enter_async_context(TestServer(application(worker.services(), 1 << 20)))
        caller = await stack.enter_async_context(a_caller(str(server.make_url("")).rstrip("/")))
        yield Wall(primary, spare, caller, gateway, clock, ledger, worker)


def configuration(primary: str, spare: str, provider: dict[str, Any]) -> dict[str, Any]:
    """A route over both, one over the primary alone, and one key."""
    servers = {} if "replicas" in provider else {"base_url": primary}
    patience = {**TIMEOUTS, **provider.get("timeouts", {})}
    first = {"kind": "openai", **servers, **provider, "timeouts": patience}
    return {
        "providers": {
            "primary": first,
            "spare": {"kind": "openai", "timeouts": TIMEOUTS, "base_url": spare},
            "spare-vllm": {"kind": "vllm", "timeouts": TIMEOUTS, "base_url": spare},
            "spare-claude": {"kind": "anthropic", "timeouts": TIMEOUTS, "base_url": spare},
        },
        "models": {
            "small": a_model("primary", "small", 8_000),
            "large": a_model("spare", "large", 16_000),
            **{
                name: {**a_model(provider, "large", 16_000), "capabilities": ["prefill", "tools"]}
                for name, provider in PREFILLED.items()
            },
        },
        "routes": {
            "auto": {"candidates": ["small", "large"]},
            "alone": {"candidates": ["small"]},
            **{
                f"steady-{name}": {"candidates": ["small", name], "on_break": "continue"}
                for name in PREFILLED
            },
            "steady": {"candidates": ["small", "large"], "on_break": "continue"},
            "hedged": {"candidates": ["small", "large"], "hedge": {"after": 0.05}},
            "patient": {"candidates": ["small", "large"], "hedge": {"after": 60}},
            "usual": {"candidates": ["small", "large"], "hedge": {}},
            "hasty": {"candidates": ["small", "large"], "deadline": 0.1},
        },
        "keys": [{"hash": sha256(KEY), "organisation": "acme"}],
    }


def a_model(provider: str, name: str, room: int) -> dict[str, Any]:
    per_million = [rate / 1_000 for rate in RATES[name]]
    return {
        "provider": provider,
        "name": "sim-mini",
        "class": "economy",
        "context_tokens": room,
        "capabilities": ["tools", "json_schema"],
        "prices": [{"from": "2020-01-01", "input": per_million[0], "output": per_million[1]}],
    }
