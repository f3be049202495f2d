from dataclasses import replace
from decimal import Decimal

import pytest

from routergate.domain.budget import (
    Budget,
    Calendar,
    Limit,
    Measure,
    OrganisationRules,
    Policy,
    Scope,
    Window,
)
from routergate.domain.identity import Attribution, Identity
from routergate.domain.money import Nanos
from routergate.domain.reservation import Charge, Counter, Kind, Line
from routergate.domain.usage import Usage
from routergate.spend.lines import Subject, applicable, asked, charges, lines, spent
from routergate.spend.need import Need
from support.builders import a_card
from support.events import an_event
from support.restraints import a_budget, a_limit, rules_of

AT = 1_700_000_000
NEED = Need(usage=Usage(input_uncached=30, cache_read=10, output=5), cost=Nanos(700))
KEY_BUDGET = a_budget(5, scope=Scope.KEY, window=Window.TOTAL)
SUBJECT = Subject(
    attribution=Attribution(
        identity=Identity(key="key-1", organisation="acme", team="blue", budgets=(KEY_BUDGET,)),
        customer="globex",
        feature="search",
        session="s-1",
        tags=("x", "y", "x"),
    ),
    route="auto",
    card=a_card("mini"),
)


def asked_of(*rules: Budget | Limit, need: Need = NEED, waived: Budget | None = None) -> tuple[Line, ...]:
    who = replace(
        SUBJECT, attribution=replace(SUBJECT.attribution, identity=Identity(key="k", organisation="acme"))
    )
    ours = rules_of(*rules).others
    return lines(ours, applicable(ours, who), asked(need), AT, frozenset([waived] if waived else []))


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (Scope.ORGANISATION, ("acme",)),
        (Scope.TEAM, ("blue",)),
        (Scope.KEY, ("key-1",)),
        (Scope.FEATURE, ("search",)),
        (Scope.CUSTOMER, ("globex",)),
        (Scope.TAG, ("x", "y")),
        (Scope.SESSION, ("s-1",)),
        (Scope.ROUTE, ("auto",)),
        (Scope.MODEL, ("mini",)),
        (Scope.PROVIDER, ("mini-provider",)),
    ],
)
def test_a_request_is_counted_under_its_names(scope: Scope, names: tuple[str, ...]) -> None:
    assert SUBJECT.values(scope) == names


def test_a_request_without_a_name_is_not_counted_in_that_scope() -> None:
    nobody = replace(SUBJECT, attribution=Attribution(identity=Identity(key="k", organisation="acme")))
    scopes = (Scope.TEAM, Scope.FEATURE, Scope.CUSTOMER, Scope.TAG, Scope.SESSION)
    assert [nobody.values(scope) for scope in scopes] == [()] * 5


def test_half_a_character_is_counted_as_it_is_written() -> None:
    odd = replace(SUBJECT, attribution=replace(SUBJECT.attribution, customer="ü\ud800"))
    assert odd.values(Scope.CUSTOMER) == ("ü?",)


def test_rules_apply_to_the_one_they_name_and_to_each_one_otherwise() -> None:
    mine, theirs, each = (
        a_budget(scope=Scope.TEAM, of="blue"),
        a_budget(scope=Scope.TEAM, of="red"),
        a_limit(scope=Scope.TAG),
    )
    found = applicable(rules_of(mine, theirs, each).others, SUBJECT)
    assert found == ((mine, "blue"), (each, "x"), (each, "y"), (KEY_BUDGET, "key-1"))


def test_each_measure_asks_for_its_amount() -> None:
    budgets = [
        a_budget(measure=measure)
        for measure in (Measure.CASH, Measure.TOKENS, Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS)
    ]
    found = asked_of(*budgets, a_budget(measure=Measure.REQUESTS))
    assert [line.amount for line in found] == [700, 45, 40, 5, 1]


def test_an_unknown_price_moves_no_budget_in_money() -> None:
    unpriced = replace(NEED, cost=None)
    assert [
        line.amount for line in asked_of(a_budget(), a_budget(measure=Measure.TOKENS), need=unpriced)
    ] == [45]


def test_a_budget_counts_in_the_window_of_the_calendar() -> None:
    rules = OrganisationRules(
        calendar=Calendar(timezone="Asia/Tokyo"), budgets=(a_budget(window=Window.MONTH),)
    )
    [line] = lines(rules, [(rules.budgets[0], "acme")], asked(NEED), AT)
    assert line.counter == Counter(
        scope=Scope.ORGANISATION,
        value="acme",
        measure=Measure.CASH,
        kind=Kind.WINDOW,
        window="month",
        label="2023-11",
        resets=1_701_356_400,
    )


def test_a_limit_counts_in_a_sliding_window_or_what_runs() -> None:
    limits = a_limit(seconds=60), a_limit(measure=Measure.CONCURRENCY, seconds=0)
    found = [(one.counter.kind, one.counter.window, one.counter.seconds) for one in asked_of(*limits)]
    assert found == [(Kind.SLIDING, "60", 60), (Kind.RUNNING, "", 0)]


def test_of_rules_that_watch_one_counter_the_tightest_that_holds_back_counts() -> None:
    warned, loose, tight = a_budget(1, when_reached=Policy.WARN), a_budget(900), a_budget(500)
    [line] = asked_of(warned, loose, tight)
    assert (line.rule, line.enforced) == (tight, True)
    [line] = asked_of(warned, loose, tight, waived=tight)
    assert (line.rule, line.enforced) == (loose, True)
    [line] = asked_of(warned)
    assert (line.rule, line.enforced) == (warned, False)


def test_somebody_is_told_at_shares_of_every_budget_and_at_its_limit() -> None:
    found = asked_of(
        a_budget(1_000, soft=(Decimal("0.5"), Decimal("0.8"))),
        a_budget(500, soft=(Decimal("0.5"),)),
        a_limit(7),
    )
    assert [line.soft for line in found] == [(250, 500, 800, 1_000), ()]


def test_a_request_is_charged_what_it_came_to() -> None:
    held = asked_of(a_budget(), a_limit(), a_limit(measure=Measure.CONCURRENCY, seconds=0))
    event = an_event(usage=Usage(input_uncached=3, output=2), cost=Nanos(11))
    assert charges(held, spent(event)) == (
        Charge(counter=held[0].counter, amount=11, soft=(1_000,)),
        Charge(counter=held[1].counter, amount=5),
    )


def test_what_nobody_knows_is_charged_as_it_was_held() -> None:
    held = asked_of(a_budget(), a_limit(), a_budget(measure=Measure.OUTPUT_TOKENS))
    unknown = charges(held, spent(an_event(usage=None, cost=None)))
    assert [one.amount for one in unknown] == [700, 5, 45]
