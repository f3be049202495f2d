"""An evaluation for people at a terminal."""

from collections.abc import Iterator

from rich.table import Table

from routergate.evaluation.evaluate import Report
from routergate.evaluation.metrics import Measured

SHOWN = 20
"""Tasks in the table; all of them are in the JSON and the page."""


def tables(report: Report) -> Iterator[Table]:
    """Contenders, models, tasks."""
    yield _contenders(report)
    yield _models(report)
    if report.tasks:
        yield _tasks(report)


def summary(report: Report) -> str:
    """What was measured, the calibration error, and what 95 % of the best model's quality costs."""
    counts = f"{report.prompts:,} prompts, {report.questions:,} different questions"
    pair = f"Strong: {report.strong}. Weak: {report.weak}"
    error = f"Expected calibration error: {figure(report.error)}"
    return "\n".join([counts, pair, error, *_saving(report)])


def figure(measured: Measured, digits: int = 3) -> str:
    """A figure with its interval."""
    if measured.value is None:
        return "-"
    if measured.low is None or measured.high is None:
        return f"{measured.value:.{digits}f}"
    return f"{measured.value:.{digits}f} ({measured.low:.{digits}f} to {measured.high:.{digits}f})"


def _saving(report: Report) -> Iterator[str]:
    found = report.frontier
    if found is None:
        yield "No cost–quality curve: fewer than two models have a known price and answered the same prompts."
        return
    best = next(line for line in found.models if line.name == found.best).points[0]
    cost = found.lines[0].cost_of(0.95 * best[1])
    reached = "is not reached" if cost is None else f"costs {cost:,.4f} USD per 1,000 prompts"
    yield (
        f"95 % of the quality of {found.best} ({best[0]:,.4f} USD) {reached} with the router "
        f"({found.prompts:,} prompts, {len(found.models)} priced models)."
    )


def _contenders(report: Report) -> Table:
    table = Table("router", title="Between the weak and the strong model", title_justify="left")
    for name in ("APGR", "CPT 50 %", "CPT 80 %"):
        table.add_column(name, justify="right")
    for each in report.contenders:
        table.add_row(each.name, figure(each.apgr), figure(each.cpt50, 1), figure(each.cpt80, 1))
    return table


def _models(report: Report) -> Table:
    table = Table("model", title="Each model for everything", title_justify="left")
    for name in ("prompts", "quality", "estimate", "USD per 1,000"):
        table.add_column(name, justify="right")
    for each in sorted(report.models, key=lambda model: -model.quality):
        cost = "unknown" if each.cost is None else f"{each.cost:,.4f}"
        table.add_row(each.name, f"{each.prompts:,}", f"{each.quality:.3f}", f"{each.estimate:.3f}", cost)
    return table


def _tasks(report: Report) -> Table:
    more = f" (the {SHOWN} most frequent of {len(report.tasks)})" if len(report.tasks) > SHOWN else ""
    table = Table("task", title=f"Tasks{more}", title_justify="left")
    for name in ("prompts", "weak", "strong", "APGR", "calibration error"):
        table.add_column(name, justify="right")
    for each in report.tasks[:SHOWN]:
        error = "-" if each.error is None else f"{each.error:.3f}"
        numbers = f"{each.prompts:,}", f"{each.weak:.3f}", f"{each.strong:.3f}", figure(each.apgr), error
        table.add_row(each.task, *numbers)
    return table
