"""The table of metrics and its documentation."""

from pathlib import Path
from typing import Any

import pytest

from routergate.telemetry.metric import Across, Kind, Metric
from routergate.telemetry.reference import metrics_reference
from routergate.telemetry.table import METRICS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documentation_is_up_to_date() -> None:
    assert (DOCS / "metrics.md").read_text() == metrics_reference()


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_metric_is_in_the_reference(metric: Metric) -> None:
    assert f"| `{metric.name}` | {metric.kind} |" in metrics_reference()


def test_names_are_unique() -> None:
    assert len({metric.family for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "routergate_things"},
        {"name": "routergate_things_total", "kind": Kind.GAUGE, "across": Across.SUM},
        {"name": "routergate_things", "kind": Kind.GAUGE},
        {"name": "routergate_things_total", "across": Across.SUM},
        {"name": "routergate_things_seconds", "kind": Kind.HISTOGRAM},
        {"name": "routergate_things_seconds", "kind": Kind.HISTOGRAM, "buckets": (2.0, 1.0)},
    ],
    ids=repr,
)
def test_a_metric_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="routergate_things"):
        Metric(unit="things", help="Things.", **changes)
