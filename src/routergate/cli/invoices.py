"""Commands about customers: what they are charged, and what they leave."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from routergate.cli.asking import FORMATS, Printer
from routergate.cli.common import AS_JSON, CONFIG, settings, shelf_at, show, today, with_store
from routergate.config.findings import hint
from routergate.config.settings import environment
from routergate.domain.plan import NotInvoiceable

if TYPE_CHECKING:
    from ibis import Table

    from routergate.config.spec import Config
    from routergate.domain.invoice import Invoice
    from routergate.ledger.invoices import Cabinet
    from routergate.ledger.shelf import Shelf
    from routergate.reporting.billing import Account
    from routergate.reporting.report import Report
    from routergate.store.client import Store

Result = TypeVar("Result")
DOCUMENTS = ("table", "json", "csv", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A customer's month, and where its rows and documents are."""

    account: "Account"
    month: date
    shelf: "Shelf"
    engine: str

    @property
    def cabinet(self) -> "Cabinet":
        """The documents of who charges."""
        from routergate.ledger.invoices import Cabinet

        return Cabinet(self.shelf, self.account.customer.organisation)

    def draft(self) -> "Invoice":
        """As the ledger's files have it now."""
        return read(
            self.shelf,
            self.engine,
            (self.account.since(self.month), _last(self.month)),
            lambda rows: self.account.invoice(rows, self.month),
        )

    def issued(self) -> list["Invoice"]:
        """All documents of the month, with the one that is due by now."""
        return with_store(self._issued)

    async def _issued(self, store: "Store") -> list["Invoice"]:
        from routergate.economics.amendments import outstanding
        from routergate.ledger.consumer import export

        customer, billing = self.account.customer, self.account.billing
        await export(store, self.shelf, customer.organisation)  # what waits in the store is charged too
        draft = await asyncio.to_thread(self.draft)
        issuer = billing.issuer(customer.organisation)
        return await self.cabinet.issue(store, draft, issuer, today(), outstanding)


@click.command("invoice")
@click.option("--customer", required=True, help="As the configuration calls it.")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Such as 2026-10. [default: the last one]")
@click.option("--draft", is_flag=True, help="Only show what it would be; give no number.")
@click.option("--number", help="Show this document as it was issued.")
@click.option("--format", "form", type=click.Choice(DOCUMENTS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--engine", default="duckdb", show_default=True, help="Or spark://host:port, spark:local[2].")
@click.option("--ledger", "place", help="A directory or a URI. [default: as `ledger run`]")
@CONFIG
@AS_JSON
def report_invoice(
    customer: str, month: datetime | None, draft: bool, number: str | None, place: str | None, **how: Any
) -> None:
    """A customer's invoice for a month, with a number of its own.

    A month that is not over gives a draft. Run again, it shows the same invoice; if prices were corrected
    since, it issues a credit or debit note for the difference, and shows that.

    \b
    Examples:
      routergate report invoice --customer globex --month 2026-10 --format pdf --out globex.pdf
    """
    config = loaded(how["config"])
    chosen = month.date() if month else _before(today())
    bill = Bill(account=_account(config, customer), month=chosen, shelf=shelf_at(place), engine=how["engine"])
    document = _numbered(bill, number) if number else _document(bill, draft=draft)
    font = config.billing.issuer(document.organisation).font
    _tell(document, "json" if how["as_json"] else how["form"], how["out"], font)


@click.command("margins")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Such as 2026-10. [default: the last one]")
@click.option("--organisation", help="Only this one. [default: all]")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--engine", default="duckdb", show_default=True, help="Or spark://host:port, spark:local[2].")
@click.option("--ledger", "place", help="A directory or a URI. [default: as `ledger run`]")
@CONFIG
@AS_JSON
def report_margins(
    month: datetime | None, organisation: str | None, engine: str, place: str | None, **how: Any
) -> None:
    """What each customer is charged for a month, what it cost, and who costs more than it pays.

    \b
    Examples:
      routergate report margins --month 2026-10
    """
    from routergate.reporting.margins import margins

    billing, chosen = loaded(how["config"]).billing, month.date() if month else _before(today())
    found = read(
        shelf_at(place),
        engine,
        (chosen, _last(chosen)),
        lambda rows: margins(rows, billing, chosen, organisation),
    )
    told(found, "json" if how["as_json"] else how["form"], how["out"])


def read(shelf: "Shelf", engine: str, days: tuple[date, date], work: "Callable[[Table], Result]") -> Result:
    """What `work` makes of the ledger's rows of some days, both included."""
    from routergate.ledger.books import Books, books, consulted
    from routergate.reporting.engine import opened

    def worked(found: Books) -> Result:
        with opened(found, engine) as rows:
            return work(rows)

    return consulted(lambda: books(shelf, *days), worked)


def loaded(config: Path | None) -> "Config":
    """The configuration."""
    from routergate.config.load import load

    return load(settings(config).config, environment())


def told(report: "Report", form: str, out: Path | None) -> None:
    """Print a report that was computed already."""
    Printer(form=form, out=out).tell(report)


def _account(config: "Config", name: str) -> "Account":
    from routergate.reporting.billing import Account

    known = config.billing.customers
    if name not in known:
        raise NotInvoiceable(f"No customer '{name}' is declared{hint(name, known)}. Add it to customers.")
    return Account(customer=known[name], billing=config.billing)


def _document(bill: Bill, *, draft: bool) -> "Invoice":
    if draft or _last(bill.month) >= today():
        return bill.draft()
    if not (documents := bill.issued()):
        raise NotInvoiceable(_nothing(bill))
    *earlier, newest = documents
    for one in earlier:
        click.echo(f"Issued before for this month: {one.number}, {one.due:f} {one.currency}.", err=True)
    return newest


def _nothing(bill: Bill) -> str:
    customer = bill.account.customer
    return (
        f"There is nothing to charge '{customer.id}' for {bill.month:%Y-%m}: the ledger at "
        f"{bill.shelf.place} has no requests of '{customer.organisation}' with this customer, and the plan "
        "has no fee."
    )


def _numbered(bill: Bill, number: str) -> "Invoice":
    found = bill.cabinet.numbered(number)
    if found is None:
        raise NotInvoiceable(f"'{bill.cabinet.organisation}' has no document {number}.")
    return found


def _tell(document: "Invoice", form: str, out: Path | None, font: str | None) -> None:
    from routergate.reporting.documents import as_csv, as_json, as_table
    from routergate.reporting.pdf import as_pdf

    if form == "pdf":
        _write(as_pdf(document, font), out)
    elif form == "table":
        show(*as_table(document))
    else:
        _write({"json": as_json, "csv": as_csv}[form](document).rstrip("\n").encode() + b"\n", out)


def _write(content: bytes, out: Path | None) -> None:
    if out:
        out.write_bytes(content)
    elif content.startswith(b"%PDF") and sys.stdout.isatty():
        raise click.UsageError("A PDF is not for a terminal; say where to with --out FILE.")
    else:
        click.echo(content, nl=False)


def _last(month: date) -> date:
    from routergate.economics.months import following

    return following(month) - timedelta(days=1)


def _before(day: date) -> date:
    from routergate.economics.months import preceding

    return preceding(day.replace(day=1))
