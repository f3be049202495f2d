"""Invoices and notes as PDF; the one home of fpdf."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routergate.domain.errors import EngineUnusable
from routergate.domain.invoice import Invoice, Party, Used
from routergate.domain.plan import NotInvoiceable
from routergate.reporting.documents import ROUNDING, exchange, left, plain, rows, title

if TYPE_CHECKING:
    from fpdf import FPDF

BUILT_IN = "Helvetica"
"""It knows Western European letters only."""
COLUMNS: dict[str, Any] = {
    "col_widths": (40, 18, 22, 14, 16),
    "text_align": ("LEFT", "RIGHT", "LEFT", "RIGHT", "RIGHT"),
}
COUNTS: dict[str, Any] = {"text_align": ("LEFT", "RIGHT", "RIGHT", "RIGHT")}


def as_pdf(document: Invoice, font: str | None = None) -> bytes:
    """One document on A4. The same document gives the same bytes, with one version of fpdf.

    `font` is a TrueType file, for names that need other letters than Western European ones; without it, such
    a name raises `NotInvoiceable`.
    """
    if find_spec("fpdf") is None:
        raise EngineUnusable("PDF needs fpdf2: pip install 'routergate[invoices]', or choose json or csv.")
    page = _Page.of(document, font)
    page.head(document)
    page.table(
        ("", "Quantity", "Unit", "Price USD", f"Amount {document.currency}"),
        [*rows(document), ("Due", "", "", "", plain(document.due))],
        COLUMNS,
    )
    if document.used:
        heads = (document.detail.capitalize(), "Requests", "Tokens read", "Tokens written")
        page.table(heads, list(map(_counts, document.used)), COUNTS)
    for note in filter(None, (exchange(document), left(document), ROUNDING)):
        page.text(note, size=8)
    return bytes(page.paper.output())


@dataclass(frozen=True, slots=True)
class _Page:
    paper: "FPDF"
    font: str

    @classmethod
    def of(cls, document: Invoice, font: str | None) -> "_Page":
        from fpdf import FPDF  # noqa: PLC0415  only invoices need it

        paper = FPDF()
        paper.set_creation_date(datetime.combine(document.issued or document.month, time(), UTC))
        paper.set_title(title(document))
        paper.add_page()
        if font is None:
            return cls(paper, BUILT_IN)
        for style in ("", "B"):
            paper.add_font("own", style, _readable(font))
        return cls(paper, "own")

    def head(self, document: Invoice) -> None:
        """Who asks whom for what, and when."""
        for party in (document.issuer, document.recipient):
            self._party(party)
        self.text(title(document), size=18, style="B")
        self.text(f"For {document.month:%B %Y} (UTC)")
        if document.issued:
            self.text(f"Issued on {document.issued}")
        if document.refers_to:
            self.text(f"Corrects {document.refers_to}")
        self.paper.ln(4)

    def table(self, heads: Sequence[str], lines: Sequence[Sequence[str]], looks: dict[str, Any]) -> None:
        """A table, and some room below it."""
        self.paper.set_font(self.font, size=9)
        with self.paper.table(**looks) as table:
            for cells in (heads, *lines):
                table.row([self._known(cell) for cell in cells])
        self.paper.ln(6)

    def text(self, text: str, *, size: int = 10, style: Any = "") -> None:
        """A line of its own, or several if it is long."""
        self.paper.set_font(self.font, style=style, size=size)
        self.paper.multi_cell(0, size / 2, self._known(text), new_x="LMARGIN", new_y="NEXT")

    def _party(self, party: Party) -> None:
        self.text(party.name, style="B")
        for line in party.address:
            self.text(line)
        self.paper.ln(6)

    def _known(self, text: str) -> str:
        if self.font == BUILT_IN and not _western(text):
            raise NotInvoiceable(
                f"The built-in font of PDFs cannot write {text!r}. Name a TrueType file in the "
                "organisation's issuer.font, or choose json or csv."
            )
        return text


def _western(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)


def _readable(font: str) -> Path:
    if not Path(font).is_file():
        raise NotInvoiceable(f"issuer.font: there is no file {font}. Name a TrueType file that is there.")
    return Path(font)


def _counts(used: Used) -> tuple[str, ...]:
    return used.of or "-", f"{used.requests:,}", f"{used.input_tokens:,}", f"{used.output_tokens:,}"
