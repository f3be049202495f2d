"""What a process does beside the requests, again and again."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from routergate.allowances import purses
from routergate.app import Parts
from routergate.dispatch.crowd import fill
from routergate.dispatch.watch import Rounds, measure
from routergate.domain.asset import Asset, Volume
from routergate.domain.budget import Rules
from routergate.domain.capacity import Fill
from routergate.domain.decision import Catalogue
from routergate.domain.errors import StoreUnavailable
from routergate.domain.money import Nanos
from routergate.economics.fixed import charge, unamortised
from routergate.gateway import Gateway
from routergate.ledger.backlog import backlog
from routergate.ledger.sweeper import Sweeper
from routergate.store.circuits import exchange
from routergate.telemetry.capital import Capital

log = logging.getLogger(__name__)

LEARNED_EVERY, CIRCUITS_EVERY, GAUGES_EVERY, BUDGETS_EVERY, ASSETS_EVERY = 5.0, 0.5, 1.0, 5.0, 5.0
CAPACITY_EVERY, PROBES_EVERY, LEDGER_EVERY = 1.0, 0.5, 10.0
NANOS_PER_HOUR = 3600 * 1_000_000_000


async def kept_running(job: Callable[[], Awaitable[None]]) -> None:
    """Run for ever. A background job that fails is a defect, but no reason to stop serving."""
    while True:
        try:
            await job()
        except Exception:
            log.exception("a background job failed and is started again")
        await asyncio.sleep(1)


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until they end: in Python 3.11 `asyncio.wait_for`, which redis-py uses, can swallow one."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.2)


async def show_gauges(parts: Parts, sweeper: Sweeper, gateway: Callable[[], Gateway]) -> None:
    """Keep the metrics that no event moves."""
    dropped, spooled, damaged, unanswered = Growth(), Growth(), Growth(), Growth()
    corrected, swept = Growth(), Growth()
    ledger, metrics = parts.ledger, parts.metrics
    while True:
        now = gateway()
        metrics.providers.show(now.dispatcher, now.router.catalogue, parts.clock.monotonic())
        metrics.queues.show(parts.experience.queues)
        metrics.fullness.show(_fills(now, parts.clock.monotonic()))
        metrics.events_waiting(ledger.pending, ledger.on_disk)
        metrics.events_dropped(dropped.to(ledger.dropped))
        metrics.events_spooled(spooled.to(ledger.spooled))
        metrics.spool_damaged(damaged.to(ledger.damaged))
        metrics.events_corrected(corrected.to(ledger.corrected))
        metrics.reservations_swept(swept.to(sweeper.swept))
        metrics.store(up=parts.store.up, failures=unanswered.to(parts.store.failures))
        await asyncio.sleep(GAUGES_EVERY)


@dataclass(slots=True)
class Growth:
    """How much a total has grown since it was last seen."""

    seen: int = 0

    def to(self, total: int) -> int:
        grown, self.seen = total - self.seen, total
        return grown


async def share_learned(parts: Parts) -> None:
    """Tell the other workers what was learned of answers' lengths and models' volumes, and hear from them."""
    while True:
        with suppress(StoreUnavailable):  # what was learned stays, and goes along next time
            await parts.lengths.sync(parts.store)
            await parts.volumes.sync(parts.store)
        await asyncio.sleep(LEARNED_EVERY)


async def show_assets(parts: Parts, catalogue: Callable[[], Catalogue]) -> None:
    """Keep the metrics of models as capital. Every worker does: their gauges are merged, not added."""
    while True:
        at = parts.clock.epoch_ns()
        assets = {card.id: card.asset for card in catalogue().models.values() if card.asset}
        parts.metrics.capital.show(
            {model: _capital(asset, at, parts.volumes.of(model, at)) for model, asset in assets.items()}
        )
        await asyncio.sleep(ASSETS_EVERY)


def _capital(asset: Asset, at: int, volume: Volume) -> Capital:
    served = volume.served
    by_the_hour = asset.hosting is None or asset.hosting.foreseen
    return Capital(
        unamortised=unamortised(asset, at, served),
        hourly=charge(asset, at, at + NANOS_PER_HOUR, (served, served), None if by_the_hour else Nanos(0)),
        served=served,
    )


async def show_ledger(parts: Parts) -> None:
    """Keep the metrics of what waits to be put into files. Every worker does: their gauges are merged."""
    while True:
        with suppress(StoreUnavailable):  # the last ones known stay
            waiting = await backlog(parts.store)
            now = parts.clock.epoch_ns() // 1_000_000
            oldest = now if waiting.oldest is None else waiting.oldest
            parts.metrics.ledger(max(now - oldest, 0) / 1000, waiting.events)
        await asyncio.sleep(LEDGER_EVERY)


async def watch_capacity(parts: Parts, gateway: Callable[[], Gateway]) -> None:
    """Keep in mind how full servers are that tell it."""
    while True:
        await measure(gateway().dispatcher, parts.clock)
        await asyncio.sleep(CAPACITY_EVERY)


async def probe_servers(parts: Parts, gateway: Callable[[], Gateway]) -> None:
    """Look after servers that nobody asks."""
    rounds = Rounds(parts.metrics.providers.looked)
    while True:
        now = gateway()
        await rounds.go(now.dispatcher, now.router.catalogue.models.values(), parts.clock)
        await asyncio.sleep(PROBES_EVERY)


def _fills(gateway: Gateway, now: float) -> Mapping[str, Fill]:
    """How full the servers of each model are; those of most providers do not tell."""
    fleet, gauges = gateway.dispatcher.fleet, gateway.dispatcher.experience.gauges
    cards = gateway.router.catalogue.models.values()
    return {card.id: fill(fleet[card.provider], gauges, now) for card in cards}


async def share_circuits(parts: Parts) -> None:
    """Tell the other workers which servers fail, and hear from them."""
    me = secrets.token_hex(8)
    while True:
        with suppress(StoreUnavailable):  # a worker alone goes by what it sees itself
            await exchange(parts.experience.circuits, parts.store, me, parts.clock.monotonic())
        await asyncio.sleep(CIRCUITS_EVERY)


async def show_budgets(parts: Parts, rules: Callable[[], Rules]) -> None:
    """Keep the metrics of budgets. Every worker does: their gauges are merged, not added."""
    while True:
        with suppress(StoreUnavailable):  # the last ones known stay
            now = parts.clock.epoch_ns() // 1_000_000
            parts.metrics.purses.show(await purses(parts.store, rules(), now))
        await asyncio.sleep(BUDGETS_EVERY)
