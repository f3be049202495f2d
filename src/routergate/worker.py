"""One process that serves: what it opens, what runs beside the requests, and how it ends."""

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from routergate.accounts.idempotency import StoredReplies
from routergate.api.doors import Doors, listening
from routergate.api.services import Services
from routergate.app import Parts, SystemClock, compose, own_usage
from routergate.chores import (
    ended,
    kept_running,
    probe_servers,
    share_circuits,
    share_learned,
    show_assets,
    show_budgets,
    show_gauges,
    show_ledger,
    watch_capacity,
)
from routergate.config.load import load
from routergate.config.spec import Config
from routergate.console import page as console
from routergate.domain.errors import ConfigError, StoreUnavailable
from routergate.domain.feedback import Feedback
from routergate.domain.identity import Identity
from routergate.gateway import Gateway
from routergate.ledger.feedback import FeedbackBook
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.sweeper import Sweeper
from routergate.office import minutes
from routergate.office.clerk import Clerk
from routergate.office.furnished import furnished
from routergate.office.view import View
from routergate.overseeing import heard, overseen
from routergate.plan import Plan
from routergate.servers import client_session
from routergate.store.client import connect
from routergate.telemetry.current import REQUEST
from routergate.telemetry.logs import counted
from routergate.telemetry.metrics import Metrics
from routergate.telemetry.tracing import traced

log = logging.getLogger(__name__)

LAST_WRITES = 5.0
"""Seconds that the ledger may take for its last events when the process stops."""
HEEDED = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals that the supervisor holds back from a new worker until it listens."""
YOUNG = 5_000
"""New objects after which cycles are looked for: requests leave hardly any, and looking costs them time."""


@dataclass(slots=True, kw_only=True)
class Worker:
    """The gateway in force, and how it is replaced."""

    plan: Plan
    parts: Parts
    config: Config
    """That of the gateway."""
    gateway: Gateway
    loaded_at: int
    problems: Sequence[str] = ()
    """What was wrong with the configuration at the last reload."""
    draining: bool = False
    clerk: Clerk = field(default_factory=Clerk)
    """Who reads the ledger's files."""
    _reloading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def reload(self) -> Sequence[str]:
        """Take up the file anew, all of it or nothing; what is wrong with it, if anything is."""
        async with self._reloading:
            try:
                config = await asyncio.to_thread(load, self.plan.config.path, self.plan.environment)
                self.gateway = await compose(config, self.parts)
            except ConfigError as error:
                self.problems = error.problems
                self.parts.metrics.config_rejected()
                log.error("the configuration is not taken up, the one before stays in force: %s", error)
            else:
                self.config = config
                self.loaded_at, self.problems = in_force(config, self.parts), ()
            return self.problems

    async def reload_everywhere(self) -> Sequence[str]:
        """Reload here; if that went well, the supervisor tells the other workers."""
        problems = await self.reload()
        if not problems:
            os.kill(os.getppid(), signal.SIGHUP)
        return problems

    async def readiness(self) -> tuple[bool, Mapping[str, Any]]:
        """Not ready while draining. Without the store it still serves those whom it knows."""
        store = "ok"
        try:
            await self.parts.store.ping()
        except StoreUnavailable as error:
            store = str(error)
        status = "draining" if self.draining else "ok" if store == "ok" else "degraded"
        reload = {"ok": not self.problems, "problems": list(self.problems)}
        return not self.draining, {"status": status, "store": store, "reload": reload}

    async def feedback(self, caller: Identity, said: Sequence[Feedback]) -> None:
        """Take it down, and set it beside what was expected."""
        await FeedbackBook(self.parts.store, self.parts.clock).book(caller, said)
        await heard(self.parts, said)

    def services(self) -> Services:
        """The same, as the HTTP layer sees it."""
        parts = self.parts
        return Services(
            gateway=lambda: self.gateway,
            loaded_at=lambda: self.loaded_at,
            new_id=lambda: f"req_{parts.clock.epoch_ns():016x}{secrets.token_hex(6)}",
            refused=parts.metrics.refused,
            not_admitted=parts.metrics.not_admitted,
            readiness=self.readiness,
            exposition=lambda accept: asyncio.to_thread(parts.metrics.exposition, accept),
            usage=lambda *asked: own_usage(parts.store, *asked),
            feedback=self.feedback,
            replies=StoredReplies(parts.store, self.plan.config.server.max_replay_bytes),
            replayed=parts.metrics.replayed,
            office=furnished(self.view(), self.clerk, self.reload_everywhere, self.plan.operators),
            concerns=REQUEST.set,
            tracing=parts.tracing,
        )

    def view(self) -> View:
        """The same, as operators see it."""
        parts = self.parts
        return View(
            store=parts.store,
            clock=parts.clock,
            config=lambda: self.config,
            gateway=lambda: self.gateway,
            trusts=parts.trusts,
            ledger=self.plan.ledger,
            environment=self.plan.environment,
        )


def in_force(config: Config, parts: Parts) -> int:
    """Say everywhere that a configuration is in force; since when, in seconds since the epoch."""
    now = parts.clock.epoch_ns() // 1_000_000_000
    parts.metrics.announce(config.catalogue)
    parts.metrics.config_read(now)
    for warning in config.warnings:
        log.warning("%s", warning)
    log.info("the configuration %s is in force", config.path)
    return now


async def serve(plan: Plan, slot: int, *, restarted: bool = False) -> None:
    """Serve until SIGTERM, SIGINT or the supervisor's end; then finish what runs, within the grace."""
    stop, wake = asyncio.Event(), asyncio.Event()
    heed(plan.lifeline, stop, wake)
    async with opened(plan, slot) as parts:
        if restarted:
            parts.metrics.worker_restarted()
        gateway = await compose(plan.config, parts)
        worker = Worker(
            plan=plan,
            parts=parts,
            config=plan.config,
            gateway=gateway,
            loaded_at=in_force(plan.config, parts),
        )
        tasks = background(worker, wake)
        gc.freeze()
        gc.set_threshold(YOUNG)
        async with listening(worker.services(), doors(plan)):
            await stop.wait()
            worker.draining = True
            log.info("draining: finishing what runs, for %g s at most", plan.config.server.grace_seconds)
        await parts.ledger.flush(LAST_WRITES)
        await worker.clerk.close()
        await ended(tasks)
        await parts.ledger.close()


@asynccontextmanager
async def opened(plan: Plan, slot: int) -> AsyncIterator[Parts]:
    """Everything with a lifetime that the requests share."""
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        store = connect(plan.redis_url, timeout=plan.redis_timeout)
        stack.push_async_callback(store.close)
        metrics = Metrics(plan.metrics, slot, plan.config.server.metric_labels)
        stack.callback(metrics.close)
        stack.enter_context(counted(metrics.logged))
        name = f"{socket.gethostname()}:{slot}"
        yield Parts(
            store=store,
            session=await stack.enter_async_context(client_session()),
            ledger=RedisLedger(
                store,
                clock,
                name,
                plan.data_dir / "spool",
                replicas=plan.redis_replicas,
            ),
            metrics=metrics,
            counter=plan.counter,
            clock=clock,
            workers=plan.workers,
            tracing=await stack.enter_async_context(traced(plan.environment, name)),
        )


def doors(plan: Plan) -> Doors:
    """Where this worker is asked."""
    server = plan.config.server
    return Doors(
        host=plan.host,
        port=plan.port,
        metrics_port=plan.metrics_port,
        max_body_bytes=server.max_body_bytes,
        grace=server.grace_seconds,
        more=tuple(console.routes()) if server.console else (),
    )


def heed(lifeline: int, stop: asyncio.Event, wake: asyncio.Event) -> None:
    """Listen to signals, those included that came since the fork, and to the supervisor's end."""
    loop = asyncio.get_running_loop()
    for wish in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wish, stop.set)
    loop.add_signal_handler(signal.SIGHUP, wake.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEEDED)
    loop.add_reader(lifeline, _supervisor_gone, stop, loop, lifeline)


def background(worker: Worker, wake: asyncio.Event) -> list[asyncio.Task[None]]:
    """What runs beside the requests; `wake` is the wish to reload."""
    parts = worker.parts
    sweeper = Sweeper(parts.store, parts.clock, socket.gethostname())
    jobs = (
        parts.ledger.run,
        parts.ledger.recover,
        parts.ledger.renew,
        sweeper.run,
        lambda: share_learned(parts),
        lambda: share_circuits(parts),
        lambda: watch_capacity(parts, lambda: worker.gateway),
        lambda: probe_servers(parts, lambda: worker.gateway),
        lambda: show_gauges(parts, sweeper, lambda: worker.gateway),
        lambda: show_assets(parts, lambda: worker.config.catalogue),
        lambda: show_budgets(parts, lambda: worker.config.rules),
        lambda: show_ledger(parts),
        lambda: minutes.keep(worker.view()),
        *overseen(parts, lambda: worker.gateway, lambda: worker.config),
        lambda: _reload_when(wake, worker),
    )
    return [asyncio.create_task(kept_running(job)) for job in jobs]


def _supervisor_gone(stop: asyncio.Event, loop: asyncio.AbstractEventLoop, lifeline: int) -> None:
    loop.remove_reader(lifeline)
    log.error("the supervisor is gone")
    stop.set()


async def _reload_when(wake: asyncio.Event, worker: Worker) -> None:
    while True:
        await wake.wait()
        wake.clear()
        await worker.reload()
