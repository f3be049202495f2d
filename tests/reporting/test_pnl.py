from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from routergate.domain.asset import Loaded
from routergate.domain.errors import RevenueUnknown
from routergate.domain.event import Attempt, Outcome, UsageEvent
from routergate.domain.model import ModelClass
from routergate.domain.money import Nanos
from routergate.domain.revenue import Per, Revenue
from routergate.domain.usage import Usage
from routergate.ledger.beside import without_request
from routergate.ledger.record import EventRow, row
from routergate.reporting.pnl import pnl
from routergate.reporting.question import Dimension, Question
from support.books import ledgered
from support.events import MINI, an_attribution, an_event

ASKED = Question(since=date(2023, 11, 1), until=date(2023, 11, 30), by=(Dimension.FEATURE,))
MILLI = 1_000_000
SEARCH, NOBODY = an_attribution(feature="search", customer="globex"), an_attribution()


def a_source(usd: str, per: Per = Per.REQUEST, **changes: object) -> Revenue:
    return Revenue(usd=Decimal(usd), per=per, **changes)  # type: ignore[arg-type]  # of any field


def test_a_feature_earns_and_costs(tmp_path: Path) -> None:
    kept = replace(MINI, model_class=ModelClass.SELF_HOSTED)
    share = Loaded(hosting=Nanos(3 * MILLI), depreciation=Nanos(2 * MILLI), maintenance=Nanos(MILLI))
    rejected = Attempt(
        model="mini", provider="p", result="rejected", seconds=1, usage=Usage(), cost=Nanos(MILLI)
    )
    answered = Attempt(model="large", provider="p", result="ok", seconds=1)
    happened: list[UsageEvent | EventRow] = [
        an_event(attribution=SEARCH, cost=Nanos(5 * MILLI), attempts=(rejected, answered)),
        an_event(attribution=SEARCH, card=kept, cost=Nanos(0), share=share),
        an_event(attribution=SEARCH, cost=None, outcome=Outcome.FAILED),
        msgspec.structs.replace(row(an_event(share=share, cost=Nanos(0))), kind="accrual", requests=0),
        msgspec.structs.replace(row(an_event(attribution=SEARCH)), kind="shadow", requests=0),
    ]
    sources = [a_source("0.01", Per.OUTCOME, feature="search"), a_source("0.001", customer="globex")]
    with ledgered(tmp_path, *happened) as rows:
        report = pnl(rows, ASKED, sources)

    found = {one["feature"]: one for one in report.named()}
    search = found["search"]
    assert (search["requests"], search["kept_share"], search["revenue_usd"]) == (3, 1 / 3, 20 * MILLI)
    assert (search["bought_usd"], search["own_usd"], search["overheads_usd"]) == (
        4 * MILLI,
        3 * MILLI,
        3 * MILLI,
    )
    assert (search["depreciation_usd"], search["maintenance_usd"]) == (2 * MILLI, MILLI)
    assert (search["margin_usd"], search["margin_share"]) == (7 * MILLI, Decimal("0.35"))
    assert (found[None]["own_usd"], found[None]["margin_usd"]) == (3 * MILLI, -6 * MILLI)
    assert report.named_total()["margin_usd"] == MILLI
    assert report.notes[1].startswith("Costs without a feature")
    assert report.notes[2] == "1 requests without a known price are not in the sums: mini 1."


def test_a_customer_pays_in_several_ways_on_the_days_that_were_agreed(tmp_path: Path) -> None:
    sources = [
        a_source("0.5", customer="globex"),
        a_source("30", Per.SEAT, customer="globex", seats=2),
        a_source("99", customer="globex", start=date(2024, 1, 1)),
        a_source("0.5", customer="globex", start=date(2023, 11, 20)),
    ]
    asked = Question(since=ASKED.since, until=ASKED.until, by=(Dimension.CUSTOMER,))
    with ledgered(tmp_path, an_event(attribution=SEARCH)) as rows:
        [found] = pnl(rows, asked, sources).named()
    assert (found["customer"], found["revenue_usd"]) == ("globex", 60_500 * MILLI)


def test_revenue_for_something_unknown_is_refused_with_what_may_be_meant(tmp_path: Path) -> None:
    sources = [a_source("1", feature="serach")]
    told = pytest.raises(RevenueUnknown, match=r"feature 'serach', and no row .* did you mean 'search'\?")
    with ledgered(tmp_path, an_event(attribution=SEARCH)) as rows, told:
        pnl(rows, ASKED, sources)
    far = pytest.raises(RevenueUnknown, match=r"is of it\. Correct `revenue`")
    with ledgered(tmp_path, an_event(attribution=SEARCH)) as rows, far:
        pnl(rows, ASKED, [a_source("1", feature="invoices")])


def test_without_revenue_it_is_all_cost(tmp_path: Path) -> None:
    with ledgered(tmp_path, an_event(attribution=NOBODY)) as rows:
        [found] = pnl(rows, ASKED, []).named()
    assert (found["revenue_usd"], found["margin_usd"], found["margin_share"]) == (0, -2 * MILLI, None)


def posted(name: str, amount: int, **changes: object) -> EventRow:
    columns = {"kind": "revenue", "id": name, "at": an_event().at, "organisation": "acme", **changes}
    return without_request(**columns, revenue_nanos=amount)


def test_posted_revenue_is_added_to_what_is_declared_each_posting_once(tmp_path: Path) -> None:
    happened: list[UsageEvent | EventRow] = [
        an_event(attribution=SEARCH, cost=Nanos(5 * MILLI)),
        *[posted("a", 70 * MILLI, feature="search", customer="globex")] * 2,
        posted("b", -10 * MILLI, feature="search"),
        posted("c", 9 * MILLI, feature="serach"),
        posted("d", 1_000 * MILLI, customer="globex"),
        posted("e", 1_000 * MILLI, feature="search", organisation="other"),
    ]
    asked = replace(ASKED, organisation="acme")
    with ledgered(tmp_path, *happened) as rows:
        report = pnl(rows, asked, [a_source("0.01", feature="search")])
        by_customer = pnl(rows, replace(asked, by=(Dimension.CUSTOMER,)), [])

    found = {one["feature"]: one for one in report.named()}
    assert {name: one["revenue_usd"] for name, one in found.items()} == {
        "search": 70 * MILLI,
        "serach": 9 * MILLI,
    }
    assert (found["serach"]["requests"], found["serach"]["margin_usd"]) == (0, 9 * MILLI)
    assert report.named_total()["revenue_usd"] == 79 * MILLI
    assert "posted for the feature 'serach', and no request of the period" in report.notes[1]
    [globex] = by_customer.named()
    assert globex["revenue_usd"] == 1_070 * MILLI


def test_revenue_of_other_days_is_not_in_the_report(tmp_path: Path) -> None:
    with ledgered(tmp_path, an_event(attribution=SEARCH), posted("a", MILLI, feature="search")) as rows:
        late = replace(ASKED, since=date(2023, 11, 16))
        assert pnl(rows, late, []).rows == ()
