"""What may be written in the configuration file. What the program uses of it is `spec`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from routergate.config.answers import Cache, Captures, Cascade, Guardrail, Hedge, Kept
from routergate.config.assets import Asset
from routergate.config.costs import Prices
from routergate.config.declared import Key
from routergate.config.part import Part
from routergate.config.plans import Customer, Issuer, Plan, Rate
from routergate.config.restraints import Alert, Budget, Limit
from routergate.config.revenue import Revenue
from routergate.config.scalars import (
    Attempts,
    Confidence,
    Count,
    CurrencyCode,
    Dollars,
    Grace,
    Holdout,
    Line,
    Megabytes,
    MonthDay,
    Name,
    Port,
    Probability,
    Quality,
    Seconds,
    TimeZone,
    Url,
)
from routergate.config.servers import REPLICA, Outliers, Places, Probe, Replica, Timeouts
from routergate.config.shadow import Shadow
from routergate.config.spec import ProviderKind, ServerSpec
from routergate.dispatch.fleet import Balance
from routergate.domain.decision import Limits
from routergate.domain.model import Capability, Category, ModelClass
from routergate.domain.turn import Priority

SERVER, LIMITS = ServerSpec(), Limits()


class Provider(Part):
    """A place that serves models."""

    kind: ProviderKind
    """`openai`: whatever speaks its API; `azure`: Azure OpenAI; `vllm`: yours; `litellm`: all the others."""
    base_url: Url | None = Field(default=None, examples=["https://api.openai.com/v1"])
    """Where its API starts, with `/v1` (Azure: without it); `openai` and `anthropic` know their vendor's."""
    api_version: Line | None = Field(default=None, min_length=1, examples=["2024-10-21"])
    """Of `azure`'s classic API; default: its newer one at `/openai/v1`, which needs none."""
    replicas: tuple[Annotated[Replica, WithJsonSchema(REPLICA)], ...] | None = Field(
        default=None,
        min_length=1,
        examples=[["http://vllm-0:8000/v1", {"url": "http://vllm-1:8000/v1", "weight": 2}]],
    )
    """Several servers with the same models, in place of `base_url`; `weight: 2` takes twice as much."""
    api_key: Line | None = Field(default=None, examples=["${OPENAI_API_KEY}", "${file:/run/secrets/openai}"])
    """Its API key, from the environment or a file, never written out."""
    region: Name | None = Field(default=None, examples=["eu"])
    """Where it computes, for routes with a `residency`."""
    timeouts: Timeouts = Timeouts()
    """How long it may take."""
    limit: Places | None = None
    """How much it takes at the same time; the rest waits. Default: no matter how much."""
    headers: dict[Name, Line] = Field(default_factory=dict, examples=[{"OpenAI-Organization": "org-123"}])
    """Sent with every call."""
    output_limit: Literal["max_completion_tokens", "max_tokens"] | None = None
    """Its name for the most that a chat answer may have; default: the first, and with `vllm` the second."""
    stream_usage: bool = Field(default=True)
    """Whether it understands `stream_options.include_usage`; `false` for one that refuses it."""
    balance: Balance | None = None
    """How one of several servers is chosen; default: `prefix` for `vllm`, else `least_outstanding`."""
    spill_after: Seconds | None = Field(default=None, examples=[5])
    """Seconds of queue, for `vllm`, from which on requests go to other models; default: 2."""
    probe: Probe | None = None
    """Look after servers that nobody asks; default: do not."""
    outliers: Outliers | None = None
    """Pass over servers that are far slower than their peers; default: do not."""


class Model(Part):
    """A model that requests can go to."""

    provider: Name = Field(examples=["openai"])
    """The provider that serves it."""
    name: Line | None = Field(default=None, min_length=1, examples=["gpt-4o-mini-2024-07-18"])
    """The provider's own name for it (Azure: the deployment's); default: the name it has here."""
    listed_as: Line | None = Field(default=None, min_length=1, examples=["gpt-4o-mini"])
    """Its name in the price map; default: the provider's own."""
    model_class: ModelClass = Field(alias="class")
    """How it is bought: from an economy API, on your own GPUs, or from the frontier."""
    category: Category | None = None
    """What kind of model it is; default by class: `commercial_small`, `open_source`, `commercial_large`."""
    capabilities: tuple[Capability, ...] | None = Field(
        default=None, examples=[["tools", "vision", "json_schema"]]
    )
    """What it can do beyond plain text; `json_schema` implies `json_mode`; default: from the price map."""
    context_tokens: Count | None = Field(default=None, examples=[128000])
    """How many tokens it has room for; default: from the price map."""
    max_output_tokens: Count | None = None
    """How many tokens it can write at most; default: from the price map."""
    prices: tuple[Prices, ...] | None = None
    """Its rates; default: from the price map, or zero where all of its costs are those of its `asset`."""
    serves: tuple[Name, ...] = Field(default=(), examples=[["contract-review"]])
    """The only tasks that it takes, for a specialist; default: any."""
    region: Name | None = None
    """Where it computes; default: its provider's region."""
    quality: Quality | None = Field(default=None, examples=[0.9, {"default": 0.8, "contract-review": 0.97}])
    """Probability of an acceptable answer, as you know it: one number, or one per task and a `default`."""
    asset: Asset | None = None
    """Its fixed costs; docs/portfolio.md says what becomes of them."""


class Match(Part):
    """How a request of the task is recognised."""

    features: tuple[Line, ...] = Field(default=(), examples=[["contracts"]])
    """Feature tags whose requests are this task."""
    examples: tuple[str, ...] = Field(default=(), examples=[["Review this NDA for …"]])
    """Requests that are typical of it."""


class Task(Part):
    """A task of your own, beside the built-in ones."""

    match: Match = Match()
    """How its requests are recognised."""


class Route(Part):
    """A virtual model name that applications call."""

    candidates: tuple[Name, ...] = Field(min_length=1, examples=[["gpt-4o-mini", "gpt-4o"]])
    """The models to choose from."""
    baseline: Name | None = Field(default=None, examples=["gpt-4o"])
    """The model that the traffic would run on without routing: the measure of quality and savings."""
    quality: Probability = Field(default=0.0, examples=[0.95])
    """The least probability of an acceptable answer, relative to the baseline's where there is one."""
    bound: Confidence | None = Field(default=None, examples=[0.9])
    """With which confidence a model's quality reaches the threshold; default: its mean estimate does."""
    calibration: Line | None = Field(default=None, min_length=1, examples=["auto.calibration.json"])
    """A file by `routergate router calibrate`; its thresholds take the place of `quality`."""
    order: Literal["cost", "written"] = "cost"
    """The cheapest that is good enough first, or as `candidates` are written, the rest when one fails."""
    cost_basis: Literal["marginal", "loaded"] = "marginal"
    """What a request makes you pay, or that and its share of fixed costs: what candidates are ranked by."""
    cascade: Cascade | None = None
    """Check answers before they are given, and ask a better candidate after a bad one."""
    cache: Cache | None = None
    """Keep answers, and give them again to the same request; docs/caching.md says when."""
    guardrails: tuple[Name, ...] = Field(default=(), examples=[["pii"]])
    """What looks at its requests and answers, in this order; docs/guardrails.md says how."""
    capture: Kept | None = None
    """Keep texts of requests and answers, encrypted, to learn from; default: none is kept anywhere."""
    on_break: Literal["error", "continue"] = "error"
    """What follows when a stream breaks after it began: an error in it, or the rest from elsewhere."""
    hedge: Hedge | None = None
    """Make a second call beside one that keeps silent; default: never."""
    residency: Name = Field(default="any", examples=["eu"])
    """The only region that may answer, or `any`."""
    max_cost_usd: Dollars | None = Field(default=None, examples=[0.02])
    """The most that an answer may be expected to cost; a model without a known price is then left out."""
    first_token_seconds: Seconds | None = Field(default=None, examples=[1.5])
    """The longest that a model may usually take to begin a streamed answer; default: any time."""
    holdout: Holdout = Field(default=0.0, examples=[0.05])
    """The share of requests that goes to the baseline at random, to measure what routing is worth."""
    shadow: Shadow | None = None
    """Compare a share of the answers with the baseline's, and act on it; docs/quality.md says how."""
    attempts: Attempts = LIMITS.attempts
    """How many calls to providers one request may make."""
    deadline: Seconds = LIMITS.deadline
    """Seconds that a request may take from its arrival to the end of its answer."""
    priority: Priority = Priority.NORMAL
    """Where requests wait for a provider: that of requests which do not ask for one."""
    wait: Grace = LIMITS.wait
    """Seconds for which a request heeds `Retry-After` at most, when no other candidate can answer."""


class Organisation(Part):
    """Somebody who pays."""

    timezone: TimeZone = Field(default="UTC", examples=["Europe/Berlin"])
    """Where its days and months begin."""
    fiscal_month_start: MonthDay = 1
    """The day of the month on which its fiscal months begin."""
    budgets: tuple[Budget, ...] = ()
    """What may be used in a window of the calendar; docs/budgets.md says how."""
    limits: tuple[Limit, ...] = ()
    """What may be used within any stretch of time, or at the same time."""
    issuer: Issuer = Issuer()
    """How it writes invoices to its customers."""


class Router(Part):
    """How requests are read, and how the quality of models is estimated."""

    artifact: Line | None = Field(default=None, min_length=1, examples=["router.npz"])
    """A file by `routergate router train`; default: the one that ships with the program."""
    remember: bool = False
    """Have what is read of requests in the ledger, as numbers, to train from it; docs/routing.md has more."""


class Server(Part):
    """How the gateway itself behaves."""

    max_body_mb: Megabytes = SERVER.max_body_bytes // 1024**2
    """The largest request body, in MiB."""
    max_replay_mb: Annotated[int, Field(gt=0, le=16)] = SERVER.max_replay_bytes // 1024**2
    """The largest answer, in MiB, that is kept to be given again for its `Idempotency-Key`."""
    max_cache_mb: Megabytes = SERVER.max_cache_bytes // 1024**2
    """What the answers that routes with a `cache` keep for one organisation may take of the store, in MiB."""
    cache_secret: Line | None = Field(default=None, min_length=16, examples=["${file:/run/secrets/cache}"])
    """What no reader of the store knows, 16 characters or more, for caches with the scope `organisation`."""
    grace_seconds: Grace = SERVER.grace_seconds
    """How long running requests may go on after SIGTERM."""
    metric_labels: tuple[Literal["organisation", "team", "key", "customer", "feature"], ...] = ()
    """More labels on the metrics; each multiplies the number of series."""
    metrics_port: Port | None = Field(default=None, examples=[9091])
    """A port for `/metrics`, `/healthz` and `/readyz`; there is no other `/metrics` then. 0: a free one."""
    console: bool = SERVER.console
    """Whether `/console` is served, the page for operators; it shows nothing without a key of theirs."""


class Books(Part):
    """What is kept of usage events."""

    retention_days: Annotated[int, Field(gt=0, le=36500)] | None = Field(default=None, examples=[400])
    """Days whose rows `routergate ledger run` keeps in files; default: all. Totals stay."""


def _one(written: Any) -> Any:
    return 1 if written == "1" else written


class File(Part):
    """RouterGate's configuration."""

    version: Annotated[Literal[1], BeforeValidator(_one)] = 1
    """The version of this format."""
    server: Server = Server()
    """How the gateway itself behaves."""
    ledger: Books = Books()
    """What is kept of usage events."""
    router: Router = Router()
    """How requests are read, and how the quality of models is estimated."""
    providers: dict[Name, Provider] = Field(default_factory=dict)
    """The places that serve models, by name."""
    models: dict[Name, Model] = Field(default_factory=dict)
    """The models that requests can go to, by name."""
    tasks: dict[Name, Task] = Field(default_factory=dict)
    """Tasks of your own, beside the built-in ones, by name."""
    guardrails: dict[Name, Guardrail] = Field(default_factory=dict)
    """Your own checks of requests and answers, by name."""
    capture: Captures | None = None
    """Where the texts are that routes with a `capture` keep."""
    routes: dict[Name, Route] = Field(default_factory=dict)
    """The model names that applications call."""
    organisations: dict[Name, Organisation] = Field(default_factory=dict)
    """Those who pay, by name; `"*"` is for each that has no rules of its own here."""
    plans: dict[Name, Plan] = Field(default_factory=dict)
    """What customers can be charged by, by name; docs/invoices.md says how."""
    customers: dict[Name, Customer] = Field(default_factory=dict)
    """Those whom organisations charge, by name."""
    currencies: dict[CurrencyCode, tuple[Rate, ...]] = Field(default_factory=dict)
    """Other currencies than USD for invoices, by their three letters."""
    alerts: tuple[Alert, ...] = ()
    """Who is told when a budget passes a threshold or is reached."""
    keys: tuple[Key, ...] = ()
    """Keys that are declared here rather than created by command."""
    revenue: tuple[Revenue, ...] = ()
    """What features and customers earn."""
