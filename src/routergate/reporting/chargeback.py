"""Who bears what: variable cost as it came, fixed costs of own models by a declared method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from ibis import Table

from routergate.economics.shares import divided
from routergate.reporting.engine import fetched
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import Column, Report, Unit, drawn, grouped, laid_out, not_summed
from routergate.reporting.rows import FIXED, asked, missing, money, requests, summed, tokens, unknown


class Method(StrEnum):
    """By what a model's fixed costs are spread over those who used it."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    SECONDS = "seconds"
    """Those in which it was busy with their answers."""
    WEIGHTS = "weights"
    """As declared."""
    EQUALLY = "equally"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback:
    """The method, and what each group weighs where that is declared."""

    method: Method = Method.REQUESTS
    weights: Mapping[str, Decimal] = field(default_factory=dict)

    def weighed(self, used: Mapping[str, Any], dimension: Dimension) -> Fraction:
        """What one group weighs among those who used a model."""
        if not used["requests"]:
            return Fraction(0)
        match self.method:
            case Method.EQUALLY:
                return Fraction(1)
            case Method.WEIGHTS:
                return Fraction(self.weights.get(used[dimension.value] or "", Decimal(0)))
            case _:
                return Fraction(max(0, used[self.method.value]))


_COLUMNS = (
    Column("requests", Unit.COUNT, "requests"),
    Column("variable_usd", Unit.USD, "what was paid for them", missing="unpriced"),
    Column("fixed_usd", Unit.USD, "their part of the fixed costs of the models that they used"),
    Column("charged_usd", Unit.USD, "both together"),
    Column("method", Unit.TEXT, "by what fixed costs were spread"),
    Column("unpriced", Unit.COUNT, "requests whose cost nobody knows", detail=True),
)


def chargeback(rows: Table, question: Question, how: Chargeback) -> Report:
    """One row for each group of the first dimension asked for; fixed costs are divided to the nano-dollar."""
    [dimension, *_] = question.by
    chosen = asked(rows, question)
    used = fetched(summed(chosen, (dimension, Dimension.MODEL), _sums(chosen)))
    fixed, left = _fixed(used, dimension, how)
    lines = _lines(used, fixed, dimension, how)
    columns = (*grouped((dimension,)), *_COLUMNS)
    return Report(
        title="Chargeback",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, lines),
        total=laid_out(columns, [_together(lines, dimension, how)])[0],
        notes=(*not_summed(missing(used, "unknown")), *_unborne(left)),
        charts=(drawn(lines, dimension.value, variable="variable_usd", fixed="fixed_usd"),),
    )


def _sums(rows: Table) -> dict[str, Any]:
    busy = (rows.answer_seconds.fill_null(0) * rows.requests * 1000).round().cast("int64")
    return {
        "requests": requests(rows),
        "tokens": tokens(rows),
        "seconds": busy.sum().fill_null(0),
        "variable": money(rows, "cost_nanos"),
        "fixed": sum(rows[name].fill_null(0) for name in FIXED).sum().fill_null(0),
        "unpriced": requests(rows, rows.cost_nanos.isnull() & rows.model.notnull()),
        "unknown": unknown(rows, "cost_nanos"),
    }


def _fixed(
    used: Sequence[Mapping[str, Any]], dimension: Dimension, how: Chargeback
) -> tuple[dict[Any, int], dict[str, int]]:
    """By group, and what of which model nobody bears because nobody weighs anything."""
    fixed: dict[Any, int] = {}
    left: dict[str, int] = {}
    for model in sorted({row["model"] for row in used if row["fixed"]}, key=str):
        groups = [row for row in used if row["model"] == model]
        whole, weights = sum(row["fixed"] for row in groups), [how.weighed(row, dimension) for row in groups]
        if not any(weights):
            left[model] = whole
            continue
        for row, part in zip(groups, divided(whole, weights), strict=True):
            fixed[row[dimension.value]] = fixed.get(row[dimension.value], 0) + part
    return fixed, left


def _lines(
    used: Sequence[Mapping[str, Any]], fixed: Mapping[Any, int], dimension: Dimension, how: Chargeback
) -> list[dict[str, Any]]:
    sums: dict[Any, dict[str, Any]] = {}
    for row in used:
        line = sums.setdefault(row[dimension.value], {"requests": 0, "variable_usd": 0, "unpriced": 0})
        for name, column in (
            ("requests", "requests"),
            ("variable_usd", "variable"),
            ("unpriced", "unpriced"),
        ):
            line[name] += row[column]
    for group, line in sums.items():
        line |= {dimension.value: group, "fixed_usd": fixed.get(group, 0), "method": how.method.value}
        line["charged_usd"] = line["variable_usd"] + line["fixed_usd"]
    borne = [line for line in sums.values() if line["requests"] or line["charged_usd"]]
    return sorted(borne, key=lambda line: (-line["charged_usd"], str(line[dimension.value])))


def _together(lines: Sequence[Mapping[str, Any]], dimension: Dimension, how: Chargeback) -> dict[str, Any]:
    names = ("requests", "variable_usd", "fixed_usd", "charged_usd", "unpriced")
    sums = {name: sum(line[name] for line in lines) for name in names}
    return {**sums, dimension.value: None, "method": how.method.value}


def _unborne(left: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(
        f"The fixed costs of {model}, {amount / 1e9:,.2f} USD, are charged to nobody: by this method no one "
        "weighs anything among those who used it."
        for model, amount in left.items()
    )
