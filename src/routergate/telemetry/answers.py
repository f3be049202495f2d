"""The metrics of answers that were late or broke: a part of the table."""

from routergate.telemetry.metric import Metric

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
