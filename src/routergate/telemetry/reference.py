"""The reference of metrics, made from their table."""

from collections.abc import Iterator

from routergate.telemetry.metric import Metric
from routergate.telemetry.metrics import OPT_IN, OWNERS_LIMIT
from routergate.telemetry.table import METRICS

_INTRODUCTION = f"""\
# Metrics

`GET /metrics` has the sum of all workers of one gateway, in Prometheus' text format or in OpenMetrics, as the
scraper asks. Scrape every replica. Alerts and dashboards that are made of these metrics are in
[operations](operations.md#monitoring), and what to do about an alert in [runbooks](runbooks.md).

In OpenMetrics, each bucket of `routergate_request_duration_seconds` and `routergate_overhead_seconds` names
the latest request in it that the worker which was scraped saw itself: an exemplar with the `request_id` that
is in `x-request-id`, the log and the ledger, and the `trace_id` of one that is
[traced](telemetry.md) and sampled. Prometheus keeps them with `--enable-feature=exemplar-storage`.

Labels marked + take the opt-in labels as well, which `server.metric_labels` switches on: any of
{", ".join(f"`{name}`" for name in OPT_IN)}. A worker tells {OWNERS_LIMIT} combinations of their values
apart; further ones are counted as `other`, and `routergate_label_overflow_total` says how often. A value that
a request does not have is `none`.

Net savings are `routergate_savings_usd_total - routergate_losses_usd_total`: a counter cannot go down, so
there are two. Both, and `routergate_baseline_cost_usd_total`, cover the requests whose cost and baseline cost
are known, so the share that was saved is

```promql
(sum(increase(routergate_savings_usd_total[1d])) - sum(increase(routergate_losses_usd_total[1d])))
  / sum(increase(routergate_baseline_cost_usd_total[1d]))
```

Metrics are for watching: they are floating-point numbers, and begin at 0 when the gateway is started. The
ledger is what bills and reports are made from.

| metric | type | labels | unit | meaning |
|---|---|---|---|---|
"""


def metrics_reference() -> str:
    """The reference in Markdown, as it stands in the documentation."""
    return _INTRODUCTION + "".join(_row(metric) for metric in METRICS) + "\n" + "".join(_buckets())


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{name}`" for name in metric.labels) + (" +" if metric.attributed else "")
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.unit} | {metric.help} |\n"


def _buckets() -> Iterator[str]:
    yield "Upper bounds of the histograms' buckets, besides `+Inf`:\n\n"
    for metric in METRICS:
        if metric.buckets:
            yield f"- `{metric.name}`: {', '.join(f'{bound:g}' for bound in metric.buckets)}\n"
