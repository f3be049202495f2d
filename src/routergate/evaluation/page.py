"""An evaluation as one HTML page that needs nothing else: no script, no other host."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from routergate.evaluation.evaluate import Report
from routergate.evaluation.plot import Series, plot
from routergate.evaluation.tables import figure, summary

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #ddd }
td { text-align: right; font-variant-numeric: tabular-nums } td:first-child, th { text-align: left }
svg { width: 100%; height: auto } svg text { font-size: 12px; fill: #444 }
.grid { stroke: #eee } .axis { stroke: #444; fill: none }
"""
SECTIONS: Final = ("Cost and quality", "Strong calls and quality", "Reliability", "Models", "Tasks")


def page(report: Report, title: str, notes: Sequence[str] = ()) -> str:
    """The page; `notes` say what readers should know of the data."""
    said = "".join(f"<p>{escape(line)}</p>" for line in [*summary(report).splitlines(), *notes])
    parts = (_frontier(report), _contenders(report), _reliability(report), _models(report), _tasks(report))
    sections = "".join(f"<h2>{name}</h2>{part}" for name, part in zip(SECTIONS, parts, strict=True) if part)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{said}{sections}</html>\n"
    )


def _frontier(report: Report) -> str:
    if report.frontier is None:
        return ""
    lines = [Series(line.name, line.points) for line in report.frontier.lines]
    models = [each.points[0] for each in report.frontier.models]
    named = [
        Series(each.name, each.points, labelled=True)
        for each in report.frontier.models
        if not _beaten(each.points[0], models)
    ]
    return plot(
        [*lines, Series("models", models, joined=False), *named], "USD per 1,000 prompts", "mean quality"
    )


def _beaten(model: tuple[float, float], models: Sequence[tuple[float, float]]) -> bool:
    """Whether another model is better and no dearer."""
    return any(cost <= model[0] and quality > model[1] for cost, quality in models)


def _contenders(report: Report) -> str:
    head = ("", "APGR", "CPT 50 %", "CPT 80 %")
    rows = ((c.name, figure(c.apgr), figure(c.cpt50, 1), figure(c.cpt80, 1)) for c in report.contenders)
    lines = [Series(each.name, [(100 * x, y) for x, y in each.points]) for each in report.contenders]
    drawn = plot(lines, f"calls to {report.strong}, %", "mean quality") if lines[0].points else ""
    return drawn + _table(head, rows)


def _reliability(report: Report) -> str:
    seen = Series("estimates", [(each.estimate, each.outcome) for each in report.reliability])
    drawn = plot([seen, Series("perfect", [(0, 0), (1, 1)])], "estimated", "came true")
    rows = ((f"{b.estimate:.3f}", f"{b.outcome:.3f}", f"{b.count:,}") for b in report.reliability)
    return drawn + _table(("estimated", "came true", "outcomes"), rows)


def _models(report: Report) -> str:
    rows = (
        (
            each.name,
            f"{each.prompts:,}",
            f"{each.quality:.3f}",
            f"{each.estimate:.3f}",
            "unknown" if each.cost is None else f"{each.cost:,.4f}",
        )
        for each in sorted(report.models, key=lambda model: -model.quality)
    )
    return _table(("model", "prompts", "quality", "estimate", "USD per 1,000 prompts"), rows)


def _tasks(report: Report) -> str:
    rows = [
        (
            each.task,
            f"{each.prompts:,}",
            f"{each.weak:.3f}",
            f"{each.strong:.3f}",
            figure(each.apgr),
            "-" if each.error is None else f"{each.error:.3f}",
        )
        for each in report.tasks
    ]
    return _table(("task", "prompts", "weak", "strong", "APGR", "calibration error"), rows) if rows else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    return f"<table><tr>{_cells('th', head)}</tr>{body}</table>"


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(_cell(tag, texts))


def _cell(tag: str, texts: Iterable[str]) -> Iterator[str]:
    return (f"<{tag}>{escape(text)}</{tag}>" for text in texts)
