"""The ledger in FOCUS."""

import json
import sys
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, CONFIG, DAY, DIFFERS, shelf_at, today
from routergate.cli.invoices import loaded, read

if TYPE_CHECKING:
    from routergate.reporting.focus.export import Rows

SHOWN = 20


@click.command("focus")
@click.option("--since", type=DAY, help="First day (UTC). [default: 30 days before the last]")
@click.option("--until", type=DAY, help="Last day (UTC). [default: today]")
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option(
    "--check", is_flag=True, help="Check the specification's rules; print nothing but what is wrong."
)
@click.option("--engine", default="duckdb", show_default=True, help="Or spark://host:port, spark:local[2].")
@click.option("--ledger", "place", help="A directory or a URI. [default: as `ledger run`]")
@CONFIG
@AS_JSON
def report_focus(
    since: datetime | None,
    until: datetime | None,
    form: str,
    out: Path | None,
    check: bool,
    as_json: bool,
    **where: str | None,
) -> None:
    """Every charge in FOCUS 1.2, with the columns for split allocation from 1.3.

    One row for each day, account, model and kind of tokens; the sums are the ledger's to the nano-dollar.

    \b
    Examples:
      routergate report focus --since 2026-10-01 --until 2026-10-31 --out october.csv
    """
    from routergate.reporting.focus.export import exported

    last = until.date() if until else today()
    first = since.date() if since else last - timedelta(days=30)
    cards = {str(name): card for name, card in loaded(_path(where["config"])).catalogue.models.items()}
    rows, missing = read(
        shelf_at(where["place"]),
        where["engine"] or "duckdb",
        (first, last),
        lambda table: exported(table, cards),
    )
    for model, count in missing.items():
        click.echo(f"Not in it: {count:,} requests to {model}, of which nobody knows the cost.", err=True)
    if check:
        _check(rows)
    elif as_json:
        click.echo(json.dumps([{**row} for row in rows], default=str))
    else:
        _put(rows, form, out)


def _check(rows: "Rows") -> None:
    from routergate.reporting.focus.rules import breaches

    found = list(islice(breaches(rows), SHOWN + 1))
    for breach in found[:SHOWN]:
        click.echo(breach)
    if len(found) > SHOWN:
        click.echo("and more")
    click.echo(f"Rows: {len(rows):,}. {'Rules are broken.' if found else 'No rule is broken.'}", err=True)
    sys.exit(DIFFERS if found else 0)


def _put(rows: "Rows", form: str, out: Path | None) -> None:
    from routergate.reporting.focus.export import as_csv, write_parquet

    if form == "parquet":
        if out is None:
            raise click.UsageError("Parquet is not for a terminal; say where to with --out FILE.")
        write_parquet(rows, str(out))
    elif out:
        out.write_text(as_csv(rows), encoding="utf-8")
    else:
        click.echo(as_csv(rows), nl=False)


def _path(config: str | Path | None) -> Path | None:
    return Path(config) if config else None
