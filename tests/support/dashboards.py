"""Grafana dashboards, as far as their questions to Prometheus go."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
DASHBOARDS = GRAFANA / "dashboards"

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One PromQL expression, with Grafana's variables replaced."""

    panel: str
    promql: str


def expressions(dashboard: Path, *, step: str = "1m", span: str = "1h") -> list[Expression]:
    """Every expression of a dashboard.

    Rate intervals are `step`, the time shown is `span`, and of everything else all is chosen.
    """
    content = json.loads(dashboard.read_text())
    values = {"__rate_interval": step, "__interval": step, "__range": span, "__range_s": "3600"}
    values |= {variable["name"]: ".*" for variable in variables(content)}
    return [
        Expression(panel=panel["title"], promql=_filled(target["expr"], values))
        for panel in panels(content)
        for target in panel["targets"]
    ]


def panels(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that show something; rows only set them apart."""
    return [panel for panel in content["panels"] if panel["type"] != "row"]


def variables(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The variables that a reader may choose."""
    found: list[dict[str, Any]] = content["templating"]["list"]
    return found


def _filled(expr: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values[found[1] or found[2]], expr)
