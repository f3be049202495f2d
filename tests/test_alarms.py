"""Alerts, from the store to a real HTTP receiver."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from routergate.alarms import Alarms
from routergate.app import SystemClock
from routergate.config.load import load
from routergate.config.spec import Config
from routergate.domain.budget import Measure, Scope
from routergate.domain.quality import Trust
from routergate.domain.reservation import Counter, Kind
from routergate.ledger.alerts import untold
from routergate.ledger.names import ORGANISATIONS, alerts_key, counter_key
from routergate.ledger.trust import StoredTrust
from routergate.quality.standings import Moves, Order
from routergate.store.client import Store
from routergate.telemetry.webhooks import listener
from routergate.testing import Profile
from support.comparisons import SUBJECT, a_plan
from support.gateway import KEY, configuration, running_gateway
from support.redis import redis_server, store
from support.stage import a_caller, simulator_in_a_thread

__all__ = ["redis_server", "store"]
COUNTER = Counter(
    scope=Scope.ORGANISATION,
    value="acme",
    measure=Measure.REQUESTS,
    kind=Kind.WINDOW,
    window="day",
    label="2026-11-21",
)


class Receiver:
    """Somebody who is told, and what they were told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.refusals = 0
        self._news = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        async with self._news:
            if self.refusals:
                self.refusals -= 1
                return web.Response(status=503)
            self.told.append(await request.json())
            self._news.notify_all()
        return web.Response(status=204)

    async def until(self, true: Callable[[list[Any]], bool]) -> None:
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(lambda: true(self.told))


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Receiver, str]]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/secret", receiver.answer)
    async with TestServer(app) as server:
        yield receiver, str(server.make_url("/secret"))


def told_at(folder: Path, *alerts: dict[str, str]) -> Config:
    path = folder / "routergate.yaml"
    rules = {"acme": {"budgets": [{"scope": "organisation", "requests": 10, "window": "day", "soft": [0.5]}]}}
    path.write_text(json.dumps({"organisations": rules, "alerts": alerts}))
    return load(path, {})


@asynccontextmanager
async def alarms(store: Store, config: Config, processes: int = 1) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session:
        tasks = [
            asyncio.create_task(Alarms(store, session, SystemClock(), lambda: config).run())
            for _ in range(processes)
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def passed(store: Store, amount: int, organisation: str = "acme") -> None:
    """A counter has come to an amount, as the scripts say it."""
    await store.call("SADD", ORGANISATIONS, organisation)
    key = counter_key(organisation, COUNTER)
    fields = ("what", "passed", "counter", key, "at", amount, "spent", amount)
    await store.call("XADD", alerts_key(organisation), "*", *fields)


async def test_each_alert_comes_once_and_in_order_whatever_the_number_of_processes(
    store: Store, tmp_path: Path
) -> None:
    async with (
        listening() as (receiver, url),
        alarms(store, told_at(tmp_path, {"url": url}), processes=3),
    ):
        await passed(store, 5)
        await passed(store, 10)
        await receiver.until(lambda told: len(told) == 2)
        await passed(store, 11)
        await receiver.until(lambda told: len(told) == 3)
    assert [(one["threshold"], one["limit"]) for one in receiver.told] == [(5, 10), (10, 10), (11, 11)]


async def test_what_was_told_is_not_told_again_by_the_next_process(store: Store, tmp_path: Path) -> None:
    async with listening() as (receiver, url):
        config = told_at(tmp_path, {"url": url})
        await passed(store, 5)
        async with alarms(store, config):
            await receiver.until(lambda told: len(told) == 1)
            await passed(store, 10)
            await receiver.until(lambda told: len(told) == 2)
            while await untold(store, ["acme"], listener(url), 0):
                await asyncio.sleep(0.01)
        async with alarms(store, config):
            await passed(store, 11)
            await receiver.until(lambda told: len(told) > 2)
    assert [one["threshold"] for one in receiver.told] == [5, 10, 11]


async def test_an_alert_that_is_not_taken_is_tried_again(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening() as (receiver, url):
        receiver.refusals = 1
        async with alarms(store, told_at(tmp_path, {"url": url})):
            await passed(store, 5)
            await receiver.until(lambda told: len(told) == 1)
    assert "an alert was not taken by 127.0.0.1: it answered with status 503" in caplog.text
    assert "secret" not in caplog.text


async def test_one_who_does_not_answer_holds_up_nobody_else(store: Store, tmp_path: Path) -> None:
    async with listening() as (receiver, url), listening() as (deaf, elsewhere):
        deaf.refusals = 1000
        async with alarms(store, told_at(tmp_path, {"url": elsewhere}, {"url": url, "format": "slack"})):
            await passed(store, 5)
            await receiver.until(lambda told: len(told) == 1)
    assert receiver.told == [
        {
            "text": "acme: The budget of organisation 'acme' (day 2026-11-21) has passed 50%: "
            "5 requests of 10 requests spent."
        }
    ]


async def test_one_may_be_told_of_one_organisation_only(store: Store, tmp_path: Path) -> None:
    async with (
        listening() as (receiver, url),
        alarms(store, told_at(tmp_path, {"url": url, "organisation": "acme"})),
    ):
        await passed(store, 5, organisation="globex")
        await passed(store, 10)
        await receiver.until(lambda told: len(told) == 1)
    assert [one["organisation"] for one in receiver.told] == ["acme"]


async def test_whoever_is_told_of_everybody_is_told_of_models_that_move(store: Store, tmp_path: Path) -> None:
    order = Order(subject=SUBJECT, trust=Trust.DEMOTED, said="cli:ann", at=10**18)
    stored, moves = StoredTrust(store), Moves({"auto": a_plan()}, {})
    moves.take([order])
    async with listening() as (receiver, url), listening() as (narrow, elsewhere):
        config = told_at(
            tmp_path,
            {"url": url},
            {"url": url + "?chat", "format": "slack"},
            {"url": elsewhere, "organisation": "acme"},
        )
        async with alarms(store, config, processes=2):
            await stored.write(await stored.kept(), "0-0", moves.watches, moves.told)
            await receiver.until(lambda told: len(told) == 2)
    assert narrow.told == []
    [plain] = [one for one in receiver.told if "type" in one]
    assert (plain["type"], plain["model"], plain["from"]) == ("quality.demoted", "mini", "trusted")
    assert {"text": plain["why"].replace(">", "&gt;")} in receiver.told


async def test_a_gateway_tells_of_thresholds_and_of_the_first_refusal(tmp_path: Path) -> None:
    budget = {"scope": "team", "of": "research", "requests": 2, "window": "total", "soft": [0.5]}
    async with listening() as (receiver, url):
        with simulator_in_a_thread(Profile(models=("sim-mini",))) as (simulator, _):
            written = configuration(
                simulator.base_url, organisations={"acme": {"budgets": [budget]}}, alerts=[{"url": "${HOOK}"}]
            )
            with running_gateway(tmp_path, written, workers=2, environment={"HOOK": url}) as gateway:
                async with a_caller(gateway.url, KEY) as caller:
                    assert [(await caller.chat()).status for _ in range(2)] == [200, 200]
                    while (await caller.chat()).error["code"] != "budget_exceeded":
                        pass  # the second one is held until it is booked, and then spent
                await receiver.until(lambda told: len(told) == 3)
    assert sorted((one["type"], one["threshold"]) for one in receiver.told) == [
        ("budget.passed", 1),
        ("budget.passed", 2),
        ("budget.reached", 2),
    ]
