"""The metrics of answers on their way: a part of the table."""

from routergate.telemetry.metric import Kind, Metric

HEDGES = Metric(
    name="routergate_hedges_total",
    labels=("route", "result"),
    unit="calls",
    help="Calls that were made beside one that kept silent, by result: won (its answer was given), lost, or "
    "failed.",
)
CONTINUED = Metric(
    name="routergate_continued_answers_total",
    labels=("route",),
    unit="requests",
    help="Answers that broke after they began, and were given whole because another call went on.",
)
STREAM = Metric(
    name="routergate_stream_seconds",
    kind=Kind.HISTOGRAM,
    labels=("model",),
    unit="seconds",
    help="From the first piece of a streamed answer to its end.",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 600.0),
)
