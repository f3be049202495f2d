"""A simulator in a thread of its own, a gateway in front of it, and a caller: for as many tests as like."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from routergate.store.embedded import short_socket
from routergate.testing import Call, Profile, Simulator
from support.gateway import KEY, RunningGateway, a_model, configuration, running_gateway, sha256

PINNED_KEY = "rg-test-key-of-one-customer-and-feature"
SMALL_ONLY_KEY = "rg-test-key-that-may-use-small"
ADDED_UP_KEY, ENDED_KEY = "rg-test-key-for-adding-up", "rg-test-key-for-how-requests-end"
FORMATS_KEY, CACHE_KEY = "rg-test-key-for-every-format", "rg-test-key-for-kept-answers"
BOOKED_KEY = "rg-test-key-for-kept-answers-that-are-booked"
"""For one test each: nobody else's requests are in their usage."""
FAULTS = (
    "400",
    "500",
    "503",
    "cut:5",
    "stall:5",
    "crlf",
    "comments",
    "split:3",
    "usage-inline",
    "nousage",
    "error200",
    "filter",
)
"""A model for each, called by its fault, on a provider of its own: none brings another one down."""

CLAUDES = {
    name: {**a_model(upstream, "frontier", 3, 15), "provider": "anthropic"}
    for name, upstream in {
        "claude": "sim-frontier",
        "claude-cut": "sim-frontier!cut:6",
        "claude-400": "sim-frontier!400",
    }.items()
}
"""Models of a provider that speaks Anthropic's format."""

HOOKS = {
    "pii": {"use": "routergate.guardrails.pii:Redaction"},
    "careful": {"use": "support.hooks:Careful"},
    "answers": {"use": "support.hooks:Answers"},
    "loud": {"use": "support.hooks:Loud"},
    "broken": {"use": "support.hooks:Broken"},
    "lenient": {"use": "support.hooks:Broken", "on_error": "pass"},
    "everywhere": {"use": "support.hooks:Doorkeeper", "direct": True},
}
"""Guardrails; each has a route of its name."""
TESTS = Path(__file__).parents[1]
VECTORS = {**a_model("sim-mini", "economy", 0.02, 0), "capabilities": ["embeddings"]}


@dataclass(frozen=True)
class Stage:
    """What is running."""

    gateway: RunningGateway
    simulator: Simulator
    loop: asyncio.AbstractEventLoop
    """The simulator's."""

    @property
    def store_url(self) -> str:
        """Where the gateway's own store answers."""
        folder = Path(self.gateway.environment["ROUTERGATE_DATA_DIR"])
        return f"unix://{quote(str(short_socket(folder.resolve())))}"

    async def until(self, true: Callable[[Sequence[Call]], bool]) -> Sequence[Call]:
        """Wait until something is true of the simulator's calls."""
        waiting = asyncio.run_coroutine_threadsafe(self.simulator.until(true), self.loop)
        return await asyncio.wrap_future(waiting)

    def calls_with(self, text: str) -> list[Call]:
        """What the simulator saw of the requests that hold `text`."""
        return [call for call in self.simulator.calls if text in json.dumps(call.body)]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer of the gateway, read to its end."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The error object; an answer without one is no error."""
        return self.json["error"]


@dataclass(frozen=True)
class Caller:
    """Someone with a key."""

    url: str
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **options: Any) -> Reply:
        async with self.session.request(method, self.url + path, **options) as response:
            return Reply(status=response.status, headers=response.headers.copy(), body=await response.read())

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.ask("GET", path, **options)

    async def chat(
        self, model: str = "auto", text: str = "Hello?", headers: Mapping[str, str] | None = None, **more: Any
    ) -> Reply:
        """One question."""
        messages = [{"role": "user", "content": text}]
        body = {"model": model, "messages": messages, **more}
        return await self.ask("POST", "/v1/chat/completions", json=body, headers=headers)

    async def send(self, body: bytes, content_type: str = "application/json", **headers: str) -> Reply:
        """A body as it is."""
        sent = {"Content-Type": content_type, **headers}
        return await self.ask("POST", "/v1/chat/completions", data=BytesIO(body), headers=sent)


@asynccontextmanager
async def a_caller(url: str, key: str = KEY) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        yield Caller(url, session)


async def usage_of(caller: Caller, requests: int, by: str = "model") -> list[Any]:
    """The caller's own usage, once that many requests are in it."""
    while True:
        reply = await caller.get("/v1/usage", params={"by": by})
        rows: list[Any] = reply.json["data"]
        if sum(row["requests"] for row in rows) >= requests:
            return rows
        await asyncio.sleep(0.02)


@contextmanager
def simulator_in_a_thread(profile: Profile) -> Iterator[tuple[Simulator, asyncio.AbstractEventLoop]]:
    """A simulator that outlives the event loops of the tests."""
    simulator, loop = Simulator(profile), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(simulator.__aenter__(), loop).result()
        yield simulator, loop
    finally:
        asyncio.run_coroutine_threadsafe(simulator.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def a_stage(folder: Path) -> Iterator[Stage]:
    """Both, with a model for every fault and keys of every kind."""
    profile = Profile(models=("sim-mini", "sim-frontier"))
    with (
        simulator_in_a_thread(profile) as (simulator, loop),
        running_gateway(folder, staged(simulator.base_url), environment=with_hooks()) as gateway,
    ):
        yield Stage(gateway, simulator, loop)


def with_hooks() -> dict[str, str]:
    """An environment in which a gateway finds the tests' own guardrails."""
    return {"PYTHONPATH": os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(TESTS)])}


def staged(base_url: str) -> dict[str, Any]:
    """The configuration of the stage."""
    plain = configuration(base_url)
    provider = plain["providers"]["sim"]
    spare = {**provider, "timeouts": {"connect": 1, "first_byte": 60, "idle": 60, "total": 60}}
    models = {fault: {**_faulty(fault), "provider": _named(fault)} for fault in FAULTS}
    return {
        **plain,
        "router": {"remember": True},
        "providers": {
            **plain["providers"],
            **{_named(fault): spare for fault in FAULTS},
            "anthropic": {**spare, "kind": "anthropic", "api_key": "sk-ant-of-the-stage"},
        },
        "models": {**plain["models"], **models, **CLAUDES, "vectors": VECTORS},
        "routes": {
            **plain["routes"],
            "second-best": {"candidates": ["503", "large"], "baseline": "large"},
            "checked": {
                "candidates": ["filter", "large"],
                "baseline": "large",
                "cascade": {"escalate_when": ["refusal", "invalid_json", "truncated", "empty"]},
            },
            "held": {**plain["routes"]["auto"], "holdout": 0.5},
            "all-down": {"candidates": ["503", "error200"]},
            "failing": {"candidates": ["500"]},
            **{name: {**plain["routes"]["auto"], "guardrails": [name]} for name in HOOKS},
            "loud-claude": {"candidates": ["claude"], "guardrails": ["loud"]},
            "loud-kept": {"candidates": ["small"], "guardrails": ["loud"], "cache": {"ttl": "5m"}},
            "kept": {**plain["routes"]["auto"], "cache": {"ttl": "1h", "scope": "organisation"}},
            "kept-claude": {"candidates": ["claude"], "baseline": "claude", "cache": {"ttl": "5m"}},
            "kept-vectors": {"candidates": ["vectors"], "cache": {"ttl": "5m"}},
            "kept-cut": {"candidates": ["cut:5"], "cache": {"ttl": "5m"}},
        },
        "guardrails": HOOKS,
        "keys": [
            *plain["keys"],
            {"hash": sha256(PINNED_KEY), "organisation": "acme", "customer": "globex", "feature": "search"},
            {"hash": sha256(SMALL_ONLY_KEY), "organisation": "acme", "allow": ["small"]},
            {"hash": sha256(ADDED_UP_KEY), "organisation": "acme"},
            {"hash": sha256(FORMATS_KEY), "organisation": "acme"},
            {"hash": sha256(CACHE_KEY), "organisation": "initech"},
            {"hash": sha256(BOOKED_KEY), "organisation": "umbrella"},
            {"hash": sha256(ENDED_KEY), "organisation": "acme", "team": "endings"},
        ],
        "server": {"grace_seconds": 3, "max_body_mb": 1},
    }


def _named(fault: str) -> str:
    return f"provider-{fault.replace(':', '-')}"


def _faulty(fault: str) -> dict[str, Any]:
    return a_model(f"sim-mini!{fault}", "economy", 0.15, 0.60)
