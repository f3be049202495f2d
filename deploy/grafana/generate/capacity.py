"""Models of one's own: how full they are, and whether they are worth it."""

from panels import Dashboard, Row, Variable, lines, quantile, stat

MODEL, PROVIDER = 'model=~"$model"', 'provider=~"$provider"'
FIXED = f"model:routergate_fixed_usd_per_hour{{{MODEL}}}"
REPLACED = (
    f"3600 * sum by (model) (rate(routergate_asset_baseline_cost_usd_total{{{MODEL}}}[$__rate_interval]))"
)
REPLACED_IN_ALL = f"sum(increase(routergate_asset_baseline_cost_usd_total{{{MODEL}}}[$__range]))"
OWN = 'model=~"$model", class="self_hosted"'
ANSWERED = f"rate(routergate_requests_total{{{OWN}}}[$__rate_interval])"
WAIT = "routergate_queue_wait_seconds"

SUMMARY = Row(
    title="Now, and in the time shown",
    panels=[
        stat("Fixed costs per hour", "Hosting, maintenance and depreciation by time, asked or not.", "currencyUSD",
             f"sum({FIXED})"),
        stat("Replaced", "What their answers would have cost at the baseline's rates.", "currencyUSD",
             REPLACED_IN_ALL),
        stat("Replaced less fixed costs", "At the pace of the time shown, per hour. Below zero, they lose money.",
             "currencyUSD", f"{REPLACED_IN_ALL} * 3600 / $__range_s - sum({FIXED})"),
        stat("Not written off", "What they cost to train, less what is written off.", "currencyUSD",
             f"sum(max by (model) (routergate_asset_unamortised_usd{{{MODEL}}}))"),
        stat("How full", "Of their servers, on average: KV cache, or 1 with a queue.", "percentunit",
             f"avg(max by (model) (routergate_capacity_utilisation{{{MODEL}}}))"),
        stat("Answered", "Requests that models of one's own have answered.", "short",
             f"sum(increase(routergate_requests_total{{{OWN}}}[$__range]))", 0),
    ],
)  # fmt: skip
CAPACITY = Row(
    title="Capacity",
    panels=[
        lines("How full servers are", "Their KV cache, or 1 with a queue.", "percentunit",
              ("{{model}}", f"max by (model) (routergate_capacity_utilisation{{{MODEL}}})"), most=1),
        lines("Requests that wait at the servers", "Whoever sent them.", "short",
              ("{{model}}", f"max by (model) (routergate_capacity_queue{{{MODEL}}})")),
        lines("Found in prefix caches", "Share of the input tokens that servers had already read.", "percentunit",
              ("{{model}}", f"max by (model) (routergate_capacity_prefix_hit_ratio{{{MODEL}}})"), most=1),
        lines("Calls that run", "By provider, limited or not.", "short",
              ("{{provider}}", f"sum by (provider) (routergate_calls_running{{{PROVIDER}}})")),
        lines("Places taken and requests in line", "Of providers with a limit.", "short",
              ("{{provider}} taken", f"sum by (provider) (routergate_queue_running{{{PROVIDER}}})"),
              ("{{provider}} in line", f"sum by (provider) (routergate_queue_length{{{PROVIDER}}})")),
        lines("Wait for a place, p90", "Of requests that did not find one at once, by priority.", "s",
              ("{{provider}} {{priority}}", quantile(0.9, WAIT, "provider, priority", f"{{{PROVIDER}}}"))),
    ],
)  # fmt: skip
HEALTH = Row(
    title="Health",
    panels=[
        lines("Models that are served", "1: some server is known to serve it, 0: none is.", "none",
              ("{{model}}", f"max by (model) (routergate_model_up{{{MODEL}, {PROVIDER}}})"), most=1),
        lines("Circuits that opened, per hour", "By provider and cause; many are flapping.", "short",
              ("{{provider}} {{cause}}", "3600 * sum by (provider, cause) "
               f"(rate(routergate_circuits_opened_total{{{PROVIDER}}}[$__rate_interval]))")),
        lines("Looks at servers", "Probes of servers that nobody asks, by result.", "short",
              ("{{provider}} {{result}}",
               f"sum by (provider, result) (rate(routergate_probes_total{{{PROVIDER}}}[$__rate_interval]))")),
        lines("Calls by result", "Calls to these models; ok, or the kind of failure.", "reqps",
              ("{{model}} {{result}}", "sum by (model, result) "
               f"(rate(routergate_attempts_total{{{MODEL}, {PROVIDER}}}[$__rate_interval]))")),
        lines("Time to first token, p95", "From a request's arrival to the first piece of its answer.", "s",
              ("{{model}}", quantile(0.95, "routergate_time_to_first_token_seconds", "model", f"{{{MODEL}}}"))),
        lines("Length of streams, p95", "From the first piece of a streamed answer to its end.", "s",
              ("{{model}}", quantile(0.95, "routergate_stream_seconds", "model", f"{{{MODEL}}}"))),
    ],
)  # fmt: skip
ECONOMICS = Row(
    title="Economics",
    panels=[
        lines("Replaced against fixed costs, per hour", "Above its fixed costs a model earns its keep.", "currencyUSD",
              ("{{model}} replaced", REPLACED), ("{{model}} fixed", FIXED)),
        lines("Fixed costs per hour by part", "Hosting, maintenance, and depreciation by time.", "currencyUSD",
              ("{{model}} {{part}}",
               f"max by (model, part) (routergate_asset_fixed_usd_per_hour{{{MODEL}}})"), stacked=True),
        lines("Fixed costs per answer", "An hour's fixed costs over an hour's answers; idle hours are dear.",
              "currencyUSD", ("{{model}}", f"{FIXED} / on (model) (3600 * sum by (model) ({ANSWERED}) > 0)")),
        lines("Loaded cost per answer", "With the share of fixed costs, as the ledger has it.", "currencyUSD",
              ("{{model}}", "sum by (model) (rate(routergate_cost_usd_total"
               f'{{{OWN}, basis="loaded"}}[$__rate_interval])) / (sum by (model) ({ANSWERED}) > 0)')),
        lines("Not written off", "What each cost to train, less what is written off.", "currencyUSD",
              ("{{model}}", f"max by (model) (routergate_asset_unamortised_usd{{{MODEL}}})")),
        lines("Served in all", "Requests since each model was first seen.", "short",
              ("{{model}}", f"max by (model) (routergate_asset_served_requests{{{MODEL}}})")),
        lines("Share of requests on own models", "Of all routed requests that were answered.", "percentunit",
              ("own", f'sum({ANSWERED}) / (sum(rate(routergate_requests_total{{class!="none"}}[$__rate_interval])) > 0)'),
              most=1),
        lines("Tokens per second", "Read and written by these models.", "short",
              ("{{model}} {{kind}}",
               f"sum by (model, kind) (rate(routergate_tokens_total{{{MODEL}}}[$__rate_interval]))"), stacked=True),
        lines("Requests by class", "What own models leave to others.", "reqps",
              ("{{class}}", "sum by (class) (rate(routergate_requests_total[$__rate_interval]))"), stacked=True),
    ],
)  # fmt: skip
OWN_MODELS = Dashboard(
    name="capacity",
    title="own models",
    description="How full the servers of models of one's own are, and whether they are worth what they cost.",
    variables=[
        Variable(name="provider", label="Provider",
                 query='label_values(routergate_model_info{class="self_hosted"}, provider)'),
        Variable(name="model", label="Model",
                 query='label_values(routergate_model_info{class="self_hosted", provider=~"$provider"}, model)'),
    ],
    rows=[SUMMARY, CAPACITY, HEALTH, ECONOMICS],
)  # fmt: skip
