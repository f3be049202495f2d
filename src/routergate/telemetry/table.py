"""Every metric, once: what is counted is declared here, and the reference is made from it."""

from routergate.telemetry.answers import CONTINUED, HEDGES, STREAM
from routergate.telemetry.fill import PREFIX_HITS, QUEUE, QUEUE_LENGTH, QUEUE_RUNNING, QUEUE_WAIT, UTILISATION
from routergate.telemetry.metric import Across, Kind, Metric
from routergate.telemetry.promises import (
    BELOW_THRESHOLD,
    COMPARISONS,
    ESTIMATES,
    FEEDBACK,
    LEVELS,
    OVERHEAD_COST,
    RATINGS,
    THRESHOLD,
    TRANSITIONS,
    TRUST,
)
from routergate.telemetry.wellness import (
    CALLS_RUNNING,
    CIRCUIT,
    CIRCUITS_OPENED,
    MODEL_INFO,
    MODEL_UP,
    PROBES,
)
from routergate.telemetry.worth import (
    BUDGET_LIMIT,
    BUDGET_RESERVED,
    BUDGET_RESETS,
    BUDGET_SPENT,
    FIXED_COST,
    REPLACED_COST,
    SERVED,
    UNAMORTISED,
)

# From 50 µs: the gateway itself and its decisions take far less than a model does.
OWN_TIME = (50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 1.0)
# To 600 s: as long as a provider may take in all.
ANSWER_TIME = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 600.0)
FIRST_TOKEN_TIME = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 30.0, 60.0)
# Narrow where thresholds are.
PROBABILITY = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 1.0)

REQUESTS = Metric(
    name="routergate_requests_total",
    labels=("route", "model", "class", "outcome"),
    unit="requests",
    help="Requests that were routed, by the model that answered (none: no model did) and how they ended.",
    attributed=True,
)
ATTEMPTS = Metric(
    name="routergate_attempts_total",
    labels=("model", "provider", "result"),
    unit="calls",
    help="Calls to providers, by result: ok, or the kind of failure in one word.",
)
TOKENS = Metric(
    name="routergate_tokens_total",
    labels=("model", "kind"),
    unit="tokens",
    help="Tokens by kind; no token is in two kinds.",
    attributed=True,
)
COST = Metric(
    name="routergate_cost_usd_total",
    labels=("model", "class", "basis"),
    unit="US dollars",
    help="What requests cost; basis marginal: what each made us pay, loaded: and its share of fixed costs.",
    attributed=True,
)
UNPRICED = Metric(
    name="routergate_unpriced_requests_total",
    labels=("model",),
    unit="requests",
    help="Requests whose cost is unknown (model none: nobody answered, but a provider may still charge).",
)
BASELINE_COST = Metric(
    name="routergate_baseline_cost_usd_total",
    labels=("route",),
    unit="US dollars",
    help="What the same tokens cost at the baseline's rates, where cost and baseline cost are both known.",
)
SAVINGS = Metric(
    name="routergate_savings_usd_total",
    labels=("route",),
    unit="US dollars",
    help="Saved against the baseline by requests that cost less than it; net of routergate_losses_usd_total.",
)
LOSSES = Metric(
    name="routergate_losses_usd_total",
    labels=("route",),
    unit="US dollars",
    help="Spent beyond the baseline by requests that cost more than it.",
)
UNCOMPARED = Metric(
    name="routergate_uncompared_requests_total",
    labels=("route",),
    unit="requests",
    help="Requests with a baseline whose savings are unknown: the cost or the baseline cost is.",
)
REQUEST_DURATION = Metric(
    name="routergate_request_duration_seconds",
    kind=Kind.HISTOGRAM,
    labels=("route", "streamed"),
    unit="seconds",
    help="From a request's arrival to the end of its answer.",
    buckets=ANSWER_TIME,
)
OVERHEAD = Metric(
    name="routergate_overhead_seconds",
    kind=Kind.HISTOGRAM,
    unit="seconds",
    help="Spent in the gateway itself per request, waiting for nobody.",
    buckets=OWN_TIME,
)
FIRST_TOKEN = Metric(
    name="routergate_time_to_first_token_seconds",
    kind=Kind.HISTOGRAM,
    labels=("model",),
    unit="seconds",
    help="From a request's arrival to the first piece of its answer, streamed answers only.",
    buckets=FIRST_TOKEN_TIME,
)
DECISION = Metric(
    name="routergate_decision_seconds",
    kind=Kind.HISTOGRAM,
    unit="seconds",
    help="Spent on classifying and routing per request; part of the overhead.",
    buckets=OWN_TIME,
)
QUALITY = Metric(
    name="routergate_quality_estimate",
    kind=Kind.HISTOGRAM,
    labels=("route",),
    unit="probability",
    help="Estimated probability that the answer is acceptable, for the model that answered.",
    buckets=PROBABILITY,
)
ESCALATIONS = Metric(
    name="routergate_escalations_total",
    labels=("route", "reason"),
    unit="requests",
    help="Requests answered by another model than the one tried first, by the flaw for which the first "
    "answer was rejected; `failure`: there was none.",
)
STORE_UP = Metric(
    name="routergate_store_up",
    kind=Kind.GAUGE,
    unit="0 or 1",
    help="Whether Redis answered the last call, of every worker and by every node: 1 yes, 0 no.",
    across=Across.MIN,
)
STORE_FAILURES = Metric(
    name="routergate_store_failures_total",
    unit="calls",
    help="Calls that Redis did not answer in time; those not made because it is away are not counted.",
)
EVENTS_PENDING = Metric(
    name="routergate_events_pending",
    kind=Kind.GAUGE,
    unit="events",
    help="Usage events that have not reached the store yet.",
    across=Across.SUM,
)
EVENTS_ON_DISK = Metric(
    name="routergate_events_on_disk",
    kind=Kind.GAUGE,
    unit="events",
    help="Usage events that wait on disk for the store; part of the pending ones.",
    across=Across.SUM,
)
EVENTS_SPOOLED = Metric(
    name="routergate_events_spooled_total",
    unit="events",
    help="Usage events that were put on disk, because the store did not answer.",
)
SPOOL_DAMAGED = Metric(
    name="routergate_spool_damaged_lines_total",
    unit="lines",
    help="Lines on disk that could not be read and were set aside; each holds up to 64 usage events.",
)
EVENTS_DROPPED = Metric(
    name="routergate_events_dropped_total",
    unit="events",
    help="Usage events that were given up. Anything above 0 is missing from reports and budgets.",
)
HTTP_ERRORS = Metric(
    name="routergate_http_errors_total",
    labels=("status", "code"),
    unit="requests",
    help="Requests refused before they were routed, by HTTP status and error code (none: no code).",
)
REPLAYS = Metric(
    name="routergate_replays_total",
    unit="requests",
    help="Requests answered with what their Idempotency-Key was answered before: no call, no event, no cost.",
)
CACHE = Metric(
    name="routergate_cache_total", labels=("route", "result"), unit="requests", help="Looks for kept answers."
)
NOT_ADMITTED = Metric(
    name="routergate_admissions_refused_total",
    labels=("scope", "reason"),
    unit="requests",
    help="Requests that a budget or limit refused: budget (spent), held (by running requests), or limit.",
)
LEDGER_LAG = Metric(
    name="routergate_ledger_lag_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    help="Age of the oldest usage event in the store that is not in a file yet; 0: all are.",
    across=Across.MAX,
)
LEDGER_WAITING = Metric(
    name="routergate_ledger_waiting_events",
    kind=Kind.GAUGE,
    unit="events",
    help="Usage events in the store that are not in a file yet, of all gateways on it.",
    across=Across.MAX,
)
RESERVATIONS_SWEPT = Metric(
    name="routergate_reservations_swept_total",
    unit="requests",
    help="Requests that were booked as abandoned, because their gateway was gone.",
)
EVENTS_CORRECTED = Metric(
    name="routergate_events_corrected_total",
    unit="events",
    help="Usage events that came after their request had been booked, as abandoned or a second time.",
)
RELOAD_SUCCESSFUL = Metric(
    name="routergate_config_last_reload_successful",
    kind=Kind.GAUGE,
    unit="0 or 1",
    help="Whether the configuration was last read without a problem, by every worker.",
    across=Across.MIN,
)
RELOAD_TIMESTAMP = Metric(
    name="routergate_config_reload_timestamp_seconds",
    kind=Kind.GAUGE,
    unit="seconds since the epoch",
    help="When the configuration in force was read; with several workers, the oldest.",
    across=Across.MIN,
)
WORKERS_RESTARTED = Metric(
    name="routergate_workers_restarted_total",
    unit="workers",
    help="Workers that ended by themselves and were started anew.",
)
BUILD_INFO = Metric(
    name="routergate_build_info",
    kind=Kind.GAUGE,
    labels=("version", "python"),
    unit="always 1",
    help="What is running.",
    across=Across.MAX,
)
LOG_LINES = Metric(
    name="routergate_log_lines_total",
    labels=("level",),
    unit="lines",
    help="Lines of the log that ask for attention, by level: warning, error or critical.",
)
LABEL_OVERFLOW = Metric(
    name="routergate_label_overflow_total",
    unit="requests",
    help="Requests whose opt-in labels were replaced by other, because there are too many combinations.",
)
UNRECORDED = Metric(
    name="routergate_unrecorded_requests_total",
    unit="requests",
    help="Requests that are missing from some of these metrics; the log says why.",
)
UNREADABLE = Metric(
    name="routergate_metrics_unreadable_files",
    kind=Kind.GAUGE,
    unit="files",
    help="Workers' metrics files that are damaged and left out of this scrape.",
    across=Across.MAX,
)

METRICS: tuple[Metric, ...] = (
    REQUESTS, LEVELS, ATTEMPTS, ESCALATIONS, HEDGES, CONTINUED, HTTP_ERRORS, REPLAYS, CACHE,
    TOKENS, COST, UNPRICED, BASELINE_COST, SAVINGS, LOSSES, UNCOMPARED,
    UNAMORTISED, FIXED_COST, SERVED, REPLACED_COST,
    REQUEST_DURATION, FIRST_TOKEN, STREAM, OVERHEAD, DECISION,
    QUALITY, THRESHOLD, BELOW_THRESHOLD, FEEDBACK, RATINGS, ESTIMATES,
    COMPARISONS, OVERHEAD_COST, TRUST, TRANSITIONS,
    NOT_ADMITTED, BUDGET_LIMIT, BUDGET_SPENT, BUDGET_RESERVED, BUDGET_RESETS,
    QUEUE_LENGTH, QUEUE_RUNNING, QUEUE_WAIT, CALLS_RUNNING,
    CIRCUIT, CIRCUITS_OPENED, MODEL_UP, MODEL_INFO, PROBES, UTILISATION, QUEUE, PREFIX_HITS,
    STORE_UP, STORE_FAILURES,
    EVENTS_PENDING, EVENTS_ON_DISK, EVENTS_SPOOLED, EVENTS_DROPPED, SPOOL_DAMAGED,
    EVENTS_CORRECTED, RESERVATIONS_SWEPT, LEDGER_LAG, LEDGER_WAITING,
    RELOAD_SUCCESSFUL, RELOAD_TIMESTAMP, WORKERS_RESTARTED, LOG_LINES, BUILD_INFO,
    LABEL_OVERFLOW, UNRECORDED, UNREADABLE,
)  # fmt: skip
"""All of them, in the order of the reference."""
