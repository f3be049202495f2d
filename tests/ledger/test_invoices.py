"""Numbers without a gap, given once."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from routergate.domain.errors import LedgerBusy, LedgerUnusable
from routergate.domain.invoice import DocumentKind, Invoice
from routergate.domain.plan import Issuer
from routergate.economics.amendments import outstanding
from routergate.ledger.invoices import Cabinet
from routergate.ledger.lease import lease
from routergate.ledger.shelf import Shelf
from routergate.store.client import Store
from support.exports import Death, Fate, MortalShelf
from support.invoices import an_invoice, an_item
from support.plans import NOVEMBER

ACME, TODAY = Issuer(name="Acme Inc.", prefix="A-"), date(2026, 11, 2)


def a_cabinet(tmp_path: Path) -> Cabinet:
    return Cabinet(Shelf(str(tmp_path)), "acme")


async def issued(cabinet: Cabinet, store: Store, draft: Invoice) -> list[str | None]:
    documents = await cabinet.issue(store, draft, ACME, TODAY, outstanding)
    return [one.number for one in documents]


async def test_each_document_has_the_next_number(store: Store, tmp_path: Path) -> None:
    cabinet = a_cabinet(tmp_path)
    assert await issued(cabinet, store, an_invoice()) == ["A-000001"]
    assert await issued(cabinet, store, an_invoice(customer="initech")) == ["A-000002"]
    assert await issued(cabinet, store, an_invoice(month=NOVEMBER)) == ["A-000003"]
    assert await issued(Cabinet(cabinet.shelf, "other one"), store, an_invoice()) == ["A-000001"]


async def test_a_number_is_given_once(store: Store, tmp_path: Path) -> None:
    cabinet = a_cabinet(tmp_path)
    assert [await issued(cabinet, store, an_invoice()) for _ in range(2)] == [["A-000001"]] * 2


async def test_what_was_issued_is_kept_as_it_was(store: Store, tmp_path: Path) -> None:
    cabinet = a_cabinet(tmp_path)
    long = an_invoice(customer="ü" * 256, credit=Decimal("0.10"))
    [document] = await cabinet.issue(store, long, ACME, TODAY, outstanding)

    assert document == replace(long, number="A-000001", place=1, issued=TODAY)
    assert cabinet.numbered("A-000001") == document
    assert cabinet.numbered("A-000002") is None
    assert cabinet.of("globex", long.month) == []


async def test_a_correction_after_the_invoice_is_a_note_with_a_number_of_its_own(
    store: Store, tmp_path: Path
) -> None:
    cabinet = a_cabinet(tmp_path)
    await issued(cabinet, store, an_invoice())
    corrected = an_invoice(items=(an_item(amount=Decimal(12)),))
    _, note = await cabinet.issue(store, corrected, ACME, TODAY, outstanding)

    assert (note.kind, note.number, note.refers_to) == (DocumentKind.CREDIT_NOTE, "A-000002", "A-000001")
    assert note.due == Decimal("-1.00")
    assert await issued(cabinet, store, corrected) == ["A-000001", "A-000002"]


async def test_nobody_gets_a_number_while_somebody_else_works_on_the_ledger(
    store: Store, tmp_path: Path
) -> None:
    async with lease(store, "acme"):
        with pytest.raises(LedgerBusy):
            await issued(a_cabinet(tmp_path), store, an_invoice())
    assert a_cabinet(tmp_path).of("globex", an_invoice().month) == []


async def test_many_at_once_leave_no_gap_and_no_two_with_one_number(store: Store, tmp_path: Path) -> None:
    cabinet = a_cabinet(tmp_path)

    async def persistent(customer: str) -> str | None:
        while True:
            try:
                return (await issued(cabinet, store, an_invoice(customer=customer)))[0]
            except LedgerBusy:
                await asyncio.sleep(0)

    numbers = await asyncio.gather(*(persistent(f"c{n}") for n in range(8)))
    assert sorted(map(str, numbers)) == [f"A-{n:06d}" for n in range(1, 9)]


@pytest.mark.parametrize("after", [False, True])
async def test_a_process_that_dies_takes_no_number_with_it(store: Store, tmp_path: Path, after: bool) -> None:
    dying = Cabinet(MortalShelf(str(tmp_path), Fate(0, after=after)), "acme")
    with pytest.raises(Death):
        await issued(dying, store, an_invoice())
    assert await issued(a_cabinet(tmp_path), store, an_invoice()) == ["A-000001"]


async def test_a_missing_document_is_told_of(store: Store, tmp_path: Path) -> None:
    cabinet = a_cabinet(tmp_path)
    for customer in ("a", "b"):
        await issued(cabinet, store, an_invoice(customer=customer))
    min(tmp_path.rglob("*.json")).unlink()
    with pytest.raises(LedgerUnusable, match="document 1 is missing or there twice"):
        await issued(cabinet, store, an_invoice())


async def test_a_damaged_document_is_told_of(store: Store, tmp_path: Path) -> None:
    cabinet = a_cabinet(tmp_path)
    await issued(cabinet, store, an_invoice())
    next(tmp_path.rglob("*.json")).write_text("{}")
    with pytest.raises(LedgerUnusable, match=r"is damaged .* Restore it from a backup"):
        cabinet.of("globex", an_invoice().month)
