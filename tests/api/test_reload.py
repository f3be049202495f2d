"""A configuration that changes while the gateway runs."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.gateway import ADMIN_KEY, RunningGateway, configuration, running_gateway
from support.stage import Caller, Reply, a_caller

WRITTEN = configuration("http://127.0.0.1:9/v1")
"""Nobody listens there: nothing is asked."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running_gateway(tmp_path_factory.mktemp("reload"), WRITTEN) as running:
        yield running


def write(gateway: RunningGateway, text: str, *, unseen: bool) -> None:
    """Replace the file; `unseen` hides the change from whoever watches it."""
    before = gateway.config.stat()
    fresh = gateway.config.with_suffix(".new")
    fresh.write_text(text)
    if unseen:
        os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.replace(gateway.config)


async def by_admin(gateway: RunningGateway) -> None:
    async with a_caller(gateway.url, ADMIN_KEY) as admin:
        await admin.ask("POST", "/admin/reload")


async def by_signal(gateway: RunningGateway) -> None:
    gateway.process.send_signal(signal.SIGHUP)


async def by_itself(_: RunningGateway) -> None:
    """The change of the file is enough."""


@pytest.mark.parametrize("ask", [by_admin, by_signal, by_itself])
async def test_a_good_configuration_takes_over_and_a_wrong_one_does_not(
    gateway: RunningGateway, ask: Callable[[RunningGateway], Awaitable[None]]
) -> None:
    unseen = ask is not by_itself
    route = ask.__name__
    async with a_caller(gateway.url) as caller:
        write(gateway, json.dumps(with_route(route)), unseen=unseen)
        await ask(gateway)
        await until(lambda: told(caller, "/v1/models"), lambda models: route in names(models))
        write(gateway, json.dumps(with_route(route, candidate="nobody")), unseen=unseen)
        await ask(gateway)
        ready = await until(lambda: told(caller, "/readyz"), lambda said: not said.json["reload"]["ok"])
        assert (ready.status, ready.json["status"]) == (200, "ok")
        assert any("nobody" in problem for problem in ready.json["reload"]["problems"])
        assert route in names(await told(caller, "/v1/models"))
        assert await last_reload(caller) == 0
        write(gateway, json.dumps(WRITTEN), unseen=unseen)
        await ask(gateway)
        await until(lambda: told(caller, "/v1/models"), lambda models: route not in names(models))
        assert (await told(caller, "/readyz")).json["reload"] == {"ok": True, "problems": []}
        assert await last_reload(caller) == 1


async def test_an_admin_is_told_what_is_wrong(gateway: RunningGateway) -> None:
    async with a_caller(gateway.url, ADMIN_KEY) as admin:
        write(gateway, "version: 1\nmodels: [", unseen=True)
        wrong = await admin.ask("POST", "/admin/reload")
        write(gateway, json.dumps(WRITTEN), unseen=True)
        right = await admin.ask("POST", "/admin/reload")
    assert (wrong.status, wrong.json["reloaded"]) == (422, False)
    assert "routergate.yaml" in wrong.json["problems"][0]
    assert (right.status, right.json) == (200, {"reloaded": True})


def with_route(name: str, candidate: str = "large") -> dict[str, Any]:
    return {**WRITTEN, "routes": {**WRITTEN["routes"], name: {"candidates": [candidate]}}}


def names(models: Reply) -> set[str]:
    return {entry["id"] for entry in models.json["data"]}


async def told(caller: Caller, path: str) -> Reply:
    return await caller.get(path)


async def until(look: Callable[[], Awaitable[Reply]], true: Callable[[Reply], bool]) -> Reply:
    """Look until something is true."""
    while not true(found := await look()):
        await asyncio.sleep(0.02)
    return found


async def last_reload(caller: Caller) -> float:
    """What the metric says of the last reload."""
    page = (await caller.get("/metrics")).body.decode()
    [family] = [
        family
        for family in text_string_to_metric_families(page)
        if family.name == "routergate_config_last_reload_successful"
    ]
    return float(family.samples[0].value)
