"""The command that books a corrected price."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.common import AS_JSON, CONFIG, DAY, settings, shelf_at, show, with_store
from routergate.config.settings import environment
from routergate.domain.money import usd_text

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.ledger.corrections import Correction, Scope


@click.command("correct")
@click.option("--since", required=True, type=DAY, help="First day (UTC).")
@click.option("--until", required=True, type=DAY, help="Last day (UTC).")
@click.option("--model", "models", multiple=True, help="Only rows that it answered, or is the baseline of.")
@click.option("--organisation", help="Only this one's rows.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--dir", "directory", help="Where the ledger's files are. [default: as for `ledger run`]")
@CONFIG
@AS_JSON
def prices_correct(directory: str | None, dry_run: bool, as_json: bool, **asked: Any) -> None:
    """Price the rows of some days anew, with the configuration's rate cards, and book what differs.

    Rows are not changed: each is taken back and booked again, with totals and budgets in money. It may be
    killed at any moment and run again; run twice, the second finds nothing.

    \b
    Examples:
      routergate prices correct --since 2026-10-01 --until 2026-10-31 --model gpt-4o --dry-run
    """
    scope = _scope(**asked)
    planned = _correct(directory, scope, book=False)
    if not as_json:
        _tell(planned, "to be corrected")
    booked = planned if dry_run or not planned.rows else _correct(directory, scope, book=True)
    if as_json:
        click.echo(json.dumps({"booked": not dry_run, **_plain(booked)}, indent=2))
    elif not dry_run and planned.rows:
        click.echo(f"Rows corrected: {booked.rows:,}")


def _scope(
    since: datetime, until: datetime, models: tuple[str, ...], organisation: str | None, config: Path | None
) -> "Scope":
    from routergate.config.findings import hint
    from routergate.config.load import load
    from routergate.ledger.corrections import Scope

    known = load(settings(config).config, environment()).catalogue.models
    for model in models:
        if model not in known:
            raise click.UsageError(f"No model is called '{model}'{hint(model, known)}.")
    return Scope(
        models=known,
        since=since.date(),
        until=until.date(),
        only=frozenset(models),
        organisation=organisation,
    )


def _correct(directory: str | None, scope: "Scope", *, book: bool) -> "Correction":
    from routergate.ledger.corrections import correct

    shelf = shelf_at(directory)
    now = int(time.time())
    return with_store(lambda store: correct(store, shelf, scope, now, book=book))


def _plain(found: "Correction") -> dict[str, Any]:
    """Exact dollars, as text."""
    return {
        "rows": found.rows,
        "changes": [
            {
                "organisation": organisation,
                "day": day,
                "model": model,
                "rows": change.rows,
                "unpriced_before": change.unpriced,
                "cost_usd_before": usd_text(change.cost_before),
                "cost_usd_after": usd_text(change.cost_after),
                "baseline_cost_usd_before": usd_text(change.baseline_before),
                "baseline_cost_usd_after": usd_text(change.baseline_after),
            }
            for (organisation, day, model), change in sorted(found.changes.items())
        ],
        "left_alone": {why.value: rows for why, rows in found.left.items()},
    }


def _tell(found: "Correction", what: str) -> None:
    if found.changes:
        show(_table(found))
    click.echo(f"Rows {what}: {found.rows:,}")
    for why, rows in found.left.items():
        click.echo(f"Rows left alone, {why.value.replace('_', ' ')}: {rows:,}")


def _table(found: "Correction") -> "Table":
    from rich.table import Table

    table = Table("day", "organisation", "model")
    for name in ("rows", "unpriced", "USD before", "USD after", "baseline before", "baseline after"):
        table.add_column(name, justify="right", no_wrap=True)
    for (organisation, day, model), change in sorted(found.changes.items()):
        amounts = change.cost_before, change.cost_after, change.baseline_before, change.baseline_after
        counts = f"{change.rows:,}", f"{change.unpriced:,}"
        table.add_row(day, organisation, model, *counts, *map(usd_text, amounts))
    return table
