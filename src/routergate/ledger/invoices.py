"""Invoices and notes, numbered without a gap and never changed, beside the ledger's files.

Each is a file named for its number, month and customer. A number is given by whoever holds the lease of the
organisation's ledger: one at a time, the next one after all that are there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from urllib.parse import quote

import msgspec

from routergate.domain.errors import LedgerUnusable
from routergate.domain.invoice import Invoice
from routergate.domain.plan import Issuer
from routergate.ledger.consumer import whole
from routergate.ledger.lease import lease
from routergate.ledger.shelf import Shelf
from routergate.store.client import Store

Due = Callable[[Invoice, Sequence[Invoice]], Invoice | None]
"""What is still to be asked for, after earlier documents of the same month."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One document, by the name of its file."""

    place: int
    month: str
    customer: str
    """A digest: names of customers may be longer than those of files."""

    @classmethod
    def of(cls, place: int, customer: str, month: date) -> "Entry":
        """That of a customer's document."""
        return cls(place, f"{month:%Y-%m}", blake2b(customer.encode(), digest_size=8).hexdigest())

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.place:06d}_{self.month}_{self.customer}.json"


@dataclass(frozen=True, slots=True)
class Cabinet:
    """All documents of one organisation."""

    shelf: Shelf
    organisation: str

    def of(self, customer: str, month: date) -> list[Invoice]:
        """Those of a customer's month, oldest first; raises `LedgerUnusable` if one cannot be read."""
        wanted = Entry.of(0, customer, month)
        return [self._read(entry) for entry in self._entries() if replace(entry, place=0) == wanted]

    def numbered(self, number: str) -> Invoice | None:
        """The document with a number, if there is one."""
        found = (self._read(entry) for entry in reversed(self._entries()))
        return next((one for one in found if one.number == number), None)

    async def issue(self, store: Store, draft: Invoice, issuer: Issuer, on: date, due: Due) -> list[Invoice]:
        """Give a number to what is due, if anything is; all documents of the month, the newest last.

        Raises `LedgerBusy` while somebody else works on the organisation's ledger.
        """
        async with lease(store, self.organisation) as held:
            earlier = await whole(self.of, draft.customer, draft.month)
            if (document := due(draft, earlier)) is None:
                return earlier
            place = len(await whole(self._entries)) + 1
            numbered = replace(document, place=place, number=issuer.number(place), issued=on)
            await held.renew()
            await whole(self._write, numbered)
            return [*earlier, numbered]

    def _entries(self) -> list[Entry]:
        found = sorted(self._named())
        for place, entry in enumerate(found, 1):
            if entry.place != place:
                raise LedgerUnusable(
                    f"{self.shelf.place}/{self._folder}: document {place} is missing or there twice. "
                    "Restore it from a backup: numbers must have no gap."
                )
        return found

    def _named(self) -> Iterator[Entry]:
        for name in self.shelf.names(self._folder):
            place, month, customer = name.removesuffix(".json").split("_", 2)
            yield Entry(int(place), month, customer)

    def _read(self, entry: Entry) -> Invoice:
        path = f"{self._folder}/{entry.name}"
        try:
            return msgspec.json.decode(self.shelf.get(path) or b"", type=Invoice)
        except msgspec.MsgspecError as error:
            raise LedgerUnusable(
                f"{self.shelf.place}/{path} is damaged ({error}). Restore it from a backup."
            ) from error

    def _write(self, document: Invoice) -> None:
        entry = Entry.of(document.place or 0, document.customer, document.month)
        self.shelf.put(f"{self._folder}/{entry.name}", msgspec.json.encode(document))

    @property
    def _folder(self) -> str:
        return f"_invoices/organisation={quote(self.organisation, safe='')}"
