from dataclasses import replace

import pytest

from routergate.domain.budget import Calendar, Limit, Measure, Scope, Window
from routergate.domain.refusals import BudgetHeld, NotAdmitted, OverBudget, RateLimited
from routergate.domain.reservation import Counter, Denied, Kind, Line, Standing
from routergate.spend.denial import denial
from support.restraints import a_budget, a_counter, a_limit, a_line

BERLIN = Calendar(timezone="Europe/Berlin")
MONTH = a_counter(scope=Scope.TEAM, value="blue", window="month", resets=1_701_385_200)


def refused(line: Line, spent: int, held: int = 0, wait: float = 0.0) -> NotAdmitted:
    return denial(Denied(line=line, standing=Standing(spent=spent, held=held), wait=wait), BERLIN)


def of_money(amount: int, window: Window = Window.MONTH, counter: Counter = MONTH) -> Line:
    rule = a_budget(5_000_000_000, scope=Scope.TEAM, window=window)
    return a_line(amount, 1, counter, rule=rule)


def test_a_budget_that_is_spent_says_whose_it_is_how_it_stands_and_when_it_begins_anew() -> None:
    error = refused(of_money(20_000_000), 4_990_000_000)
    assert isinstance(error, OverBudget)
    assert str(error) == (
        "The month's budget of team 'blue' has no room for this request: 4.99 USD of 5.0 USD spent, "
        "0.0 USD held by running requests, up to 0.02 USD needed. "
        "It begins anew at 2023-12-01T00:00:00+01:00."
    )
    assert error.facts == {
        "scope": "team",
        "name": "blue",
        "measure": "usd",
        "window": "month",
        "limit": "5.0",
        "spent": "4.99",
        "held": "0.0",
        "requested": "0.02",
        "resets_at": "2023-12-01T00:00:00+01:00",
    }


def test_a_whole_budget_does_not_begin_anew() -> None:
    error = refused(of_money(2, Window.TOTAL, replace(MONTH, window="total", resets=None)), 5_000_000_000)
    assert str(error).startswith("The whole budget of team 'blue'")
    assert str(error).endswith("It does not begin anew.")
    assert error.facts["resets_at"] is None


def test_a_fiscal_month_has_a_name_of_two_words() -> None:
    assert "The fiscal month's budget" in str(refused(of_money(2, Window.FISCAL_MONTH), 5_000_000_000))


def test_a_budget_that_is_held_may_have_room_in_a_moment() -> None:
    error = refused(of_money(20_000_000), 1_000_000_000, 3_990_000_000)
    assert isinstance(error, BudgetHeld)
    assert error.wait == 1.0
    assert str(error).endswith("Try again when they have ended.")


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (a_limit(1_000), "Rate limit reached for key 'k': 1,000 tokens in 60 s, 990 used, 20 requested. "),
        (
            a_limit(9, measure=Measure.REQUESTS, seconds=1),
            "Rate limit reached for key 'k': 9 requests in 1 s, 9 used, 1 requested. ",
        ),
    ],
)
def test_a_rate_limit_says_when_to_try_again(limit: Limit, text: str) -> None:
    counter = a_counter(Kind.SLIDING, scope=Scope.KEY, value="k", measure=limit.measure)
    amount, used = (20, 990) if limit.measure is Measure.TOKENS else (1, 9)
    error = refused(a_line(amount, 1, counter, rule=limit), used, wait=12.34)
    assert isinstance(error, RateLimited)
    assert (str(error), error.wait) == (f"{text}Try again in 12.3 s.", 12.34)


def test_too_many_at_the_same_time_may_try_again_in_a_moment() -> None:
    error = refused(a_line(1, 3, a_counter(Kind.RUNNING)), 0, 3)
    assert str(error) == (
        "Rate limit reached for organisation 'acme': 3 requests at the same time, 3 used, 1 requested. "
        "Try again in 1 s."
    )
    assert error.facts["window"] is None


def test_a_request_larger_than_the_limit_is_not_told_to_wait() -> None:
    error = refused(a_line(101, 100, a_counter(Kind.SLIDING)), 0, wait=61.0)
    assert str(error).endswith("The request alone is larger than the limit.")
    assert isinstance(error, RateLimited)
    assert error.wait is None
