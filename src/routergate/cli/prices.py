"""Commands about prices: the declared ones, and those of the price map that ships with litellm."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, today
from routergate.cli.corrections import prices_correct
from routergate.config.settings import environment

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.config.comparison import Comparison
    from routergate.config.spec import Config
    from routergate.domain.model import ModelCard


@click.group()
def prices() -> None:
    """Declared prices, and what the price map says.

    \b
    Examples:
      routergate prices diff
    """


prices.add_command(prices_correct)


@prices.command("diff")
@CONFIG
@AS_JSON
def prices_diff(config: Path | None, as_json: bool) -> None:
    """Declared prices beside those of the price map, rate by rate, in USD per million tokens.

    The map ships with litellm and is read from disk. It is an opinion, not a bill.

    \b
    Examples:
      routergate prices diff
      routergate prices diff --json
    """
    from routergate.config.comparison import compare

    found = compare(_loaded(config), today())
    if as_json:
        click.echo(json.dumps([_plain(comparison) for comparison in found], indent=2))
    elif found:
        show(_table(found))
    else:
        click.echo("No model has declared prices that anybody else could know.", err=True)


@prices.command("apply")
@click.argument("model")
@click.option("--from", "start", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC).")
@CONFIG
@AS_JSON
def prices_apply(model: str, start: datetime, config: Path | None, as_json: bool) -> None:
    """Print the lines that give MODEL the price map's rates from a day on; no file is changed.

    A discount, a minimum and a markup that are in force on that day are kept.

    \b
    Examples:
      routergate prices apply gpt-4o --from 2026-02-01
    """
    from routergate.config.comparison import as_yaml, listed

    known, day = _loaded(config), start.date()
    card = _card(known, model)
    if any(rates.start == day for rates in card.prices):
        raise click.UsageError(f"{model} has rates from {day} already; change them, or take another day.")
    rates = listed(known, card)
    if rates is None:
        raise click.UsageError(f"The price map has no price for {model} ({card.upstream}).")
    lines = as_yaml(rates, day, card.rates(day))
    if as_json:
        told = {"model": model, "source": rates.source, "yaml": lines}
        click.echo(json.dumps(told))
        return
    click.echo(f"# models.{model}.prices in {known.path}, by {rates.source}:", err=True)
    click.echo(lines)


def _loaded(config: Path | None) -> "Config":
    from routergate.config.load import load

    return load(settings(config).config, environment())


def _card(config: "Config", model: str) -> "ModelCard":
    from routergate.config.findings import hint
    from routergate.domain.model import ModelId

    models = config.catalogue.models
    if model not in models:
        raise click.UsageError(f"No model is called '{model}'{hint(model, models)}.")
    return models[ModelId(model)]


def _plain(comparison: "Comparison") -> dict[str, Any]:
    return {
        "model": comparison.model,
        "from": comparison.start.isoformat(),
        "source": comparison.source,
        "rates": [
            {
                "rate": each.rate,
                "declared": _text(each.declared),
                "listed": _text(each.listed),
                "change_percent": _text(each.change),
            }
            for each in comparison.differences
        ],
    }


def _table(found: Sequence["Comparison"]) -> "Table":
    from rich.table import Table

    table = Table("model", "rate")
    for name in ("declared", "price map", "change"):
        table.add_column(name, justify="right")
    for comparison in found:
        for each in comparison.differences:
            change = "-" if each.change is None else f"{each.change:+} %"
            theirs = "unknown" if comparison.source is None else _text(each.listed) or "-"
            table.add_row(comparison.model, each.rate, _text(each.declared) or "-", theirs, change)
        table.add_section()
    return table


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
