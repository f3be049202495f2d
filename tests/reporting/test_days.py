"""What is told of days in a row: where the month will end, and which days are odd."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from routergate.domain.budget import Budget, Measure, OrganisationRules, Rules, Scope, Window
from routergate.domain.event import UsageEvent
from routergate.domain.money import Nanos
from routergate.domain.usage import Usage
from routergate.economics.months import instant
from routergate.reporting.anomalies import Odd, anomalies
from routergate.reporting.budgets import monthly_budget
from routergate.reporting.forecast import Known, forecast
from routergate.reporting.question import Condition, Dimension, Question
from support.books import ledgered
from support.builders import a_card, a_rate_card
from support.events import an_attribution, an_event

FIRST, LAST = date(2026, 1, 5), date(2026, 2, 14)
DOLLAR = 10**9
ASKED = Question(since=FIRST, until=LAST, by=(Dimension.FEATURE,))


def lived(feature: str, dollars: int, first: date = FIRST, last: date = LAST) -> list[UsageEvent]:
    """The same amount every day."""
    return [
        an_event(
            id=f"{feature}-{n}",
            at=instant(first + timedelta(days=n)),
            attribution=an_attribution(feature=feature),
            cost=Nanos(dollars * DOLLAR),
            usage=Usage(output=1_000_000),
        )
        for n in range((last - first).days + 1)
    ]


def budgets(*ours: Budget) -> Rules:
    return Rules(organisations={"acme": OrganisationRules(budgets=ours)})


def a_budget(scope: Scope, dollars: int, of: str | None = None) -> Budget:
    return Budget(scope=scope, of=of, measure=Measure.CASH, limit=dollars * DOLLAR, window=Window.MONTH)


def test_a_month_ends_as_its_days_go_and_is_held_against_its_budget(tmp_path: Path) -> None:
    daily = replace(a_budget(Scope.FEATURE, 1), window=Window.DAY)
    counted = replace(a_budget(Scope.FEATURE, 1), measure=Measure.TOKENS)
    named = a_budget(Scope.FEATURE, 200, "search")
    rules = budgets(a_budget(Scope.ORGANISATION, 500), a_budget(Scope.FEATURE, 300), named, daily, counted)
    with ledgered(tmp_path, *lived("search", 10), *lived("chat", 5)) as rows:
        report = forecast(rows, ASKED, Known(budget=monthly_budget(rules, ASKED)))

    search, chat = report.named()
    assert (search["feature"], search["so_far_usd"], search["expected_usd"]) == (
        "search",
        140 * DOLLAR,
        280 * DOLLAR,
    )
    assert (search["low_usd"], search["high_usd"], search["price_changes_usd"]) == (
        280 * DOLLAR,
        280 * DOLLAR,
        0,
    )
    assert (search["budget_usd"], search["budget_share"], search["budget_will"]) == (
        200 * DOLLAR,
        1.4,
        "will be passed",
    )
    assert (chat["expected_usd"], chat["budget_usd"], chat["budget_will"]) == (
        140 * DOLLAR,
        300 * DOLLAR,
        "hold",
    )
    total = report.named_total()
    assert (total["expected_usd"], total["budget_usd"], total["budget_will"]) == (
        420 * DOLLAR,
        500 * DOLLAR,
        "hold",
    )
    assert report.title == "Forecast for 2026-02"


def test_a_price_that_is_known_to_change_is_in_it(tmp_path: Path) -> None:
    half = a_rate_card("5", "5", start=date(2026, 2, 22))
    card = a_card("mini", prices=(a_rate_card("10", "10"), half))
    with ledgered(tmp_path, *lived("search", 10)) as rows:
        report = forecast(rows, ASKED, Known(cards={"mini": card}))

    [search] = report.named()
    assert (search["expected_usd"], search["price_changes_usd"]) == (245 * DOLLAR, -35 * DOLLAR)
    assert report.named_total()["price_changes_usd"] == -35 * DOLLAR
    assert (search["budget_usd"], search["budget_will"]) == (None, None)


def test_too_few_days_give_no_forecast_but_what_was_paid(tmp_path: Path) -> None:
    with ledgered(tmp_path, *lived("search", 10, first=date(2026, 2, 5))) as rows:
        report = forecast(rows, replace(ASKED, by=()), Known())

    [line] = report.named()
    assert (line["so_far_usd"], line["expected_usd"]) == (100 * DOLLAR, None)
    assert report.notes == ("10 days are too few for a forecast; it takes 14.",)


def test_without_rows_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with ledgered(tmp_path) as rows:
        assert forecast(rows, ASKED, Known()).rows == ()
        assert anomalies(rows, ASKED, Odd()).rows == ()


def test_a_day_on_which_a_feature_cost_three_times_as_much_is_odd(tmp_path: Path) -> None:
    happened = [
        *lived("search", 10),
        *lived("chat", 5),
        *lived("search", 20, first=date(2026, 2, 3), last=date(2026, 2, 3)),
    ]
    with ledgered(tmp_path, *happened) as rows:
        report = anomalies(rows, ASKED, Odd())
        calm = anomalies(rows, ASKED, Odd(least=21 * DOLLAR))

    [odd] = report.named()
    assert (odd["feature"], odd["day"]) == ("search", "2026-02-03")
    assert (odd["cost_usd"], odd["usual_usd"]) == (30 * DOLLAR, 10 * DOLLAR)
    assert calm.rows == ()


def test_a_week_is_needed_to_tell_what_is_usual(tmp_path: Path) -> None:
    with ledgered(tmp_path, *lived("search", 10, first=date(2026, 2, 10))) as rows:
        report = anomalies(rows, ASKED, Odd())
    assert report.rows == ()
    assert "5 days are too few to tell what is usual; it takes 7." in report.notes


@pytest.mark.parametrize(
    ("question", "group", "limit"),
    [
        (replace(ASKED, organisation="acme"), ("search",), 300),
        (replace(ASKED, organisation="other"), ("search",), None),
        (replace(ASKED, by=()), (), 500),
        (replace(ASKED, by=(Dimension.FEATURE, Dimension.TEAM)), ("search", "law"), None),
        (replace(ASKED, where=(Condition(Dimension.TEAM, "law"),)), ("search",), None),
        (replace(ASKED, by=(Dimension.MODEL,)), ("mini",), None),
    ],
)
def test_a_budget_is_for_all_of_what_it_is_compared_with(
    question: Question, group: tuple[str, ...], limit: int | None
) -> None:
    rules = budgets(a_budget(Scope.ORGANISATION, 500), a_budget(Scope.FEATURE, 300))
    expected = None if limit is None else Decimal(limit) * DOLLAR
    assert monthly_budget(rules, question)(group) == expected
