"""Panels and dashboards as values, and as the JSON that Grafana reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
COLUMNS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One expression, and what its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question and its answer."""

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    stacked: bool = False
    exemplars: bool = False
    decimals: int | None = None
    most: float | None = None
    """The end of the axis."""

    def json(self) -> dict[str, Any]:
        """As Grafana has it, without its number and place."""
        return {
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "fieldConfig": {"defaults": {**self._field(), **_LOOKS[self.kind](self)}, "overrides": []},
            "options": _OPTIONS[self.kind],
            "targets": [self._target(n, query) for n, query in enumerate(self.queries)],
        }

    def _field(self) -> dict[str, Any]:
        bounds = {"decimals": self.decimals, "max": self.most}
        return {"unit": self.unit, **{name: bound for name, bound in bounds.items() if bound is not None}}

    def _target(self, number: int, query: Query) -> dict[str, Any]:
        instant = self.kind != "timeseries"
        return {
            "refId": chr(ord("A") + number),
            "datasource": SOURCE,
            "expr": query.expr,
            "legendFormat": query.legend,
            "instant": instant,
            "range": not instant,
            **({"exemplar": True} if self.exemplars else {}),
            **({"format": "table"} if self.kind == "table" else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels that belong together."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What a reader may choose: values of a label."""

    name: str
    label: str
    query: str

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "type": "query",
            "datasource": SOURCE,
            "definition": self.query,
            "query": {"query": self.query, "refId": self.name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One page."""

    name: str
    title: str
    description: str
    variables: Sequence[Variable]
    rows: Sequence[Row] = field(default_factory=tuple)

    def json(self) -> dict[str, Any]:
        """The whole file."""
        return {
            "uid": f"routergate-{self.name}",
            "title": f"RouterGate: {self.title}",
            "description": self.description,
            "tags": ["routergate"],
            "schemaVersion": 39,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "annotations": {"list": []},
            "links": _LINKS,
            "templating": {"list": [_DATA_SOURCE, *(one.json() for one in self.variables), *_PLACES]},
            "panels": [{"id": n, **panel} for n, panel in enumerate(self._laid_out(), 1)],
        }

    def _laid_out(self) -> Iterator[dict[str, Any]]:
        """Rows below each other, and their panels from left to right."""
        x, y, height = 0, 0, 0
        for row in self.rows:
            y += height
            yield {
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            }
            x, y, height = 0, y + 1, 0
            for panel in row.panels:
                if x + panel.width > COLUMNS:
                    x, y, height = 0, y + height, 0
                yield {**panel.json(), "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}}
                x, height = x + panel.width, max(height, panel.height)


def stat(title: str, description: str, unit: str, expr: str, decimals: int | None = None) -> Panel:
    """One number."""
    return Panel(
        title=title,
        description=description,
        unit=unit,
        queries=[Query(expr=expr)],
        kind="stat",
        width=4,
        height=4,
        decimals=decimals,
    )


def lines(title: str, description: str, unit: str, *queries: tuple[str, str], **more: Any) -> Panel:
    """Numbers over time: expressions, each with the name of its series."""
    asked = [Query(expr=expr, legend=legend) for legend, expr in queries]
    return Panel(title=title, description=description, unit=unit, queries=asked, **more)


def table(title: str, description: str, unit: str, expr: str) -> Panel:
    """Numbers by their labels, now."""
    return Panel(title=title, description=description, unit=unit, queries=[Query(expr=expr)], kind="table")


def quantile(share: float, metric: str, by: str = "", where: str = "") -> str:
    """The expression for a quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    buckets = f"sum by ({labels}) (rate({metric}_bucket{where}[$__rate_interval]))"
    return f"histogram_quantile({share}, {buckets})"


_LOOKS: dict[str, Any] = {
    "stat": lambda _: {
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": [{"color": "text", "value": None}]},
    },
    "timeseries": lambda panel: {
        "custom": {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 30 if panel.stacked else 5,
            "showPoints": "auto",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }
    },
    "table": lambda _: {"custom": {"align": "auto", "filterable": True}},
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "auto",
    },
    "timeseries": {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["mean", "lastNotNull"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}
_DATA_SOURCE = {
    "name": "DS_PROMETHEUS",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "refresh": 1,
    "current": {"selected": True, "text": "Prometheus", "value": "prometheus"},
}


def _place(name: str, label: str, url: str) -> dict[str, Any]:
    """An address that differs from one installation to the next, to be changed in the dashboard's settings."""
    chosen = {"selected": True, "text": url, "value": url}
    return {
        "name": name, "label": label, "type": "textbox", "query": url, "hide": 2,
        "current": chosen, "options": [chosen],
    }  # fmt: skip


_PLACES = [
    _place("gateway", "Address of the gateway", "http://localhost:8080"),
    _place("runbooks", "Address of the runbooks", "/public/runbooks.md"),
]
_LINKS = [
    {
        "type": "dashboards", "title": "RouterGate", "tags": ["routergate"], "asDropdown": False,
        "includeVars": False, "keepTime": True,
    },
    {"type": "link", "title": "Console", "icon": "external link", "url": "${gateway}/console", "targetBlank": True},
    {"type": "link", "title": "Runbooks", "icon": "doc", "url": "${runbooks}", "targetBlank": True},
]  # fmt: skip
