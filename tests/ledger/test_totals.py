from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import Loaded
from routergate.domain.event import Outcome, Timings, UsageEvent, UsageSource
from routergate.domain.money import Nanos
from routergate.domain.totals import Measures, Total
from routergate.domain.usage import Usage
from routergate.ledger.record import row
from routergate.ledger.totals import Increments, increments, read_totals
from support.events import an_attribution, an_event
from support.ledgers import DAY, NOON, events


def totals_of(*happened: UsageEvent) -> list[Total]:
    return [
        total
        for (day, key), fields in increments(map(row, happened)).items()
        for total in read_totals(
            "acme",
            date.fromisoformat(day),
            key,
            {name.encode(): str(amount).encode() for name, amount in fields.items()},
        )
    ]


def only(*happened: UsageEvent) -> Measures:
    [total] = totals_of(*happened)
    return total.measures


def test_how_long_an_answer_took_is_counted_where_it_is_known() -> None:
    took = Timings(total=2, first_token=1, overhead=0, decision=0, answer=1.2345)
    sums = only(an_event(timings=took), an_event())
    assert (sums.answer_millis, sums.timed, sums.requests) == (1_234, 1, 2)


def test_an_answered_request_counts_its_tokens_and_money() -> None:
    assert only(an_event(), an_event()) == Measures(
        requests=2,
        input_uncached=200,
        output=40,
        cost_nanos=4_000_000,
        baseline_nanos=20_000_000,
        savings_nanos=16_000_000,
        loaded_nanos=4_000_000,
        loaded=2,
    )


def test_a_cell_is_everything_that_requests_have_in_common() -> None:
    owner = an_attribution(team="t", customer="c|d", feature='"')
    [total] = totals_of(an_event(attribution=owner))

    assert (total.day, total.organisation, total.key) == (date(2023, 11, 14), "acme", "key-1")
    assert (total.team, total.customer, total.feature) == ("t", "c|d", '"')
    assert (total.route, total.model, total.provider) == ("auto", "mini", "acme-ai")
    assert total.model_class == "economy"


@pytest.mark.parametrize(
    ("late", "day"), [(0, "2023-11-14"), (DAY, "2023-11-15"), (6400 * 10**9, "2023-11-15")]
)
def test_a_day_ends_at_midnight_utc(late: int, day: str) -> None:
    assert [total.day.isoformat() for total in totals_of(an_event(at=NOON + late))] == [day]


UNKNOWN = {"cost": None, "baseline_cost": None}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (an_event(cost=None), {"unpriced": 1, "incomparable": 1, "baseline_nanos": 10_000_000}),
        (an_event(baseline_cost=None), {"unbaselined": 1, "incomparable": 1, "cost_nanos": 2_000_000}),
        (an_event(usage=None, **UNKNOWN), {"unpriced": 1, "unbaselined": 1, "incomparable": 1}),
        (an_event(usage=None, cost=Nanos(0), baseline_cost=Nanos(0)), {}),
        (an_event(usage=None, card=None, outcome=Outcome.FAILED, **UNKNOWN), {"failed": 1}),
        (an_event(usage=None, card=None, outcome=Outcome.REFUSED, **UNKNOWN), {"failed": 1}),
        (an_event(usage=None, card=None, outcome=Outcome.ABANDONED, **UNKNOWN), {"abandoned": 1}),
        (an_event(usage=Usage(), usage_source=UsageSource.COUNTED, cost=Nanos(0), baseline_cost=Nanos(3)),
         {"estimated": 1, "baseline_nanos": 3, "savings_nanos": 3}),
        (an_event(usage=None, usage_source=UsageSource.COUNTED, cost=Nanos(3), baseline_cost=Nanos(1)),
         {"cost_nanos": 3, "baseline_nanos": 1, "savings_nanos": -2}),
    ],
)  # fmt: skip
def test_what_is_unknown_is_counted_and_not_taken_for_zero(
    event: UsageEvent, expected: dict[str, int]
) -> None:
    tokens = {"input_uncached": 100, "output": 20} if event.usage == an_event().usage else {}
    known = {} if event.cost is None else {"loaded": 1, "loaded_nanos": event.cost}
    assert only(event) == Measures(requests=1, **tokens, **known, **expected)


def test_a_share_of_fixed_costs_is_counted_by_component() -> None:
    share = Loaded(hosting=Nanos(1), depreciation=Nanos(2), maintenance=Nanos(3))
    counted = only(an_event(share=share, cost=Nanos(10)))

    assert (counted.hosting_nanos, counted.depreciation_nanos, counted.maintenance_nanos) == (1, 2, 3)
    assert (counted.loaded_nanos, counted.loaded) == (16, 1)


def test_a_share_that_nobody_knows_makes_no_loaded_cost() -> None:
    counted = only(an_event(share=None))
    assert (counted.requests, counted.loaded, counted.loaded_nanos) == (1, 0, 0)


def test_a_measure_of_a_later_version_is_passed_over() -> None:
    cell = b'[null,null,null,"auto","m","p","economy"]'
    [total] = read_totals("acme", date(2026, 1, 1), "k", {cell + b"|requests": b"3", cell + b"|carbon": b"9"})

    assert total.measures == Measures(requests=3)


@given(st.lists(events(), max_size=20), st.data())
def test_in_any_portions_the_totals_are_the_same(happened: list[UsageEvent], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(happened)))))
    rows = [row(event) for event in happened]
    portions = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]

    added: Increments = {}
    for portion in portions:
        for place, fields in increments(portion).items():
            sums = added.setdefault(place, {})
            for field, amount in fields.items():
                sums[field] = sums.get(field, 0) + amount
    assert {place: {f: n for f, n in sums.items() if n} for place, sums in added.items()} == {
        place: {f: n for f, n in sums.items() if n} for place, sums in increments(rows).items()
    }
