"""The servers of all providers, from what is configured."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, assert_never

import aiohttp

from routergate.config.spec import ProbeSpec, ProviderKind, ProviderSpec, ReplicaSpec
from routergate.dispatch.fleet import Fleet, Replica
from routergate.domain.format import Format
from routergate.ports import Provider
from routergate.providers import litellm as litellm_home
from routergate.providers.anthropic import VERSION
from routergate.providers.capacity import VllmMetrics
from routergate.providers.litellm import LitellmProvider
from routergate.providers.openai import ANTHROPIC, OPENAI, Endpoint, NativeProvider
from routergate.providers.prefill import CONTINUED
from routergate.providers.probe import HttpProbe
from routergate.providers.translated import ChatAsMessages, MessagesAsChat, TranslatedProvider

if TYPE_CHECKING:
    from routergate.telemetry.otel import Tracing

OWN_NAMES = frozenset({ProviderKind.OPENAI, ProviderKind.AZURE})
"""Where the limit of a chat answer is `max_completion_tokens`, as reasoning models want it."""


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
