"""Composition root: the only module that knows all."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any, assert_never

import aiohttp

from routergate.accounts.cache import StoredAnswers
from routergate.accounts.homes import StoredHomes
from routergate.accounts.keyring import StoredKeyring
from routergate.capture.taking import Nothing
from routergate.capturing import rails, taking
from routergate.classify.trained import TrainedEstimator
from routergate.config.spec import (
    Config,
    ProbeSpec,
    ProviderKind,
    ProviderSpec,
    ReplicaSpec,
    ServerSpec,
)
from routergate.deciding import Router
from routergate.dispatch.calls import Experience
from routergate.dispatch.checked import Checker
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Fleet, Replica
from routergate.dispatch.resume import Seams
from routergate.domain.errors import InvalidRequest
from routergate.domain.format import Format
from routergate.domain.identity import Identity
from routergate.gateway import Gateway
from routergate.guardrails.guards import RouteGuards
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.reader import totals
from routergate.ledger.volumes import LearnedVolumes
from routergate.meter.recent import Recent
from routergate.ports import Clock, Lengths, Provider, TokenCounter, Volumes
from routergate.providers import litellm as litellm_home
from routergate.providers.anthropic import VERSION
from routergate.providers.capacity import VllmMetrics
from routergate.providers.litellm import LitellmProvider
from routergate.providers.openai import ANTHROPIC, OPENAI, Endpoint, NativeProvider
from routergate.providers.prefill import CONTINUED
from routergate.providers.probe import HttpProbe
from routergate.providers.reading import ChatReader
from routergate.providers.thread import ChatThread
from routergate.providers.translated import ChatAsMessages, MessagesAsChat, TranslatedProvider
from routergate.reporting.question import Question
from routergate.reporting.render import plain_rows
from routergate.reporting.usage import TOTALLED, from_totals
from routergate.shadowing import Samples
from routergate.spend.book import Book
from routergate.spend.reservation import Till
from routergate.store.client import Store
from routergate.telemetry.metrics import Metrics
from routergate.trusting import Trusts

if TYPE_CHECKING:
    from routergate.telemetry.otel import Tracing

OWN_NAMES = frozenset({ProviderKind.OPENAI, ProviderKind.AZURE})
"""Where the limit of a chat answer is `max_completion_tokens`, as reasoning models want it."""


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


async def fleet(
    specs: Sequence[ProviderSpec], session: aiohttp.ClientSession, tracing: "Tracing | None" = None
) -> Fleet:
    """An adapter for each server of each provider."""
    needs_litellm = any(spec.kind is ProviderKind.LITELLM for spec in specs)
    litellm = await asyncio.to_thread(litellm_home.load) if needs_litellm else None
    return {
        spec.id: [
            replica(spec, server, name, provider(spec, server, session, litellm, tracing), session)
            for name, server in zip(_names(spec), spec.replicas, strict=True)
        ]
        for spec in specs
    }


def _names(spec: ProviderSpec) -> Iterator[str]:
    """Each server's URL; where several keys share one, with their number."""
    seen: Counter[str] = Counter()
    for server in spec.replicas:
        url = server.base_url or spec.id
        seen[url] += 1
        yield url if seen[url] == 1 else f"{url} ({seen[url]})"


def replica(
    spec: ProviderSpec, server: ReplicaSpec, name: str, api: Provider, session: aiohttp.ClientSession
) -> Replica:
    """One server of a provider, with all the ways to ask it."""
    root, headers = (server.base_url or "").removesuffix("/v1"), endpoint(spec, server).headers
    tells = spec.kind is ProviderKind.VLLM
    return Replica(
        provider=spec.id,
        name=name,
        weight=server.weight,
        api=api,
        balance=spec.balance,
        capacity=VllmMetrics(f"{root}/metrics", session, headers) if tells else None,
        tolerated=spec.spill_after,
        probe=HttpProbe(root + _probed(spec, spec.probe), session, headers) if spec.probe else None,
        probe_every=spec.probe.every if spec.probe else 0.0,
        outliers=spec.outliers,
    )


def _probed(spec: ProviderSpec, probe: ProbeSpec) -> str:
    return probe.path or ("/health" if spec.kind is ProviderKind.VLLM else "/v1/models")


def provider(
    spec: ProviderSpec,
    server: ReplicaSpec,
    session: aiohttp.ClientSession,
    litellm: Any,
    tracing: "Tracing | None" = None,
) -> Provider:
    """The adapter for one server of a provider, whatever format it is asked in."""
    at = endpoint(spec, server)

    def seen(api: Provider) -> Provider:
        return api if tracing is None else tracing.provider(api, spec.id, server.base_url)

    match spec.kind:
        case ProviderKind.OPENAI | ProviderKind.AZURE | ProviderKind.VLLM:
            return TranslatedProvider(seen(NativeProvider(at, session)), Format.MESSAGES, MessagesAsChat())
        case ProviderKind.ANTHROPIC:
            return TranslatedProvider(seen(NativeProvider(at, session)), Format.CHAT, ChatAsMessages())
        case ProviderKind.LITELLM:
            behind = seen(LitellmProvider(litellm, at, _key(spec, server)))
            return TranslatedProvider(behind, Format.MESSAGES, MessagesAsChat(markers=True))
        case never:
            assert_never(never)


def endpoint(spec: ProviderSpec, server: ReplicaSpec) -> Endpoint:
    """Where one server of the provider is, and how it is spoken to."""
    anthropic = spec.kind is ProviderKind.ANTHROPIC
    return Endpoint(
        name=spec.id,
        base_url=_root(spec, server.base_url),
        headers={**_credentials(spec.kind, _key(spec, server)), **spec.headers},
        connect=spec.timeouts.connect,
        first_byte=spec.timeouts.first_byte,
        first_token=spec.timeouts.first_token,
        idle=spec.timeouts.idle,
        total=spec.timeouts.total,
        stream_usage=spec.stream_usage,
        continued=CONTINUED if spec.kind is ProviderKind.VLLM else None,
        limit=spec.output_limit or ("max_completion_tokens" if spec.kind in OWN_NAMES else "max_tokens"),
        api_version=spec.api_version,
        wires=ANTHROPIC if anthropic else OPENAI,
    )


def _root(spec: ProviderSpec, base_url: str | None) -> str | None:
    """Where the API starts; Azure's is below its resource, wherever in it an operator points."""
    if base_url is None or spec.kind is not ProviderKind.AZURE:
        return base_url
    resource = base_url.removesuffix("/v1").removesuffix("/openai")
    return f"{resource}/openai" if spec.api_version else f"{resource}/openai/v1"


def _key(spec: ProviderSpec, server: ReplicaSpec) -> str | None:
    secret = server.api_key or spec.api_key
    return secret.reveal() if secret else None


def _credentials(kind: ProviderKind, key: str | None) -> Mapping[str, str]:
    """The headers that open the provider's door; litellm is told the key itself."""
    if kind is ProviderKind.ANTHROPIC:
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}
    if kind is ProviderKind.AZURE:
        return {"api-key": key} if key else {}
    return {"Authorization": f"Bearer {key}"} if key and kind is not ProviderKind.LITELLM else {}


def client_session() -> aiohttp.ClientSession:
    """One pool of connections for all providers, without cookies and without a limit of its own."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
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
