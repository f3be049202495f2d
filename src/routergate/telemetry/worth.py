"""The metrics of budgets and of models as capital: a part of the table."""

from routergate.telemetry.metric import Across, Kind, Metric

WHOSE = ("organisation", "scope", "name", "window")

BUDGET_LIMIT = Metric(
    name="routergate_budget_limit_usd",
    kind=Kind.GAUGE,
    labels=WHOSE,
    unit="US dollars",
    help="Declared budgets in money that name whom they are for; NaN: not declared any more.",
    across=Across.MAX,
)
BUDGET_SPENT = Metric(
    name="routergate_budget_spent_usd",
    kind=Kind.GAUGE,
    labels=WHOSE,
    unit="US dollars",
    help="What is spent of these budgets in the window that runs.",
    across=Across.MAX,
)
BUDGET_RESERVED = Metric(
    name="routergate_budget_reserved_usd",
    kind=Kind.GAUGE,
    labels=WHOSE,
    unit="US dollars",
    help="What running requests have reserved of these budgets, beside what is spent.",
    across=Across.MAX,
)
BUDGET_RESETS = Metric(
    name="routergate_budget_resets_timestamp_seconds",
    kind=Kind.GAUGE,
    labels=WHOSE,
    unit="seconds since the epoch",
    help="When the window that runs ends; NaN: never, or the budget is not declared any more.",
    across=Across.MAX,
)
UNAMORTISED = Metric(
    name="routergate_asset_unamortised_usd",
    kind=Kind.GAUGE,
    labels=("model",),
    unit="US dollars",
    help="What a model cost to train and is not written off yet.",
    across=Across.MAX,
)
FIXED_COST = Metric(
    name="routergate_asset_fixed_usd_per_hour",
    kind=Kind.GAUGE,
    labels=("model", "part"),
    unit="US dollars",
    help="What an hour of a model costs, asked or not, by part: hosting, maintenance, depreciation. What "
    "goes by requests or busy seconds is not in it.",
    across=Across.MAX,
)
SERVED = Metric(
    name="routergate_asset_served_requests",
    kind=Kind.GAUGE,
    labels=("model",),
    unit="requests",
    help="Requests that a model which is an asset has served since it was first seen, by all gateways.",
    across=Across.MAX,
)
REPLACED_COST = Metric(
    name="routergate_asset_baseline_cost_usd_total",
    labels=("model",),
    unit="US dollars",
    help="What the answers of a model which is an asset would have cost at the baseline's rates.",
)
