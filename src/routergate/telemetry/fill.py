"""The metrics of how full providers are: a part of the table."""

from routergate.telemetry.metric import Across, Kind, Metric

UTILISATION = Metric(
    name="routergate_capacity_utilisation",
    kind=Kind.GAUGE,
    labels=("model",),
    unit="share",
    help="How full the servers of a model are: their KV cache, or 1 with a queue; NaN: they do not say.",
    across=Across.MAX,
)
QUEUE = Metric(
    name="routergate_capacity_queue",
    kind=Kind.GAUGE,
    labels=("model",),
    unit="requests",
    help="Requests that wait at the servers of a model, whoever sent them; NaN: they do not say.",
    across=Across.MAX,
)
PREFIX_HITS = Metric(
    name="routergate_capacity_prefix_hit_ratio",
    kind=Kind.GAUGE,
    labels=("model",),
    unit="share",
    help="Of the input tokens, those lately found in the prefix caches of a model's servers; NaN: unknown.",
    across=Across.MAX,
)
QUEUE_LENGTH = Metric(
    name="routergate_queue_length",
    kind=Kind.GAUGE,
    labels=("provider",),
    unit="requests",
    help="Requests that wait for a place at a provider with a limit, now.",
    across=Across.SUM,
)
QUEUE_RUNNING = Metric(
    name="routergate_queue_running",
    kind=Kind.GAUGE,
    labels=("provider",),
    unit="calls",
    help="Calls that have a place at a provider, now.",
    across=Across.SUM,
)
QUEUE_WAIT = Metric(
    name="routergate_queue_wait_seconds",
    kind=Kind.HISTOGRAM,
    labels=("provider", "priority"),
    unit="seconds",
    help="How long requests waited for a place, in vain or not, if they did not find one at once.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
