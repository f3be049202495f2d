"""What may be written in the configuration file. What the program uses of it is `spec`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from routergate.config.assets import Asset
from routergate.config.costs import Prices
from routergate.config.part import Part
from routergate.config.rescue import Cascade, Hedge
from routergate.config.restraints import Alert, Budget, Limit
from routergate.config.scalars import (
    Attempts,
    Confidence,
    Count,
    Day,
    Dollars,
    Grace,
    KeyHash,
    Line,
    Megabytes,
    MonthDay,
    Name,
    Network,
    Probability,
    Quality,
    Seconds,
    TimeZone,
    Url,
    Weight,
)
from routergate.config.spec import ProviderKind, ServerSpec
from routergate.config.spec import Timeouts as TimeoutsSpec
from routergate.domain.decision import Limits
from routergate.domain.model import Capability, Category, ModelClass

SERVER, TIMEOUTS, LIMITS = ServerSpec(), TimeoutsSpec(), Limits()


class Timeouts(Part):
    """How long a provider may take, in seconds."""

    connect: Seconds = TIMEOUTS.connect
    """Until the connection stands."""
    first_byte: Seconds = TIMEOUTS.first_byte
    """From the request to the first byte of the answer; one that is not streamed arrives whole."""
    first_token: Seconds = TIMEOUTS.first_token
    """From the request to the first event of a stream that says something; after it the provider is left."""
    idle: Seconds = TIMEOUTS.idle
    """Between two events of a stream; comments that keep it alive are none."""
    total: Seconds = TIMEOUTS.total
    """For the whole answer."""


class Replica(Part):
    """One of several servers with the same models: its URL, or this."""

    url: Url
    """Where its API starts."""
    weight: Weight = 1.0
    """How much it takes in comparison with the others."""

    @model_validator(mode="before")
    @classmethod
    def from_url(cls, written: Any) -> Any:
        """A URL alone is a server like the others."""
        return {"url": written} if isinstance(written, str) else written


REPLICA: Any = {
    "anyOf": [
        {"type": "string", "format": "uri"},
        {
            "type": "object",
            "properties": {
                "url": {"type": "string", "format": "uri"},
                "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
            },
            "required": ["url"],
            "additionalProperties": False,
        },
    ]
}


class Provider(Part):
    """A place that serves models."""

    kind: ProviderKind
    """`openai`: whatever speaks its API; `vllm`: your servers; `anthropic`: its API; `litellm`: others."""
    base_url: Url | None = Field(default=None, examples=["https://api.openai.com/v1"])
    """Where its API starts, with `/v1`; `openai` and `anthropic` have the vendor's own as default."""
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
    headers: dict[Name, Line] = Field(default_factory=dict, examples=[{"OpenAI-Organization": "org-123"}])
    """Sent with every call."""
    stream_usage: bool = Field(default=True)
    """Whether it understands `stream_options.include_usage`; `false` for one that refuses it."""


class Model(Part):
    """A model that requests can go to."""

    provider: Name = Field(examples=["openai"])
    """The provider that serves it."""
    name: Line | None = Field(default=None, min_length=1, examples=["gpt-4o-mini-2024-07-18"])
    """The provider's own name for it; default: the name it has here."""
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
    cost_basis: Literal["marginal", "loaded"] = "marginal"
    """What a request makes you pay, or that and its share of fixed costs: what candidates are ranked by."""
    cascade: Cascade | None = None
    """Check answers before they are given, and ask a better candidate after a bad one."""
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
    attempts: Attempts = LIMITS.attempts
    """How many calls to providers one request may make."""
    deadline: Seconds = LIMITS.deadline
    """Seconds that a request may take from its arrival to the end of its answer."""
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


class Key(Part):
    """A key that is declared by its hash."""

    hash: KeyHash = Field(examples=["sha256:" + "0" * 64])
    """SHA-256 of the key, from `printf %s "$KEY" | sha256sum`."""
    organisation: Name = Field(examples=["acme"])
    """On whose account it is used."""
    team: Name | None = None
    """The team within the organisation."""
    customer: Name | None = None
    """Pinned: a request that names another one is refused."""
    feature: Name | None = None
    """Pinned: a request that names another one is refused."""
    name: Line | None = Field(default=None, examples=["support bot, production"])
    """What people call it."""
    allow: tuple[Name, ...] | None = Field(default=None, examples=[["auto"]])
    """The routes and models that it may use; default: all."""
    classes: tuple[ModelClass, ...] | None = Field(default=None, min_length=1, examples=[["economy"]])
    """The classes of models that it may use; default: all."""
    regions: tuple[Name, ...] | None = Field(default=None, min_length=1, examples=[["eu"]])
    """The only regions that may answer it; default: any."""
    ips: tuple[Network, ...] | None = Field(default=None, min_length=1, examples=[["10.0.0.0/8"]])
    """Where it may be used from: addresses and networks, matched with the connection's other end."""
    expires: Day | None = Field(default=None, examples=["2027-01-31"])
    """The first day (UTC) on which it is refused; default: it does not expire."""


class Router(Part):
    """How requests are read, and how the quality of models is estimated."""

    artifact: Line | None = Field(default=None, min_length=1, examples=["router.npz"])
    """A file by `routergate router train`; default: the one that ships with the program."""


class Server(Part):
    """How the gateway itself behaves."""

    max_body_mb: Megabytes = SERVER.max_body_bytes // 1024**2
    """The largest request body, in MiB."""
    max_replay_mb: Annotated[int, Field(gt=0, le=16)] = SERVER.max_replay_bytes // 1024**2
    """The largest answer, in MiB, that is kept to be given again for its `Idempotency-Key`."""
    grace_seconds: Grace = SERVER.grace_seconds
    """How long running requests may go on after SIGTERM."""
    metric_labels: tuple[Literal["organisation", "team", "key", "customer", "feature"], ...] = ()
    """More labels on the metrics; each multiplies the number of series."""


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
    routes: dict[Name, Route] = Field(default_factory=dict)
    """The model names that applications call."""
    organisations: dict[Name, Organisation] = Field(default_factory=dict)
    """Those who pay, by name; `"*"` is for each that has no rules of its own here."""
    alerts: tuple[Alert, ...] = ()
    """Who is told when a budget passes a threshold or is reached."""
    keys: tuple[Key, ...] = ()
    """Keys that are declared here rather than created by command."""
