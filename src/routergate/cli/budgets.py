"""The command about budgets."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, with_store
from routergate.config.settings import environment

MOST = 100_000
"""Rows; more are for machines, which can turn pages over HTTP."""
HEADS = ("organisation", "kind", "scope", "name", "window", "spent", "held", "limit", "share", "resets_at")


@click.command()
@CONFIG
@click.option("--organisation", help="Only this one's.")
@AS_JSON
def budgets(config: Path | None, organisation: str | None, as_json: bool) -> None:
    """Show how budgets and limits stand. A row without a name stands for each that has it for itself.

    \b
    Examples:
      routergate budgets
      routergate budgets --organisation acme --json
    """
    from routergate.allowances import budget_page
    from routergate.app import SystemClock
    from routergate.config.load import load

    rules = load(settings(config).config, environment()).rules
    asked = organisation, 0, MOST
    rows = with_store(lambda store: budget_page(store, rules, SystemClock(), asked))["data"]
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo("No budgets and no limits are declared.", err=True)
    else:
        _show(rows)


def _show(rows: list[Mapping[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for head in HEADS:
        table.add_column(head.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(escape(_plain(row, head)) for head in HEADS))
    show(table)


def _plain(row: Mapping[str, Any], head: str) -> str:
    value = row[head]
    if value is None:
        return "each" if head == "name" else "-"
    if head == "share":
        return f"{value:.1%}"
    return f"{value} {row['measure']}" if head == "limit" else str(value)
