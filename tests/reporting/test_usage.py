from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routergate.domain.event import Timings, UsageEvent
from routergate.domain.totals import Measures, Total
from routergate.ledger.amended import correction, duplicate, priced, reversal
from routergate.ledger.record import EventRow, row
from routergate.ledger.totals import increments, read_totals
from routergate.reporting.measures import measured
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import Value
from routergate.reporting.usage import TOTALLED, from_ledger, from_totals
from support.books import a_question, ledgered
from support.events import an_event
from support.ledgers import events


def a_total(**changes: Any) -> Total:
    total = Total(
        day=date(2026, 11, 21),
        organisation="acme",
        key="key_1",
        team="legal",
        customer=None,
        feature="contracts",
        route="auto",
        model="mini",
        provider="p",
        model_class="economy",
        measures=Measures(requests=1, output=10, cost_nanos=2_000_001, baseline_nanos=5, savings_nanos=3),
    )
    return replace(total, **changes)


def used(totals: list[Total], *by: Dimension) -> list[dict[str, Value]]:
    return from_totals(totals, a_question(*by)).named()


def totals_of(rows: list[EventRow]) -> list[Total]:
    """What the store would have of them."""
    found: list[Total] = []
    for organisation in {one.organisation for one in rows}:
        ours = [one for one in rows if one.organisation == organisation]
        for (day, key), fields in increments(ours).items():
            encoded = {name.encode(): str(amount).encode() for name, amount in fields.items()}
            found += read_totals(organisation, date.fromisoformat(day), key, encoded)
    return found


def test_money_is_exact_to_the_nano_dollar() -> None:
    [row] = used([a_total()] * 3, Dimension.MODEL)
    assert (row["model"], row["cost_usd"], row["savings_usd"]) == ("mini", 6_000_003, 9)


def test_how_long_answers_took_is_the_same_in_totals_and_in_rows(tmp_path: Path) -> None:
    took = Timings(total=9, first_token=1, overhead=0, decision=0, answer=1.0005)
    timed = row(an_event(timings=took))
    happened = [timed, row(an_event(id="unknown")), reversal(timed), correction(timed), duplicate(timed)]
    [total] = totals_of(happened)
    with ledgered(tmp_path, *happened) as rows:
        [found] = measured(rows, ())
    sums = total.measures
    assert (found["answer_millis"], found["timed"]) == (sums.answer_millis, sums.timed) == (1_000, 1)


def test_the_dearest_comes_first_and_days_in_their_order() -> None:
    dear = Measures(requests=1, cost_nanos=9_000_000)
    totals = [a_total(), a_total(model="large", measures=dear), a_total(day=date(2026, 11, 20), model="old")]

    assert [row["model"] for row in used(totals, Dimension.MODEL)] == ["large", "mini", "old"]
    assert [(row["day"], row["model"]) for row in used(totals, Dimension.DAY, Dimension.MODEL)] == [
        ("2026-11-20", "old"),
        ("2026-11-21", "large"),
        ("2026-11-21", "mini"),
    ]


@pytest.mark.parametrize("dimension", sorted(TOTALLED))
def test_totals_are_grouped_by_any_dimension_that_they_have(dimension: Dimension) -> None:
    [row] = used([a_total()], dimension)
    expected = {
        "day": "2026-11-21", "month": "2026-11", "organisation": "acme", "team": "legal", "key": "key_1",
        "customer": None, "feature": "contracts", "route": "auto", "model": "mini", "provider": "p",
        "class": "economy",
    }  # fmt: skip

    assert row[dimension] == expected[dimension.value]


def test_a_cost_that_nobody_knows_is_not_zero_and_its_model_is_named() -> None:
    missing = a_total(measures=Measures(requests=4, unpriced=4, incomparable=4))
    report = from_totals([a_total(model="large"), missing], a_question(Dimension.MODEL))

    [_, unknown] = report.named()
    assert (unknown["cost_usd"], unknown["savings_usd"], unknown["unpriced"]) == (None, None, 4)
    assert report.notes == ("4 requests without a known price are not in the sums: mini 4.",)


def test_a_report_ends_with_the_sum_of_all() -> None:
    report = from_totals([a_total(), a_total(model="large")], a_question(Dimension.MODEL))

    total = report.named_total()
    assert (total["model"], total["requests"], total["cost_usd"]) == (None, 2, 4_000_002)


def test_nothing_used_is_an_empty_report() -> None:
    report = from_totals([], a_question(Dimension.MODEL))
    assert (report.rows, report.named_total()["cost_usd"]) == ((), 0)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    happened=st.lists(events(), min_size=1, max_size=12),
    corrected=st.integers(0, 2**12),
    by=st.lists(st.sampled_from(sorted(TOTALLED)), unique=True, max_size=3),
)
def test_the_ledger_says_what_the_totals_say(
    tmp_path_factory: pytest.TempPathFactory, happened: list[UsageEvent], corrected: int, by: list[Dimension]
) -> None:
    rows: list[EventRow] = []
    for n, event in enumerate(happened):
        flat = row(event)
        rows.append(flat)
        if corrected >> n & 1:
            rows += [reversal(flat), correction(priced(flat, 5, None)), duplicate(flat)]

    question = a_question(*by)
    with ledgered(tmp_path_factory.mktemp("ledger"), *rows) as table:
        found = from_ledger(table, question)
    expected = from_totals(totals_of(rows), question)
    assert sorted(found.rows, key=repr) == sorted(expected.rows, key=repr)
    assert (found.total, found.columns) == (expected.total, expected.columns)
    assert {len(note) for note in found.notes} == {len(note) for note in expected.notes}


def test_the_ledger_can_be_asked_about_some_rows_only(tmp_path: Path) -> None:
    happened = [an_event(id=f"e{n}", task=task) for n, task in enumerate(["chat", "code", "code", "law"])]
    with ledgered(tmp_path, *happened) as table:
        by_task = from_ledger(table, a_question(Dimension.TASK)).named()
        code = from_ledger(table, a_question(where={Dimension.TASK: "code"})).named()
        nobody = from_ledger(
            table, a_question(where={Dimension.FEATURE: None, Dimension.TASK: "law"})
        ).named()
        early = from_ledger(table, Question(since=date(2020, 1, 1), until=date(2020, 1, 2)))

    assert {one["task"]: one["requests"] for one in by_task} == {"chat": 1, "code": 2, "law": 1}
    assert [one["requests"] for one in code] == [2]
    assert [one["requests"] for one in nobody] == [1]
    assert early.rows == ()
