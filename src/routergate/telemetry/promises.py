"""The metrics of what routes promise and what answers were worth: a part of the table."""

from routergate.telemetry.metric import Across, Kind, Metric

THRESHOLD = Metric(
    name="routergate_quality_threshold",
    kind=Kind.GAUGE,
    labels=("route",),
    unit="probability",
    help="The quality that a route declares; requests may ask for another. NaN: not declared any more.",
    across=Across.MAX,
)
BELOW_THRESHOLD = Metric(
    name="routergate_below_threshold_total",
    labels=("route",),
    unit="requests",
    help="Answers whose estimated quality is below what was promised: no better model could be asked.",
)
LEVELS = Metric(
    name="routergate_levels_total",
    labels=("route", "level", "class"),
    unit="requests",
    help="Requests by complexity, and by the class of the model that answered (none: no model did).",
)
FEEDBACK = Metric(
    name="routergate_feedback_total",
    labels=("route", "model"),
    unit="ratings",
    help="Ratings that callers gave, by what they are of; none: the worker that took it did not give the "
    "answer, or gave it long ago.",
)
RATINGS = Metric(
    name="routergate_feedback_rating_total",
    labels=("route", "model"),
    unit="probability",
    help="Sum of these ratings, each from 0 to 1; divided by their number, the mean.",
)
ESTIMATES = Metric(
    name="routergate_feedback_estimate_total",
    labels=("route", "model"),
    unit="probability",
    help="Sum of what had been estimated for the same answers; of model none nobody knows it any more.",
)
COMPARISONS = Metric(
    name="routergate_comparisons_total",
    labels=("route", "model", "result"),
    unit="comparisons",
    help="Answers that were drawn to be compared, by result: same_or_better, worse, no_verdict, failed, "
    "over_budget, or dropped because too many waited.",
)
OVERHEAD_COST = Metric(
    name="routergate_comparison_cost_usd_total",
    labels=("route", "purpose"),
    unit="US dollars",
    help="What comparisons cost, by purpose: shadow, the other answers, or judge. Savings are net of it.",
)
TRUST = Metric(
    name="routergate_trust",
    kind=Kind.GAUGE,
    labels=("route", "model", "task", "state"),
    unit="0 or 1",
    help="Whether a model is in a state of trust with a task (*: all of them) on a route.",
    across=Across.MAX,
)
TRANSITIONS = Metric(
    name="routergate_trust_transitions_total",
    labels=("route", "model", "task", "state"),
    unit="transitions",
    help="How often a model was moved into a state of trust with a task on a route.",
)
