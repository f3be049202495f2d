import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

from routergate.domain.asset import Loaded
from routergate.domain.event import UsageEvent
from routergate.domain.money import Nanos
from routergate.ledger.amended import correction, priced, reversal
from routergate.ledger.record import row
from routergate.reporting.focus.export import as_csv, exported, parsed, write_parquet
from routergate.reporting.focus.rules import breaches
from support.books import ledgered
from support.builders import a_card
from support.events import LARGE, MINI, an_attribution, an_event
from support.focus import CARDS, RATES, total

SHARE = Loaded(hosting=Nanos(11), depreciation=Nanos(13), maintenance=Nanos(0))
KNOWN = {**CARDS, "mini": a_card("mini", prices=(RATES,))}
HAPPENED: list[UsageEvent] = [
    an_event(id="a", card=MINI, cost=Nanos(1_234_567)),
    an_event(id="b", card=MINI, cost=Nanos(7_654_321), share=SHARE, service_tier="priority"),
    an_event(id="c", card=LARGE, cost=Nanos(999), attribution=an_attribution(customer="globex", feature="f")),
    an_event(id="d", card=LARGE, cost=None),
    an_event(id="e", card=None, cost=None, usage=None),
]


def test_an_export_adds_up_to_the_ledger_and_keeps_the_rules(tmp_path: Path) -> None:
    first = row(HAPPENED[0])
    corrected = [reversal(first), correction(priced(first, 2_000_001, None))]
    with ledgered(tmp_path, *HAPPENED, *corrected) as rows:
        found, missing = exported(rows, KNOWN)

    assert [str(breach) for breach in breaches(found)] == []
    assert total(found, "BilledCost") == 2_000_001 + 7_654_321 + 999
    assert total(found, "EffectiveCost") == total(found, "BilledCost") + 24
    assert missing == {"large": 1}


def test_a_csv_can_be_read_back_and_checked(tmp_path: Path) -> None:
    with ledgered(tmp_path, *HAPPENED) as rows:
        found, _ = exported(rows, KNOWN)
    text = as_csv(found)
    again = list(parsed(text))

    assert list(breaches(again)) == []
    assert again == found
    assert "2023-11-14T00:00:00Z" in text
    assert "E-" not in text


def test_what_is_no_number_is_told_of_by_the_rules(tmp_path: Path) -> None:
    with ledgered(tmp_path, HAPPENED[0]) as rows:
        found, _ = exported(rows, KNOWN)
    broken = as_csv(found).replace("2023-11-14T00:00:00Z", "yesterday")
    said = {str(breach) for breach in breaches(parsed(broken))}
    assert "row 1, ChargePeriodStart: must be a time in UTC" in said


def test_parquet_has_exact_decimals_and_times(tmp_path: Path) -> None:
    with ledgered(tmp_path, *HAPPENED) as rows:
        found, _ = exported(rows, KNOWN)
    write_parquet(found, str(tmp_path / "focus.parquet"))
    table = pq.read_table(io.BytesIO((tmp_path / "focus.parquet").read_bytes())).to_pylist()

    assert sum(one["BilledCost"] for one in table) == Decimal(total(found, "BilledCost")).scaleb(-9)
    assert {one["ChargePeriodStart"] for one in table} == {datetime(2023, 11, 14, tzinfo=UTC)}
    assert table[0]["InvoiceId"] is None
