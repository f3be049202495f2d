"""Composition root: the only module that knows all."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import aiohttp

from routergate.accounts.cache import StoredAnswers
from routergate.accounts.homes import StoredHomes
from routergate.accounts.keyring import StoredKeyring
from routergate.capture.taking import Nothing
from routergate.capturing import rails, taking
from routergate.classify.trained import TrainedEstimator
from routergate.config.spec import (
    Config,
    ProviderSpec,
    ServerSpec,
)
from routergate.deciding import Router
from routergate.dispatch.calls import Experience
from routergate.dispatch.checked import Checker
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Fleet
from routergate.dispatch.resume import Seams
from routergate.domain.errors import InvalidRequest
from routergate.domain.identity import Identity
from routergate.gateway import Gateway
from routergate.guardrails.guards import RouteGuards
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.reader import totals
from routergate.ledger.volumes import LearnedVolumes
from routergate.meter.recent import Recent
from routergate.ports import Clock, Lengths, TokenCounter, Volumes
from routergate.providers.reading import ChatReader
from routergate.providers.thread import ChatThread
from routergate.reporting.question import Question
from routergate.reporting.render import plain_rows
from routergate.reporting.usage import TOTALLED, from_totals
from routergate.servers import fleet
from routergate.shadowing import Samples
from routergate.spend.book import Book
from routergate.spend.reservation import Till
from routergate.store.client import Store
from routergate.telemetry.metrics import Metrics
from routergate.trusting import Trusts

if TYPE_CHECKING:
    from routergate.telemetry.otel import Tracing


class SystemClock:
    """The machine's own time."""

    def epoch_ns(self) -> int:
        """Wall clock, nanoseconds since the epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds from some point, never going back."""
        return time.monotonic()


_: type[Clock] = SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a process shares between the gateways that follow each other in it."""

    store: Store
    session: aiohttp.ClientSession
    ledger: RedisLedger
    metrics: Metrics
    counter: TokenCounter
    lengths: LearnedLengths = field(default_factory=LearnedLengths)
    volumes: LearnedVolumes = field(default_factory=LearnedVolumes)
    experience: Experience = field(default_factory=Experience)
    recent: Recent = field(default_factory=Recent)
    book: Book = field(default_factory=Book)
    trusts: Trusts = field(default_factory=Trusts)
    samples: Samples = field(init=False)
    clock: Clock = field(default_factory=SystemClock)
    workers: int = 1
    """Processes that share what a provider takes at the same time."""
    tracing: "Tracing | None" = None
    """`None`: nobody traces requests."""

    def __post_init__(self) -> None:
        samples = Samples(SystemRandom().random, self.trusts, self.metrics.comparisons.count)
        object.__setattr__(self, "samples", samples)  # the rest of it is what it is made of


async def compose(config: Config, parts: Parts) -> Gateway:
    """A gateway for a configuration; how much its providers take at the same time holds at once."""
    servers = await fleet(config.providers, parts.session, parts.tracing)
    _limit(config.providers, parts)
    parts.samples.plans = config.shadows
    return Gateway(
        keyring=StoredKeyring(parts.store, [(k.digest, k.identity) for k in config.keys], parts.clock),
        router=replace(
            router(config, parts.counter, parts.lengths, parts.volumes),
            recent=parts.recent,
            standing=parts.trusts.standing,
        ),
        dispatcher=dispatcher(servers, parts.counter, parts.experience),
        homes=StoredHomes(parts.store),
        cache=_cache(config.server, parts.store),
        guards=RouteGuards({route: rails(specs) for route, specs in config.guardrails.items()}),
        capture=taking(config.capture, parts.clock) if config.capture else Nothing(),
        till=Till(rules=config.rules, ledger=parts.ledger, book=parts.book, clock=parts.clock),
        telemetry=parts.tracing.beside(parts.metrics) if parts.tracing else parts.metrics,
        clock=parts.clock,
        onlooker=parts.samples,
    )


def dispatcher(servers: Fleet, counter: TokenCounter, experience: Experience) -> Dispatcher:
    """What asks the servers, for the gateway and for commands alike."""
    return Dispatcher(
        fleet=servers,
        chance=SystemRandom().random,
        sleep=asyncio.sleep,
        checker=Checker(ChatReader()),
        seams=Seams(ChatThread, counter),
        experience=experience,
    )


def _cache(server: ServerSpec, store: Store) -> StoredAnswers:
    secret = server.cache_secret.reveal() if server.cache_secret else ""
    return StoredAnswers(store, server.max_cache_bytes, secret)


def _limit(specs: Iterable[ProviderSpec], parts: Parts) -> None:
    """Tell the queues, which outlive configurations, of a new one."""
    queues, workers = parts.experience.queues, parts.workers
    queues.told = parts.metrics.queues.waited
    limits = {spec.id: spec.places.shared(workers) if spec.places else None for spec in specs}
    queues.take_up(limits, parts.clock.monotonic())


def router(config: Config, counter: TokenCounter, lengths: Lengths, volumes: Volumes) -> Router:
    """What decides, for the gateway and for `routergate explain` alike."""
    made = TrainedEstimator.builtin if config.artifact is None else partial(TrainedEstimator, config.artifact)
    return Router(
        catalogue=config.catalogue,
        estimator=made(remembers=config.remembers),
        tokens=counter,
        lengths=lengths,
        volumes=volumes,
    )


async def own_usage(
    store: Store, identity: Identity, since: date, until: date, by: Sequence[str]
) -> Mapping[str, Any]:
    """What one key has used, for the one who holds it."""
    dimensions = tuple(one for name in by for one in TOTALLED if one == name)
    if len(dimensions) < len(by):
        raise InvalidRequest(f"'by' takes any of {', '.join(TOTALLED)}.", param="by")
    found = await totals(
        store, organisation=identity.organisation, since=since, until=until, key=identity.key
    )
    return {
        "object": "usage",
        "since": since.isoformat(),
        "until": until.isoformat(),
        "data": plain_rows(from_totals(found, Question(since=since, until=until, by=dimensions))),
    }
