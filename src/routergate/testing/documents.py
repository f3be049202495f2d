"""Made-up messages, reports and contracts that the prompts are about. Nobody in them exists."""

from itertools import chain

ORDERS = (
    "Hi, Marta Lindqvist here. On 14 March 2025 I ordered two oak shelves and brackets, 184.50 € in all.",
    "Bestellung vom 02.05.2025, Kunde: Ofenbau Rieger GmbH, 12 Schamottesteine, 1 Eimer Mörtel, 96,80 EUR.",
    "please send the bill for the 3 desk lamps (£ 117) to accounts@brightwell.example. Thanks, Tom Adeyemi",
    "Pedido de Lucía Ferrer: una cafetera y dos filtros, 63,20 €, recibido el 9 de junio de 2025.",
    "Order #8812 / J. Okafor / 30 Jan 2025 / 1 tent, 2 mats, 1 stove / paid 412.00 USD by card",
    "Bonjour, je suis Inès Carpentier. Le 21/02/2025 : un vélo pliant et son antivol, 739 € au total.",
    "山本健です。4月3日に本棚を一つ注文しました。合計は18,400円です。",
    "fwd: from the shop floor -- Mr Haddad took four boxes of tiles on account, 228.00, no date on the slip",
)

_SITES = ("Gdańsk", "Porto", "Leipzig", "Tampere", "Cork", "Graz", "Lyon")
_WEEKS = (
    "At {site}, {n} machines ran {hours} hours; {idle} of them went on waiting for material.",
    "{site} reported {n} complaints, of which {idle} concern the new hinge; the supplier knows.",
    "The audit at {site} found {n} open points. {idle} are older than a quarter and have no owner.",
    "Energy in {site} came to {hours} MWh, after {n} the week before, because of the old compressor.",
    "{site} hired {n} people and lost {idle}; some say that shifts were announced too late.",
)


def _report(number: int, lines: int) -> str:
    """A weekly report of `lines` paragraphs."""
    head = f"Operations report, week {10 + number}\n\n"
    return head + "\n".join(_paragraph(number * 31 + line * 7, line + 1) for line in range(lines))


def _paragraph(seed: int, number: int) -> str:
    told = _WEEKS[(seed + number) % len(_WEEKS)]
    facts = {"n": 3 + seed % 17, "hours": 60 + seed % 101, "idle": 1 + seed % 3}
    return f"{number}. " + told.format(site=_SITES[seed % len(_SITES)], **facts)


REPORTS = tuple(_report(number, lines) for number, lines in enumerate((6, 12, 20, 30, 45, 60, 8, 16)))

_PARTIES = (
    ("Halden Robotics AS", "Kestrel Foods Ltd"),
    ("Nordlicht Hosting GmbH", "Praxisverbund Elbe eG"),
    ("Sabine Orfeo Consulting", "Municipality of Vellmark"),
    ("Tidewater Analytics Inc.", "Banco Albariza S.A."),
    ("Quill & Tern LLP", "Osprey Shipping Oy"),
    ("Meridian Labs B.V.", "Lumen Schools Trust"),
)
_CLAUSES = (
    "The Supplier shall deliver the Services with reasonable care, within {days} days of each written order.",
    "Invoices fall due {days} days after receipt. Interest of {percent} % per month accrues on late amounts.",
    "The Customer shall indemnify the Supplier against all claims of third parties, whatever their cause.",
    "The Supplier may subcontract without consent and is liable for subcontractors only in case of intent.",
    "Liability is limited to {percent} % of the fees paid in the {days} days before the event.",
    "This Agreement renews for two years unless notice is given {days} days before it ends.",
    "Either party may terminate for material breach not cured within {days} days of notice.",
    "Results belong to the Supplier; the Customer receives a licence that ends with this Agreement.",
    "Confidential information shall be returned or destroyed within {days} days of a request.",
    "The Supplier may raise prices by up to {percent} % a year with {days} days of notice.",
    "Personal data shall be processed in the European Economic Area, unless the Supplier decides otherwise.",
    "The courts at the Supplier's seat have exclusive jurisdiction.",
)


def _contract(number: int, rounds: int) -> str:
    """A services agreement that goes through the clauses `rounds` times, with an annex for each round."""
    supplier, customer = _PARTIES[number % len(_PARTIES)]
    head = f"SERVICES AGREEMENT between {supplier} (“Supplier”) and {customer} (“Customer”)"
    return "\n".join([head, *chain.from_iterable(_annex(number, turn) for turn in range(rounds))])


def _annex(number: int, turn: int) -> list[str]:
    title = "General terms" if turn == 0 else f"Annex {turn}, which prevails over what stands before it"
    days, percent = 10 + 5 * ((number + 2 * turn) % 17), 2 + (number * 3 + turn) % 19
    clauses = _CLAUSES[(number + turn) % 5 :]
    numbered = (f"{turn + 1}.{place} {clause}" for place, clause in enumerate(clauses, 1))
    return ["", title, *(clause.format(days=days, percent=percent) for clause in numbered)]


CONTRACTS = tuple(_contract(number, rounds) for number, rounds in enumerate((1, 2, 1, 3, 6, 1)))
