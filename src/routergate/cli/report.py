"""Commands about what was used, and what it cost."""

import json
from datetime import UTC, datetime, timedelta

import click

from routergate.cli.common import AS_JSON, show, with_store


@click.group()
def report() -> None:
    """What was used, and what it cost."""


@report.command("usage")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC). [default: 30 days ago]")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC). [default: today]")
@click.option(
    "--by",
    default="model",
    show_default=True,
    help="Comma-separated: day, organisation, team, key, customer, feature, route, model, provider, class.",
)
@click.option("--organisation", help="Only this one. [default: all]")
@AS_JSON
def report_usage(
    since: datetime | None, until: datetime | None, by: str, organisation: str | None, as_json: bool
) -> None:
    """Requests, tokens, cost and savings, summed up from the store.

    \b
    routergate report usage --by feature,model --since 2026-01-01
    """
    from routergate.ledger.reader import totals
    from routergate.reporting.usage import Dimension, as_table, usage_by
    from routergate.reporting.usage import as_json as rows_as_json

    try:
        dimensions = [Dimension(name.strip()) for name in by.split(",")]
    except ValueError:
        raise click.UsageError(f"--by takes any of {', '.join(Dimension)}.") from None
    last = until.date() if until else datetime.now(UTC).date()  # noqa: TID251 - a command asks the clock itself
    first = since.date() if since else last - timedelta(days=30)
    found = with_store(lambda store: totals(store, organisation=organisation, since=first, until=last))
    rows = usage_by(found, dimensions)
    if as_json:
        click.echo(json.dumps(rows_as_json(rows, dimensions), indent=2))
    else:
        show(as_table(rows, dimensions))
