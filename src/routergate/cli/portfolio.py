"""Commands about models as assets: what they really cost, and the closing of a month."""

import csv
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, with_store
from routergate.config.settings import environment

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.config.spec import Config
    from routergate.domain.asset import Bearer
    from routergate.ledger.accrual import Accrual
    from routergate.reporting.portfolio import Holding, Portfolio

NANOS = 1_000_000_000


@click.command("portfolio")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC). [default: 30 days ago]")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC). [default: today]")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@CONFIG
@AS_JSON
def report_portfolio(
    since: datetime | None, until: datetime | None, as_csv: bool, config: Path | None, as_json: bool
) -> None:
    """What each model really cost: fixed costs, idle time and book value beside what was paid for requests.

    \b
    routergate report portfolio --since 2026-01-01 --until 2026-01-31
    """
    from routergate.reporting.portfolio import csv_rows, plain

    now = datetime.now(UTC)  # noqa: TID251 - a command asks the clock itself
    last = until.date() if until else now.date()
    first = since.date() if since else last - timedelta(days=30)
    found = _portfolio(_loaded(config), first, last, int(now.timestamp()) * NANOS)
    if as_json:
        click.echo(json.dumps(plain(found), indent=2))
    elif as_csv:
        rows = list(csv_rows(found))
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]) if rows else ["model"])
        writer.writeheader()
        writer.writerows(rows)
    else:
        show(_table(found), _summary(found))


@click.command("accrue")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Such as 2026-01. [default: the last one]")
@CONFIG
def accrue_month(month: datetime | None, config: Path | None) -> None:
    """Book what a month's requests have borne of fixed costs too little, or too much.

    For a month that is over. It can be run again: only what is still missing is booked.
    """
    from routergate.economics.months import preceding
    from routergate.ledger.accrual import accrue

    now = datetime.now(UTC)  # noqa: TID251 - a command asks the clock itself
    running = now.date().replace(day=1)
    chosen = month.date() if month else preceding(running)
    if chosen >= running:
        raise click.UsageError(f"{chosen:%Y-%m} is not over yet; choose an earlier month.")
    cards = list(_loaded(config).catalogue.models.values())
    moment = int(now.timestamp()) * NANOS
    booked = with_store(lambda store: accrue(store, cards, chosen, moment))
    for one in booked:
        click.echo(_booked(one))
    if not booked:
        click.echo(f"{chosen:%Y-%m}: nothing is due.")


def _loaded(config: Path | None) -> "Config":
    from routergate.config.load import load

    return load(settings(config).config, environment())


def _portfolio(config: "Config", since: date, until: date, now: int) -> "Portfolio":
    from routergate.economics.fixed import counted_since
    from routergate.ledger.reader import totals
    from routergate.reporting.portfolio import portfolio

    cards = config.catalogue.models
    first = min([since, *counted_since(card.asset for card in cards.values() if card.asset)])
    seen = with_store(lambda store: totals(store, since=first, until=until))
    return portfolio(seen, {str(name): card for name, card in cards.items()}, since, until, now)


def _booked(one: "Accrual") -> str:
    from routergate.domain.money import usd_text

    due = one.due
    parts = f"hosting {usd_text(due.hosting)}, depreciation {usd_text(due.depreciation)}"
    return (
        f"{one.month:%Y-%m} {one.card.id}: {parts}, maintenance {usd_text(due.maintenance)} USD, "
        f"on the account of {_whose(one.bearer)}"
    )


def _whose(one: "Bearer") -> str:
    named = {"team": one.team, "customer": one.customer, "feature": one.feature}
    return ", ".join([one.organisation, *(f"{name} {value}" for name, value in named.items() if value)])


def _table(found: "Portfolio") -> "Table":
    from rich.table import Table

    table = Table("model", "class")
    for name in (
        "requests", "marginal", "hosting", "depreciation", "maintenance", "idle",
        "per query", "per query, busy only", "busy", "book start", "book end",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for one in found.holdings:
        table.add_row(one.model, one.model_class or "-", *_cells(one))
    return table


def _cells(one: "Holding") -> list[str]:
    from routergate.domain.money import usd

    def dollars(amount: int | None) -> str:
        return "unknown" if amount is None else f"{usd(amount):,.2f}"

    def each(amount: int | None) -> str:
        exact = one.per_request(amount)
        return "-" if not one.requests else "unknown" if exact is None else f"{exact:.6f}"

    fixed, use = one.fixed, one.use
    unknown = f" + {one.measures.unpriced:,} unknown" if one.measures.unpriced else ""
    return [
        f"{one.requests:,}",
        f"{usd(one.measures.cost_nanos):,.6f}{unknown}",
        *map(dollars, (fixed.hosting, fixed.depreciation, fixed.maintenance)),
        dollars(use.idle) if use else "unknown" if one.hosted else "-",
        each(one.allocated),
        each(one.by_use),
        f"{float(use.utilisation):.1%}" if use else "-",
        dollars(one.book_start),
        dollars(one.book_end),
    ]


def _summary(found: "Portfolio") -> str:
    kept = "-" if found.kept is None else f"{found.kept:.1%}"
    return f"USD. Own models kept {found.own:,} requests ({kept}); {found.bought:,} went to bought models."
