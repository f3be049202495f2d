from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from routergate.domain.event import Attempt, UsageEvent
from routergate.domain.money import Nanos
from routergate.domain.usage import Usage
from routergate.reporting.reconciliation import Key, Verdict, booked, compared, reconciled
from routergate.reporting.statements import Entry
from support.books import ledgered
from support.events import an_event

DAY = date(2023, 11, 14)
KEY: Key = DAY, "mini"
OURS = Entry(
    day=DAY, model="mini", requests=10, input_tokens=1_000, output_tokens=200, cost=Nanos(20_000_000)
)


def verdict(theirs: Entry | None, *, unpriced: int = 0, tolerance: float = 0.001) -> Verdict:
    other: dict[Key, Entry] = {} if theirs is None else {KEY: theirs}
    known: dict[Key, Entry] = {**other, (DAY, "other"): replace(OURS, model="other")}
    found = compared({KEY: OURS}, known, {KEY: unpriced}, tolerance)
    return next(one.verdict for one in found if one.key == KEY)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (OURS, Verdict.MATCHED),
        (None, Verdict.EXTRA),
        (replace(OURS, cost=Nanos(30_000_000)), Verdict.PRICE),
        (replace(OURS, cost=Nanos(20_009_000)), Verdict.MATCHED),
        (replace(OURS, output_tokens=201), Verdict.USAGE),
        (replace(OURS, requests=11), Verdict.USAGE),
        (Entry(day=DAY, model="mini", input_tokens=1_000), Verdict.MATCHED),
        (Entry(day=DAY, model="mini", cost=OURS.cost), Verdict.MATCHED),
    ],
)
def test_a_day_and_model_is_compared_in_what_both_know(theirs: Entry | None, expected: Verdict) -> None:
    assert verdict(theirs) is expected


def test_what_the_ledger_has_not_is_missing() -> None:
    [one] = compared({}, {KEY: OURS}, {}, 0.0)
    assert one.verdict is Verdict.MISSING


def test_a_cost_that_nobody_knows_is_no_drift_of_the_price() -> None:
    assert verdict(OURS, unpriced=1) is Verdict.UNPRICED


def test_small_differences_may_be_tolerated() -> None:
    assert verdict(replace(OURS, input_tokens=1_010), tolerance=0.02) is Verdict.MATCHED


def test_days_that_the_provider_does_not_tell_of_are_not_compared() -> None:
    later = DAY.replace(day=15), "mini"
    assert [one.key for one in compared({KEY: OURS, later: OURS}, {KEY: OURS}, {}, 0)] == [KEY]


def test_where_the_provider_tells_of_all_models_together_so_do_we() -> None:
    whole = Entry(day=DAY, cost=Nanos(40_000_000))
    ours: dict[Key, Entry] = {KEY: OURS, (DAY, "large"): replace(OURS, model="large")}
    [one] = compared(ours, {(DAY, None): whole}, {}, 0)
    assert (one.key, one.verdict) == ((DAY, None), Verdict.MATCHED)


def test_the_report_shows_both_sides_and_counts() -> None:
    report = reconciled(compared({KEY: OURS}, {KEY: replace(OURS, cost=Nanos(30_000_000))}, {}, 0), "openai")
    [row] = report.named()
    assert (row["ledger_cost_usd"], row["provider_cost_usd"], row["difference_usd"]) == (
        20_000_000,
        30_000_000,
        10_000_000,
    )
    assert report.notes == ("Days and models: price drifts: 1.",)


def rejected(cost: int) -> UsageEvent:
    """A request whose first answer was paid and not given."""
    usage = Usage(input_uncached=10, output=5)
    first = Attempt(
        model="large", provider="other-ai", result="ok", seconds=1.0, usage=usage, cost=Nanos(cost)
    )
    return an_event(id="rejected", attempts=(first,), cost=Nanos(1_000 + cost))


def test_the_ledgers_side_is_what_each_provider_bills(tmp_path: Path) -> None:
    with ledgered(tmp_path, an_event(cost=None), rejected(7)) as rows:
        ours, unpriced = booked(rows, "acme-ai", lambda model: f"{model}-1")
        theirs, _ = booked(rows, "other-ai", str)
    assert ours == {
        (DAY, "mini-1"): Entry(
            day=DAY, model="mini-1", requests=2, input_tokens=200, output_tokens=40, cost=Nanos(1_000)
        )
    }
    assert unpriced == {(DAY, "mini-1"): 1}
    assert theirs[DAY, "large"].cost == 7
