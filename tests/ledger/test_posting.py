from dataclasses import replace
from datetime import date

from routergate.domain.reservation import Charge, Kind
from routergate.domain.usage import Usage
from routergate.ledger.posting import How, corrected, posting, repeated
from routergate.ledger.totals import increments, read_totals
from routergate.reporting.question import Dimension
from routergate.reporting.usage import usage_by
from support.events import an_event
from support.restraints import a_counter

SMALL, LARGE = a_counter(value="small"), a_counter(value="large")


def test_a_late_end_takes_back_all_that_was_charged_when_the_request_was_swept() -> None:
    """Also on counters that it does not charge itself: of another model, say."""
    swept = posting(an_event(charges=(Charge(counter=LARGE, amount=9), Charge(counter=SMALL, amount=5))))
    minute = Charge(counter=a_counter(Kind.SLIDING), amount=3)
    actual = posting(an_event(charges=(Charge(counter=SMALL, amount=2), minute)))

    found = corrected(actual, swept.texts[0])

    bare = replace(LARGE, resets=None)
    assert found.how is How.CORRECTION
    assert {one.counter: one.amount for one in found.charges} == {SMALL: -3, bare: -9}


def test_rows_that_take_each_other_back_are_one_request_in_reports() -> None:
    swept = posting(an_event(usage=Usage(input_uncached=900, output=900)))
    actual = posting(an_event(usage=Usage(input_uncached=100, output=20)))
    rows = [*swept.rows, *corrected(actual, swept.texts[0]).rows, *repeated(actual).rows]

    [((day, key), sums)] = increments(rows).items()
    fields = {name.encode(): str(amount).encode() for name, amount in sums.items()}
    [found] = usage_by(read_totals("acme", date.fromisoformat(day), key, fields), [Dimension.MODEL])

    assert [row.kind for row in rows] == ["event", "reversal", "correction", "duplicate"]
    counted = found.measures
    assert (counted.requests, counted.input_uncached, counted.output) == (1, 100, 20)
    assert counted.cost_nanos == 2_000_000
