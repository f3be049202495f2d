"""The console in a real browser, before a real gateway with simulated providers and some traffic."""

import asyncio
import json
import os
import shutil
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from math import inf, sin
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from routergate.accounts.registry import KeyRegistry
from routergate.app import SystemClock
from routergate.domain.event import UsageEvent
from routergate.domain.model import ModelCard, ModelClass, ModelId
from routergate.domain.money import nanos
from routergate.ledger.ledger import RedisLedger
from routergate.store.client import connect
from routergate.testing import PROMPTS, Profile, Prompt, Simulator
from support.events import MINI, an_attribution, an_event
from support.gateway import ADMIN_KEY, RunningGateway, a_model, configuration, running_gateway
from support.servers import Server
from support.stage import Caller, a_caller, simulator_in_a_thread, usage_of

VIEWER_KEY = "rg-viewer-key-for-tests"
NAMES = (
    "live",
    "spend",
    "events",
    "quality",
    "portfolio",
    "budgets",
    "providers",
    "prices",
    "keys",
    "playground",
    "configuration",
    "audit",
)
"""Every view, as the address has it."""
REQUESTS, RATED = 36, 20
DAYS = 26
"""Of earlier traffic."""


@dataclass(frozen=True)
class Desk:
    """What operators look at."""

    gateway: RunningGateway
    store: Server
    simulator: Simulator
    loop: AbstractEventLoop = field(repr=False)
    """The simulator's."""

    def ask(self, requests: int) -> None:
        """Requests of every kind, all answered when it returns; users have said what they think of some."""
        asyncio.run_coroutine_threadsafe(_asked(self.url, requests), self.loop).result(60)

    @property
    def url(self) -> str:
        return self.gateway.url


@contextmanager
def a_desk(folder: Path, *, traffic: bool) -> Iterator[Desk]:
    """A gateway over three simulated models, one of them one's own; with traffic of weeks, or with none."""
    store = Server.started(folder / "store")
    profile = Profile(models=("sim-mini", "sim-large", "sim-contracts-7b")).at_speed(inf)
    environment = {"ROUTERGATE_REDIS_URL": f"redis://{store.address}", "ROUTERGATE_VIEWER_KEY": VIEWER_KEY}
    try:
        with (
            simulator_in_a_thread(profile) as (simulator, loop),
            running_gateway(folder, described(simulator.base_url), environment=environment) as gateway,
        ):
            gateway.config.write_text(as_yaml(described(simulator.base_url)))
            desk = Desk(gateway, store, simulator, loop)
            if traffic:
                history = _history(f"redis://{store.address}", folder)
                asyncio.run_coroutine_threadsafe(history, loop).result(60)
                desk.ask(REQUESTS)
            yield desk
    finally:
        store.close()


def described(base_url: str) -> dict[str, Any]:
    """Its configuration."""
    plain = configuration(base_url)
    provider = {**plain["providers"]["sim"], "region": "eu"}
    return {
        **plain,
        "providers": {"economy": provider, "frontier": provider, "gpus": {**provider, "kind": "vllm"}},
        "models": {
            "mini": {
                **a_model("sim-mini", "economy", 0.15, 0.60),
                "provider": "economy",
                "prices": [
                    {"from": "2024-01-01", "input": 0.50, "output": 1.50},
                    {"from": "2025-09-01", "input": 0.15, "output": 0.60},
                ],
            },
            "large": {**a_model("sim-large", "frontier", 2.50, 10.00), "provider": "frontier"},
            "contracts-7b": {
                **a_model("sim-contracts-7b", "self_hosted", 0.04, 0.12),
                "provider": "gpus",
                "category": "fine_tuned",
                "quality": 0.97,
                "serves": ["contract-review"],
                "asset": {
                    "training": {"cost": 2400, "in_service": "2026-01-15", "life_months": 24},
                    "hosting": {"gpus": 1, "gpu_hour": 0.5, "tokens_per_second": 10000},
                    "maintenance": {"monthly": 50},
                },
            },
        },
        "tasks": {"contract-review": {"match": {"features": ["contracts"]}}},
        "routes": {
            "auto": {"candidates": ["contracts-7b", "mini", "large"], "baseline": "large", "quality": 0.9}
        },
        "organisations": {
            "acme": {
                "budgets": [{"scope": "organisation", "usd": 500, "window": "month"}],
                "limits": [{"scope": "key", "requests": 100_000, "per": "minute"}],
            }
        },
    }


def as_yaml(written: Mapping[str, Any]) -> str:
    """As people write it: line by line, and nothing by reference."""
    return yaml.safe_dump(json.loads(json.dumps(written)), sort_keys=False)


async def _history(url: str, folder: Path) -> None:
    """Weeks of traffic, booked as the gateway books it; and two keys."""
    store, clock = connect(url, timeout=5), SystemClock()
    ledger = RedisLedger(store, clock, "history", folder / "spool")
    writing = asyncio.create_task(ledger.run())
    for event in earlier(datetime.now(UTC)):
        ledger.settle(event)
    await ledger.flush(30)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await ledger.close()
    registry = KeyRegistry(store, clock, by="cli:ann")
    await registry.create("acme", team="support", name="help desk")
    await registry.create("initech", name="intranet")
    await store.close()


LARGE = replace(MINI, id=ModelId("large"), model_class=ModelClass.FRONTIER)
OWN = replace(MINI, id=ModelId("contracts-7b"), model_class=ModelClass.SELF_HOSTED)
SPENT: Mapping[tuple[str, str], tuple[ModelCard, str]] = {
    ("support-bot", "globex"): (MINI, "0.9"),
    ("contracts", "initrode"): (OWN, "0.35"),
    ("search", "globex"): (MINI, "0.6"),
    ("coding", "hooli"): (LARGE, "4.1"),
    ("reports", "hooli"): (LARGE, "2.2"),
}
"""Dollars a day of each feature and its customer."""


def earlier(now: datetime) -> Iterator[UsageEvent]:
    """A request a day for each feature, dear enough to stand for many."""
    for ago in range(1, DAYS + 1):
        at = int((now - timedelta(days=ago)).timestamp()) * 10**9
        for number, ((feature, customer), (card, usd)) in enumerate(SPENT.items()):
            cost = Decimal(usd) * Decimal(f"{1 + 0.3 * sin(ago / 3 + number):.3f}")
            yield an_event(
                id=f"req_{at:016x}{number:012x}",
                at=at,
                attribution=an_attribution(feature=feature, customer=customer, team="research"),
                card=card,
                cost=nanos(cost),
                baseline_cost=nanos(cost * (1 if card is LARGE else 7)),
            )


async def _asked(url: str, requests: int) -> None:
    async with a_caller(url) as caller:
        decisions = [await _answered(caller, prompt) for prompt in islice(cycle(PROMPTS), requests)]
        said = [
            {"decision_id": one, "thumbs": "down" if at % 8 == 0 else "up"}
            for at, one in enumerate(decisions)
        ]
        await caller.ask("POST", "/v1/feedback", json={"items": said[:RATED]})
        await usage_of(caller, requests)


async def _answered(caller: Caller, prompt: Prompt) -> str:
    body = {**prompt.body("auto"), "metadata": {"feature": prompt.feature, "customer": "globex"}}
    reply = await caller.ask("POST", "/v1/chat/completions", json=body)
    return reply.headers["x-routergate-decision-id"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; where there is none the test is skipped, but not in CI."""
    program = shutil.which("chromium")
    if program is None:
        missing = "chromium is not installed (on Debian: apt-get install chromium)"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser, with all that the browser complained about and asked for."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.hosts.add("/".join(request.url.split("/")[:3]))

    def sign_in(self, key: str = ADMIN_KEY) -> "Visitor":
        """Come in by the front door."""
        self.page.goto(f"{self.url}/console")
        self.page.get_by_label("Admin or viewer key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Live", level=1).wait_for()
        return self

    def complained(self) -> Sequence[str]:
        """What the browser found wrong since it was last asked."""
        found, self.complaints = self.complaints, []
        return found

    def open(self, view: str) -> "Visitor":
        """Go to a view by its address; returns when it has what it asked for."""
        self.page.goto(f"{self.url}/console#/{view}")
        title = view.partition("/")[0].partition("?")[0].capitalize()
        self.page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
        self.page.locator("main [aria-busy=true]").first.wait_for(state="detached")
        return self

    def text(self) -> str:
        """What the view says."""
        return self.page.locator("main").inner_text()

    def barriers(self) -> Sequence[str]:
        """What keeps somebody out, by axe-core's account: serious things only."""
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"], "resultTypes": ["violations"]}
        found = Axe().run(self.page, options=rules).response["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]


@contextmanager
def a_visitor(browser: Browser, url: str, **options: Any) -> Iterator[Visitor]:
    """A browser window of one's own, with neither cookies nor memories."""
    context: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    try:
        yield Visitor(context.new_page(), url)
    finally:
        context.close()
