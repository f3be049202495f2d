"""How many tokens a model makes of a text, beside our own count of it: measured on what it was billed for."""

from dataclasses import dataclass
from math import hypot
from typing import Any

from ibis import Table

from routergate.domain.event import UsageSource
from routergate.domain.usage import INPUTS
from routergate.economics.compare import Sample
from routergate.reporting.costs import metered
from routergate.reporting.engine import fetched

ENOUGH = 30
"""Requests of a model, for its tokenizer to be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Tokens of one model for each of another one's, for the same text."""

    value: float
    error: float
    basis: str
    """In a sentence."""


def measured(rows: Table, source: str, target: str) -> Ratio:
    """By both models' bills; the same number where one of them has too few."""
    found = {name: _sample(rows, name) for name in (source, target)}
    few = [name for name, one in found.items() if one.units < ENOUGH]
    ours, theirs = found[source], found[target]
    if few or not (ours.mean and theirs.mean and ours.error is not None and theirs.error is not None):
        return Ratio(
            value=1.0,
            error=0.0,
            basis="Texts are taken to have as many tokens: "
            f"{' and '.join(few)} has fewer than {ENOUGH} requests to measure.",
        )
    value = theirs.mean / ours.mean
    error = value * hypot(theirs.error / theirs.mean, ours.error / ours.mean)
    counts = f"{theirs.units:,} and {ours.units:,} requests"
    return Ratio(
        value=value,
        error=error,
        basis=f"A text has {value:.3f} (± {error:.3f}) times the tokens, by both bills beside our own count "
        f"({counts}).",
    )


def _sample(rows: Table, model: str) -> Sample:
    """Input that was billed, for each token of our own count."""
    billed = rows.filter(
        (rows.model == model)
        & (rows.kind == "event")
        & (rows.usage_source == UsageSource.PROVIDER.value)
        & (rows.input_tokens > 0)
        & rows.output.notnull()
    )
    total: Any = metered(billed).total(INPUTS).cast("float64")
    size: Any = billed.input_tokens.cast("float64")
    sums = {"total": total, "squares": total * total, "products": total * size, "sizes": size * size}
    [one] = fetched(
        billed.agg(
            units=billed.count(),
            requests=billed.input_tokens.sum().fill_null(0),
            **{name: column.sum().fill_null(0.0) for name, column in sums.items()},
        )
    )
    return Sample(**{**one, "requests": int(one["requests"])})
