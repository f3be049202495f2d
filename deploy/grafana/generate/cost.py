"""What requests cost, for those who keep the gateway running."""

from panels import Dashboard, Row, Variable, lines, quantile, stat, table

ROUTE, MODEL, PROVIDER = 'route=~"$route"', 'model=~"$model"', 'provider=~"$provider"'
WHOSE = "organisation, scope, name, window"
ORGANISATION = 'organisation=~"$organisation"'
SPENDING = f'rate(routergate_cost_usd_total{{{MODEL}, basis="marginal"}}[$__rate_interval])'
SAVED = f"rate(routergate_savings_usd_total{{{ROUTE}}}[$__rate_interval])"
LOST = f"rate(routergate_losses_usd_total{{{ROUTE}}}[$__rate_interval])"
BASELINE = f"rate(routergate_baseline_cost_usd_total{{{ROUTE}}}[$__rate_interval])"
REQUESTS = f"rate(routergate_requests_total{{{ROUTE}, {MODEL}}}[$__rate_interval])"
CALLS = f"rate(routergate_attempts_total{{{MODEL}, {PROVIDER}}}[$__rate_interval])"
PLACED = f"max by (model, provider) (routergate_model_info{{{PROVIDER}}} == 1)"


def over_range(metric: str, where: str) -> str:
    """How much a counter has grown in the time shown."""
    return f"sum(increase({metric}{{{where}}}[$__range]))"


NET = f"({over_range('routergate_savings_usd_total', ROUTE)} - {over_range('routergate_losses_usd_total', ROUTE)})"
SUMMARY = Row(
    title="In the time shown",
    panels=[
        stat("Requests", "Routed requests in the time shown.", "short",
             over_range("routergate_requests_total", f"{ROUTE}, {MODEL}"), 0),
        stat("Cost", "What they cost, where the price is known.", "currencyUSD",
             over_range("routergate_cost_usd_total", f'{MODEL}, basis="marginal"')),
        stat("Baseline cost", "What the same tokens cost at the baseline's rates.", "currencyUSD",
             over_range("routergate_baseline_cost_usd_total", ROUTE)),
        stat("Net savings", "Baseline cost less cost, where both are known. Below zero, routing loses money.",
             "currencyUSD", NET),
        stat("Saved", "Net savings as a share of the baseline cost.", "percentunit",
             f"{NET} / ({over_range('routergate_baseline_cost_usd_total', ROUTE)} > 0)"),
        stat("Unpriced requests", "Requests whose cost is unknown: they are in no other number here.", "short",
             over_range("routergate_unpriced_requests_total", MODEL), 0),
    ],
)  # fmt: skip
TRAFFIC = Row(
    title="Traffic",
    panels=[
        lines("Requests per second by outcome", "How routed requests ended.", "reqps",
              ("{{outcome}}", f"sum by (outcome) ({REQUESTS})"), stacked=True),
        lines("Share of requests by class", "Who answers: economy, own servers or frontier.", "percentunit",
              ("{{class}}", "sum by (class) ({0}) / ignoring (class) group_left () (sum({0}) > 0)".format(
                  REQUESTS.replace("}", ', class!="none"}'))), stacked=True, most=1),
        lines("Failed requests by route", "Requests without an answer or with a broken one, of all of a route's.",
              "percentunit", ("{{route}}", f"route:routergate_failed:ratio5m{{{ROUTE}}}")),
        lines("Duration by route", "From a request's arrival to the end of its answer; points are single requests.",
              "s", ("{{route}} p50", quantile(0.5, "routergate_request_duration_seconds", "route", f"{{{ROUTE}}}")),
              ("{{route}} p95", quantile(0.95, "routergate_request_duration_seconds", "route", f"{{{ROUTE}}}")),
              exemplars=True),
        lines("Time to first token, p95 by model", "From a request's arrival to the first piece of its answer.", "s",
              ("{{model}}", quantile(0.95, "routergate_time_to_first_token_seconds", "model", f"{{{MODEL}}}"))),
        lines("Refused before routing", "Requests that ended in an error before they were routed.", "reqps",
              ("{{status}} {{code}}", "sum by (status, code) (rate(routergate_http_errors_total[$__rate_interval]))")),
    ],
)  # fmt: skip
MONEY = Row(
    title="Money",
    panels=[
        lines("Cost per hour by model", "What each model costs at the pace of now.", "currencyUSD",
              ("{{model}}", f"3600 * sum by (model) ({SPENDING})"), stacked=True),
        lines("Cost per hour by provider", "Whom it is paid to, at the pace of now.", "currencyUSD",
              ("{{provider}}",
               f"3600 * sum by (provider) (sum by (model) ({SPENDING}) * on (model) group_left (provider) {PLACED})"),
              stacked=True),
        lines("Cost against the baseline, per hour", "Of requests whose cost and baseline cost are known.",
              "currencyUSD", ("cost", f"3600 * (sum({BASELINE}) - sum({SAVED}) + sum({LOST}))"),
              ("baseline", f"3600 * sum({BASELINE})")),
        lines("Net savings per hour by route", "Below zero: the route costs more than its baseline.", "currencyUSD",
              ("{{route}}", f"3600 * (sum by (route) ({SAVED}) - sum by (route) ({LOST}))")),
        lines("Marginal and loaded cost per hour", "What requests make us pay, and with their share of fixed costs.",
              "currencyUSD",
              ("{{basis}}", "3600 * sum by (basis) "
               f"(rate(routergate_cost_usd_total{{{MODEL}}}[$__rate_interval]))")),
        lines("Tokens per second by kind", "Read, cached, written and thought; no token is in two kinds.", "short",
              ("{{kind}}", f"sum by (kind) (rate(routergate_tokens_total{{{MODEL}}}[$__rate_interval]))"),
              stacked=True),
        lines("Unpriced requests per second by model", "Their cost is unknown: declare a price.", "reqps",
              ("{{model}}",
               f"sum by (model) (rate(routergate_unpriced_requests_total{{{MODEL}}}[$__rate_interval]))")),
        lines("Kept answers", "Looks for an answer that was given before, by what came of them.", "reqps",
              ("{{result}}", f"sum by (result) (rate(routergate_cache_total{{{ROUTE}}}[$__rate_interval]))")),
        lines("Repeated requests", "Answered again for their Idempotency-Key: no call, no cost.", "reqps",
              ("replayed", "sum(rate(routergate_replays_total[$__rate_interval]))")),
    ],
)  # fmt: skip
BUDGETS = Row(
    title="Budgets",
    panels=[
        lines("Spent of each budget", "The share of its window's limit that is spent; running requests come on top.",
              "percentunit",
              ("{{scope}} {{name}} ({{window}})",
               f"max by ({WHOSE}) (routergate_budget_spent_usd{{{ORGANISATION}}})"
               f" / max by ({WHOSE}) (routergate_budget_limit_usd{{{ORGANISATION}}})")),
        lines("How fast budgets burn", "Times as fast as what is left allows, over the last hour; 1 lasts to the end.",
              "none", ("{{scope}} {{name}} ({{window}})", f"budget:routergate_burn:ratio1h{{{ORGANISATION}}}")),
        lines("Reserved by running requests", "Money that is set aside until they end.", "currencyUSD",
              ("{{scope}} {{name}} ({{window}})",
               f"max by ({WHOSE}) (routergate_budget_reserved_usd{{{ORGANISATION}}})")),
        table("Left of each budget", "Dollars until the limit, now.", "currencyUSD",
              f"budget:routergate_left_usd{{{ORGANISATION}}}"),
        table("Until the window ends", "Seconds until each budget begins anew.", "s",
              f"max by ({WHOSE}) (routergate_budget_resets_timestamp_seconds{{{ORGANISATION}}}) - time()"),
        lines("Refused by budgets and limits", "By whose it is, and whether it is spent, held or a limit.", "reqps",
              ("{{scope}} {{reason}}",
               "sum by (scope, reason) (rate(routergate_admissions_refused_total[$__rate_interval]))")),
    ],
)  # fmt: skip
GATEWAY = Row(
    title="The gateway",
    panels=[
        lines("Overhead", "What the gateway itself takes of a request, waiting for nobody; points are requests.", "s",
              ("p50", quantile(0.5, "routergate_overhead_seconds")),
              ("p95", quantile(0.95, "routergate_overhead_seconds")),
              ("p99", quantile(0.99, "routergate_overhead_seconds")), exemplars=True),
        lines("Failed calls by provider and result", "Of all calls to the provider; another candidate may answer.",
              "percentunit",
              ("{{provider}} {{result}}", "sum by (provider, result) ({}) / on (provider) group_left () "
               "(sum by (provider) ({}) > 0)".format(CALLS.replace("}", ', result!="ok"}'), CALLS))),
        lines("Circuits", "The worst of each provider: 0 closed, 1 half-open, 2 open.", "none",
              ("{{provider}}", f"max by (provider) (routergate_circuit_state{{{PROVIDER}}})"), most=2),
        lines("Redis", "Whether it answers: 1 yes, 0 no.", "none",
              ("{{instance}}", "min by (instance) (routergate_store_up)"), most=1),
        lines("Events on their way to the books", "Not in Redis yet, of which on disk; in Redis, and in no file yet.",
              "short", ("pending", "sum(routergate_events_pending)"), ("on disk", "sum(routergate_events_on_disk)"),
              ("in Redis", "max(routergate_ledger_waiting_events)")),
        lines("Age of the oldest event in no file", "How far reports are behind.", "s",
              ("lag", "max(routergate_ledger_lag_seconds)")),
        lines("Log lines that ask for attention", "Warnings and errors, per hour.", "short",
              ("{{level}}", "3600 * sum by (level) (rate(routergate_log_lines_total[$__rate_interval]))")),
        lines("Restarts and lost requests, per hour", "Workers that died, and requests that died with them.", "short",
              ("workers", "3600 * sum(rate(routergate_workers_restarted_total[$__rate_interval]))"),
              ("requests", "3600 * sum(rate(routergate_reservations_swept_total[$__rate_interval]))"),
              ("events dropped", "3600 * sum(rate(routergate_events_dropped_total[$__rate_interval]))")),
        table("Alerts", "Those that fire, and those that may soon; what to do is in the runbooks.", "none",
              'count by (alertname, alertstate, severity) (ALERTS{alertname=~"RouterGate.+"})'),
    ],
)  # fmt: skip
COST = Dashboard(
    name="cost",
    title="cost",
    description="What requests cost, what they would have cost at the baseline, and how the gateway fares.",
    variables=[
        Variable(name="organisation", label="Organisation",
                 query="label_values(routergate_budget_limit_usd, organisation)"),
        Variable(name="route", label="Route", query="label_values(routergate_requests_total, route)"),
        Variable(name="provider", label="Provider", query="label_values(routergate_model_info, provider)"),
        Variable(name="model", label="Model", query='label_values(routergate_model_info{provider=~"$provider"}, model)'),
    ],
    rows=[SUMMARY, TRAFFIC, MONEY, BUDGETS, GATEWAY],
)  # fmt: skip
