"""Commands about models as assets: what they really cost, and the closing of a month."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.asking import Printer, printing
from routergate.cli.common import AS_JSON, CONFIG, DAY, settings, with_store
from routergate.config.settings import environment

if TYPE_CHECKING:
    from routergate.config.spec import Config
    from routergate.domain.asset import Bearer
    from routergate.ledger.accrual import Accrual
    from routergate.reporting.portfolio import Portfolio

NANOS = 1_000_000_000


@click.command("portfolio")
@click.option("--since", type=DAY, help="First day (UTC). [default: 30 days ago]")
@click.option("--until", type=DAY, help="Last day (UTC). [default: today]")
@printing
@CONFIG
def report_portfolio(
    since: datetime | None, until: datetime | None, printer: Printer, config: Path | None
) -> None:
    """What each model really cost: fixed costs, idle time and book value beside what was paid for requests.

    \b
    Examples:
      routergate report portfolio --since 2026-01-01 --until 2026-01-31
    """
    from routergate.reporting.portfolio import reported

    now = datetime.now(UTC)  # noqa: TID251 - a command asks the clock itself
    last = until.date() if until else now.date()
    first = since.date() if since else last - timedelta(days=30)
    found = _portfolio(_loaded(config), first, last, int(now.timestamp()) * NANOS)
    printer.tell(reported(found, first, last))


@click.command("accrue")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Such as 2026-01. [default: the last one]")
@CONFIG
@AS_JSON
def accrue_month(month: datetime | None, config: Path | None, as_json: bool) -> None:
    """Book what a month's requests have borne of fixed costs too little, or too much.

    For a month that is over. It can be run again: only what is still missing is booked.

    \b
    Examples:
      routergate ledger accrue --month 2026-10
    """
    from routergate.economics.months import following, instant, preceding
    from routergate.ledger.accrual import accrue
    from routergate.opencost import bills

    now = datetime.now(UTC)  # noqa: TID251 - a command asks the clock itself
    running = now.date().replace(day=1)
    chosen = month.date() if month else preceding(running)
    if chosen >= running:
        raise click.UsageError(f"{chosen:%Y-%m} is not over yet; choose an earlier month.")
    cards = list(_loaded(config).catalogue.models.values())
    moment = int(now.timestamp()) * NANOS
    said = asyncio.run(bills(cards, instant(chosen), instant(following(chosen))))
    booked = with_store(lambda store: accrue(store, cards, chosen, moment, said))
    if as_json:
        click.echo(json.dumps([_plain(one) for one in booked]))
        return
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
    from routergate.opencost import bills
    from routergate.reporting.portfolio import portfolio, term

    cards = config.catalogue.models
    first = min([since, *counted_since(card.asset for card in cards.values() if card.asset)])
    seen = with_store(lambda store: totals(store, since=first, until=until))
    said = asyncio.run(bills(cards.values(), *term(since, until, now)))
    return portfolio(seen, {str(name): card for name, card in cards.items()}, since, until, now, said)


def _plain(one: "Accrual") -> dict[str, object]:
    """Money in nano-dollars, as the ledger has it."""
    due, whose = one.due, one.bearer
    owner = {"team": whose.team, "customer": whose.customer, "feature": whose.feature}
    parts = {"hosting": due.hosting, "depreciation": due.depreciation, "maintenance": due.maintenance}
    return {
        "month": f"{one.month:%Y-%m}",
        "model": one.card.id,
        "organisation": whose.organisation,
        **owner,
        **{f"{name}_nanos": nanos for name, nanos in parts.items()},
    }


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
