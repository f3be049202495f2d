import json
import re
import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from routergate.domain.invoice import DocumentKind, Invoice, Used
from routergate.domain.plan import NotInvoiceable
from routergate.reporting.documents import as_csv, as_json, as_table
from routergate.reporting.pdf import as_pdf
from support.invoices import an_invoice, an_item

ITEMS = (
    an_item(),
    an_item(
        what="auto input_uncached", price=Decimal("2.50"), unit="million tokens", quantity=Decimal("0.000001")
    ),
)
ISSUED = an_invoice(
    number="A-000007", place=7, issued=date(2026, 11, 2), items=ITEMS, currency="EUR", usd=Decimal("1.1")
)
PREPAID = replace(ISSUED, credit=Decimal("20.00"), credit_left=Decimal("3.00"))


def written(pdf: bytes) -> str:
    """The text of a PDF with built-in fonts."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    texts = [zlib.decompress(one) for one in streams]
    return b"\n".join(re.findall(rb"\((.*?)\) Tj", b"".join(texts))).decode("latin-1")


def printed(document: Invoice) -> str:
    console = Console(width=200, record=True, file=StringIO())
    for thing in as_table(document):
        console.print(thing)
    return console.export_text()


def test_json_has_exact_amounts_as_text() -> None:
    found = json.loads(as_json(PREPAID))
    assert (found["number"], found["draft"], found["month"], found["issued"]) == (
        "A-000007",
        False,
        "2026-10",
        "2026-11-02",
    )
    assert (found["total"], found["credit"], found["due"]) == ("26.00", "20.00", "6.00")
    assert [item["quantity"] for item in found["items"]] == ["1000", "0.000001"]
    assert found["rounding"].startswith("Each line is reckoned exactly and rounded once, half to even")
    assert json.loads(as_json(an_invoice()))["draft"] is True


def test_the_lines_of_a_csv_come_to_what_is_due() -> None:
    assert as_csv(PREPAID).splitlines() == [
        "kind,plan,what,quantity,unit,price_usd,amount,currency",
        "usage,plus,,1000,requests,,13.00,EUR",
        "usage,plus,auto input_uncached,0.000001,million tokens,2.50,13.00,EUR",
        "credit,,,,,,-20.00,EUR",
    ]


def test_a_terminal_shows_the_same() -> None:
    text = printed(PREPAID)
    assert "Invoice A-000007, Globex Corporation, 2026-10" in text
    assert "Usage: auto input uncached" in text
    assert "6.00" in text
    assert "1 EUR = 1.1 USD." in text
    assert "Credit left: 3.00 EUR." in text
    assert "Invoice (draft)" in printed(an_invoice())


def test_a_pdf_has_all_of_it() -> None:
    used = (
        Used(of="search", requests=1_200, input_tokens=5, output_tokens=6),
        Used(of=None, requests=1, input_tokens=0, output_tokens=0),
    )
    text = written(as_pdf(replace(PREPAID, used=used, detail="feature")))
    for part in (
        "Acme Inc.",
        "1 High Street",
        "Globex Corporation",
        "Invoice A-000007",
        "For October 2026",
        "Issued on 2026-11-02",
        "13.00",
        "Paid before",
        "6.00",
        "search",
        "1,200",
        "1 EUR = 1.1 USD.",
    ):
        assert part in text or part in text.replace("\n", " "), part


def test_a_note_says_what_it_corrects() -> None:
    note = replace(ISSUED, kind=DocumentKind.CREDIT_NOTE, refers_to="A-000003")
    text = written(as_pdf(note))
    assert "Credit note A-000007" in text
    assert "Corrects A-000003" in text


def test_the_same_document_is_the_same_bytes() -> None:
    assert as_pdf(PREPAID) == as_pdf(PREPAID)


def test_a_name_that_the_font_cannot_write_is_told_of() -> None:
    greek = replace(ISSUED, recipient=replace(ISSUED.recipient, name="Γλόμπεξ"))
    with pytest.raises(
        NotInvoiceable,
        match=r"cannot write 'Γλόμπεξ'. Name a TrueType file in the organisation's issuer.font",
    ):
        as_pdf(greek)


def test_a_font_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(NotInvoiceable, match=r"issuer.font: there is no file"):
        as_pdf(ISSUED, str(tmp_path / "none.ttf"))
