from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.invoice import DocumentKind, Invoice, Used
from routergate.economics.amendments import outstanding
from support.invoices import an_invoice, an_item

FIRST = an_invoice(number="000001", place=1)
CENTS = st.decimals(0, 10**6, places=2)


def test_the_first_document_is_an_invoice() -> None:
    assert outstanding(an_invoice(), []) == an_invoice()


def test_what_was_asked_for_rightly_is_not_asked_for_again() -> None:
    assert outstanding(an_invoice(), [FIRST]) is None


def test_what_was_asked_for_too_much_is_given_back_line_by_line() -> None:
    now = an_invoice(items=(an_item(amount=Decimal("10.00"), quantity=Decimal(900)), an_item(what="new")))
    then = an_invoice(number="1", items=(an_item(), an_item(what="new"), an_item(what="gone")))
    note = outstanding(now, [then])
    assert note is not None
    assert (note.kind, note.refers_to) == (DocumentKind.CREDIT_NOTE, "1")
    assert [(one.what, one.quantity, one.amount) for one in note.items] == [
        ("", Decimal(-100), Decimal("-3.00")),
        ("gone", Decimal(-1_000), Decimal("-13.00")),
    ]
    assert note.due == Decimal("-16.00")


def test_what_was_left_out_is_asked_for() -> None:
    note = outstanding(an_invoice(items=(an_item(amount=Decimal(14)),)), [FIRST])
    assert note is not None
    assert (note.kind, note.due) == (DocumentKind.DEBIT_NOTE, Decimal(1))


def test_a_note_lists_no_usage_and_knows_of_credits() -> None:
    used = (Used(of=None, requests=1, input_tokens=1, output_tokens=1),)
    note = outstanding(an_invoice(credit=Decimal(5), used=used), [FIRST])
    assert note is not None
    assert [note.credit, note.total, note.due] == [Decimal(5), Decimal(0), Decimal(-5)]
    assert note.used == ()


@given(st.lists(CENTS, min_size=1, max_size=5))
def test_all_documents_of_a_month_come_to_what_the_ledger_says_last(amounts: list[Decimal]) -> None:
    documents: list[Invoice] = []
    for amount in amounts:
        note = outstanding(an_invoice(items=(an_item(amount=amount),)), documents)
        documents += [note] if note else []
    assert sum((one.due for one in documents), Decimal(0)) == amounts[-1]
