"""Prometheus' rules, their unit tests, and the runbook of each alert."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from routergate.cli import main
from routergate.telemetry.metric import Kind
from routergate.telemetry.table import METRICS
from support.promtool import promtool
from support.rules import RULES, RUNBOOKS, TESTS, alerts, blocks, names, recorded, rules, sections

PARTS = ("It means", "Callers notice", "Look", "Do", "It is over when")
SAMPLES = {
    name
    for metric in METRICS
    for name in (
        [f"{metric.name}_{suffix}" for suffix in ("bucket", "sum", "count")]
        if metric.kind is Kind.HISTOGRAM
        else [metric.name]
    )
}
RECORDED = set(recorded())


def each(found: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "rule", found, ids=[rule.get("alert", rule.get("record")) for rule in found]
    )


def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", *RULES)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    promtool("test", "rules", path)


def test_every_alert_is_seen_to_fire_in_a_test() -> None:
    fired = {
        name
        for path in TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for asked in test["promql_expr_test"]
        for name in re.findall(r'alertname="(\w+)"', asked["expr"])
        if asked["exp_samples"]
    }
    assert fired == {rule["alert"] for rule in alerts()}


@each(rules())
def test_rules_ask_for_what_there_is(rule: dict[str, Any]) -> None:
    assert names(rule["expr"]) <= SAMPLES
    assert set(re.findall(r"\w+:\w+(?::\w+)?", re.sub(r'"[^"]*"', "", rule["expr"]))) <= RECORDED


@each(alerts())
def test_an_alert_says_what_happened_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["description"].endswith(".")
    assert rule["annotations"]["runbook_url"] == f"docs/{RUNBOOKS.name}#{rule['alert'].lower()}"


@each(alerts())
def test_an_alert_has_its_section_in_the_runbooks(rule: dict[str, Any]) -> None:
    said = sections()[rule["alert"]]
    assert re.findall(r"^\*\*(.+?)\*\*", said, flags=re.MULTILINE) == list(PARTS)


def test_runbooks_are_about_alerts_that_there_are() -> None:
    assert set(sections()) == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize("line", [line for line in blocks("console") if line.startswith("routergate ")])
def test_commands_in_the_runbooks_exist(line: str) -> None:
    command: click.Command = main
    arguments = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        command = command.commands[arguments.pop(0)]
    command.make_context(line, arguments)


def test_expressions_in_the_runbooks_are_promql_about_what_there_is(tmp_path: Path) -> None:
    asked = blocks("promql")
    assert set.union(*map(names, asked)) <= SAMPLES
    made = [{"record": f"e{n}", "expr": expression} for n, expression in enumerate(asked)]
    written = tmp_path / "rules.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": made}]}))
    promtool("check", "rules", written)
