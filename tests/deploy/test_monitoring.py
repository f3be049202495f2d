"""Prometheus and Grafana: their configuration and the dashboards."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from routergate.telemetry.metric import Kind
from routergate.telemetry.table import METRICS
from support.dashboards import DASHBOARDS, GRAFANA, expressions, panels, variables
from support.promtool import promtool
from support.rules import names, recorded

DEPLOY = DASHBOARDS.parents[1]
PATHS = sorted(DASHBOARDS.glob("*.json"))


def sample_names() -> Iterator[str]:
    for metric in METRICS:
        if metric.kind is Kind.HISTOGRAM:
            yield from (f"{metric.name}_{suffix}" for suffix in ("bucket", "sum", "count"))
        else:
            yield metric.name


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def dashboard(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_there_is_a_dashboard_for_cost_for_quality_and_for_own_models() -> None:
    assert {path.stem for path in PATHS} == {"cost", "quality", "capacity"}


def test_dashboards_are_as_their_generator_makes_them() -> None:
    made = subprocess.run(
        [sys.executable, GRAFANA / "generate", "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr


def test_dashboards_lead_to_each_other_to_the_console_and_to_the_runbooks(dashboard: dict[str, Any]) -> None:
    links = {link["title"]: link for link in dashboard["links"]}
    assert links["RouterGate"]["tags"] == dashboard["tags"]
    assert links["Console"]["url"] == "${gateway}/console"
    assert links["Runbooks"]["url"] == "${runbooks}"
    places = {one["name"]: one["query"] for one in variables(dashboard) if one["type"] == "textbox"}
    assert places.keys() == {"gateway", "runbooks"}


def test_prometheus_takes_its_configuration() -> None:
    promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")


def test_prometheus_scrapes_the_gateway() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["gateway:8080"]}]


def test_grafana_knows_how_often_prometheus_scrapes() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    provisioned = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())
    (source,) = provisioned["datasources"]
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]


def test_every_expression_is_promql(path: Path, tmp_path: Path) -> None:
    rules = [{"record": f"e{n}", "expr": found.promql} for n, found in enumerate(expressions(path))]
    written = tmp_path / "rules.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": path.stem, "rules": rules}]}))
    promtool("check", "rules", written)


def test_expressions_and_variables_ask_for_metrics_that_exist(path: Path, dashboard: dict[str, Any]) -> None:
    asked = [found.promql for found in expressions(path)]
    asked += [str(variable["query"]) for variable in variables(dashboard)]
    found = names(" ".join(asked))
    assert found
    assert found <= set(sample_names())
    assert set(re.findall(r"\w+:routergate_\w+(?::\w+)?", " ".join(asked))) <= set(recorded())


def test_expressions_use_labels_that_their_metrics_have(path: Path) -> None:
    labels = {metric.name: {*metric.labels, "le"} for metric in METRICS}
    pattern = r"(?<![:\w])(routergate_\w+?)(?:_bucket|_sum|_count)?\{([^}]*)\}"
    for found in expressions(path):
        for name, selector in re.findall(pattern, found.promql):
            assert set(re.findall(r"(\w+)\s*[=!]", selector)) <= labels[name], found


def test_no_variable_is_left_unfilled(path: Path) -> None:
    assert not [found for found in expressions(path) if "$" in found.promql]


def test_the_data_source_is_the_readers_choice(dashboard: dict[str, Any]) -> None:
    shown = panels(dashboard)
    queries = [target for panel in shown for target in panel["targets"]]
    chosen = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    assert all(part["datasource"] == chosen for part in [*shown, *queries])


def test_every_panel_says_its_unit_and_what_it_shows(dashboard: dict[str, Any]) -> None:
    for panel in panels(dashboard):
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["description"].endswith("."), panel["title"]


def test_panels_do_not_lie_on_each_other(dashboard: dict[str, Any]) -> None:
    taken = [
        (column, row)
        for place in (panel["gridPos"] for panel in dashboard["panels"])
        for column in range(place["x"], place["x"] + place["w"])
        for row in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) < 24


def test_dashboards_have_a_stable_identity() -> None:
    identities = [json.loads(path.read_text())["uid"] for path in PATHS]
    assert all(identity.startswith("routergate-") for identity in identities)
    assert len(identities) == len(set(identities))
