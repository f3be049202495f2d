"""What the program uses: the checked configuration, frozen. What may be written is `schema`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from routergate.classify.artifact import Artifact
from routergate.dispatch.fleet import TOLERATED, Balance
from routergate.dispatch.line import Places
from routergate.dispatch.outliers import Outliers
from routergate.domain.budget import Rules
from routergate.domain.decision import Catalogue
from routergate.domain.identity import Identity
from routergate.domain.model import ModelId, ProviderId
from routergate.domain.plan import Billing
from routergate.domain.revenue import Revenue
from routergate.quality.plan import Plan


class ProviderKind(StrEnum):
    """How a provider is spoken to."""

    OPENAI = "openai"
    AZURE = "azure"
    VLLM = "vllm"
    ANTHROPIC = "anthropic"
    LITELLM = "litellm"


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that never shows itself by accident."""

    _text: str

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds that a provider may take."""

    connect: float = 5.0
    first_byte: float = 120.0
    """From the request to the first byte of the answer. A plain answer has none until it is whole."""
    first_token: float = 120.0
    """From the request to the first event of a stream that says something."""
    idle: float = 60.0
    """Between two events of a stream."""
    total: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSpec:
    """One server of a provider."""

    base_url: str | None
    """Without a trailing slash; `None` for `litellm`, which may know its own."""
    weight: float = 1.0
    api_key: Secret | None = None
    """`None`: the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSpec:
    """How servers are looked after that nobody asks."""

    every: float = 10.0
    """Seconds."""
    path: str | None = None
    """After the server's root; `None`: what its kind has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpec:
    """A provider, as configured."""

    id: ProviderId
    kind: ProviderKind
    replicas: tuple[ReplicaSpec, ...]
    api_key: Secret | None = None
    region: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every call; they may hold secrets."""
    api_version: str | None = None
    """Of Azure's classic API; `None`: the newer one, which needs none."""
    output_limit: str | None = None
    """Its name for the limit of a chat answer; `None`: as its kind has it."""
    stream_usage: bool = True
    """Whether it understands `stream_options.include_usage`."""
    places: Places | None = None
    """How much it takes at the same time; `None`: no matter how much."""
    balance: Balance = Balance.LEAST_OUTSTANDING
    spill_after: float = TOLERATED
    """Seconds that a request may wait in the queue of its servers."""
    probe: ProbeSpec | None = None
    outliers: Outliers | None = None
    """When a server is late; `None`: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """A key declared in the file by its hash."""

    digest: str
    """SHA-256 of the key, 64 hexadecimal digits."""
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """How the gateway itself behaves."""

    max_body_bytes: int = 32 * 1024 * 1024
    max_replay_bytes: int = 1024 * 1024
    """The largest answer that is kept for an `Idempotency-Key`."""
    max_cache_bytes: int = 64 * 1024 * 1024
    """What the answers kept for one organisation may take of the store."""
    cache_secret: Secret | None = field(default=None, repr=False)
    """What goes into the names and keys of answers that an organisation shares."""
    grace_seconds: float = 30.0
    """How long running requests may go on after SIGTERM."""
    metric_labels: frozenset[str] = frozenset()
    """Opt-in labels: any of `organisation`, `team`, `key`, `customer`, `feature`."""
    metrics_port: int | None = None
    """Where metrics are; `None`: where everything else is, 0: on a free port."""
    console: bool = True
    """Whether there is a page for operators."""


class AlertFormat(StrEnum):
    """What an alert looks like."""

    JSON = "json"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSpec:
    """Somebody who is told of budgets."""

    url: Secret
    format: AlertFormat = AlertFormat.JSON
    organisation: str | None = None
    """Whose budgets; `None`: everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailSpec:
    """A guardrail, loaded."""

    id: str
    hook: Any
    """Has `before`, `after` or both."""
    timeout: float = 2.0
    """Seconds that it may take to look once."""
    passes: bool = False
    """Whether what it fails to look at is let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedRoute:
    """Which texts of a route are kept."""

    share: float
    days: int
    redactions: tuple[GuardrailSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSpec:
    """Where captured texts are, and whose."""

    key: Secret
    folder: Path
    most_bytes: int
    routes: Mapping[str, CapturedRoute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that one YAML file says."""

    path: Path
    catalogue: Catalogue
    providers: tuple[ProviderSpec, ...] = ()
    keys: tuple[KeySpec, ...] = ()
    rules: Rules = field(default_factory=Rules)
    """What may be spent."""
    alerts: tuple[AlertSpec, ...] = ()
    guardrails: Mapping[str, tuple[GuardrailSpec, ...]] = field(default_factory=dict)
    """By route; those of requests that name a model under `direct`."""
    capture: CaptureSpec | None = None
    """`None`: no text is kept."""
    shadows: Mapping[str, Plan] = field(default_factory=dict)
    """How answers are compared, by route."""
    revenue: tuple[Revenue, ...] = ()
    """What features and customers earn."""
    billing: Billing = field(default_factory=Billing)
    """What customers are charged."""
    server: ServerSpec = field(default_factory=ServerSpec)
    artifact: Artifact | None = None
    """What the router has learned; `None`: what ships with the program."""
    remembers: bool = False
    """Whether the ledger has what the router reads of requests."""
    listed_as: Mapping[ModelId, str] = field(default_factory=dict)
    """The price map's names for models, where they are not the provider's."""
    warnings: tuple[str, ...] = ()
    """What an operator should know, though it is no mistake."""
