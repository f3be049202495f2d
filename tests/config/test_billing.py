"""Plans and customers, from the file to the core."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from routergate.domain.plan import Billing, CostPlus, Detail, Issuer, RateSheet, Tiers
from support.configs import SMALL, loaded, problems

PLANS = """\
plans:
  plus:  {cost_plus: {markup: 0.3, floor: 0.0005}, minimum: 20}
  card:  {rates: {input: 3, output: 12, routes: {gpt-4o: {input: 5, output: 20}}}}
  seats: {seats: {price: 30, included: 1000000}, tiers: {steps: [{up_to: 10000000, price: 4}, {price: 3}]}}
currencies: {EUR: [{from: 2026-07-01, usd: 1.10}, {from: 2026-01-01, usd: 1.08}]}
organisations: {acme: {issuer: {name: Acme Inc., prefix: A-}}}
"""
GLOBEX = "customers:\n  globex: {{organisation: acme, {}}}\n"
AT = "13: customers.globex"


def billing(folder: Path, customer: str) -> Billing:
    return loaded(folder, SMALL + PLANS + GLOBEX.format(customer)).billing


def wrong(folder: Path, customer: str) -> list[str]:
    return problems(folder, SMALL + PLANS + GLOBEX.format(customer))


def test_a_customer_is_on_one_plan_after_the_other(tmp_path: Path) -> None:
    plans = "[{plan: seats, from: 2026-10-01, seats: 25}, {plan: plus, from: 2026-01-01}]"
    found = billing(tmp_path, f"name: Globex, currency: EUR, detail: feature, plans: {plans}")
    [globex] = found.customers

    assert (globex.id, globex.organisation, globex.name) == ("globex", "acme", "Globex")
    assert globex.detail is Detail.FEATURE
    assert [(term.plan.id, term.since, term.until, term.seats) for term in globex.terms] == [
        ("plus", date(2026, 1, 1), date(2026, 10, 1), 0),
        ("seats", date(2026, 10, 1), None, 25),
    ]
    assert found.issuer("acme") == Issuer(name="Acme Inc.", prefix="A-")
    assert found.issuer("other") == Issuer(name="other")


def test_each_way_to_price_usage_is_the_cores(tmp_path: Path) -> None:
    terms = (f"{{plan: {name}, from: 2026-0{n}-01}}" for n, name in enumerate(("plus", "card"), 1))
    plans = f"[{', '.join(terms)}, {{plan: seats, from: 2026-03-01, seats: 1}}]"
    plus, card, seats = (term.plan for term in billing(tmp_path, f"plans: {plans}").customers[0].terms)

    assert isinstance(plus.usage, CostPlus)
    assert [plus.usage.floor, plus.minimum] == [Decimal("0.0005"), Decimal(20)]
    assert isinstance(card.usage, RateSheet)
    assert [card.usage.of(route).output for route in ("gpt-4o", "auto")] == [Decimal(20), Decimal(12)]
    assert isinstance(seats.usage, Tiers)
    assert (seats.usage.per, [step.up_to for step in seats.usage.steps]) == (1_000_000, [10_000_000, None])


def test_a_currency_has_the_rate_of_the_day(tmp_path: Path) -> None:
    found = billing(tmp_path, "plans: [{plan: plus, from: 2026-01-01}]")
    worth = [coin and coin.usd for coin in (found.currency("EUR", date(2026, month, 1)) for month in (6, 7))]
    assert worth == [Decimal("1.08"), Decimal("1.10")]
    assert found.currency("EUR", date(2025, 1, 1)) is None
    assert found.currency("USD", date(2025, 1, 1)) is not None


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (
            "plans: [{plan: plus, from: 2026-01-01, ends: 2026-06-02}, {plan: card, from: 2026-06-01}]",
            ".plans[0]: overlaps plans[1], which begins on 2026-06-01; let it end then, or leave ends out",
        ),
        (
            "plans: [{plan: plus, from: 2026-01-01}, {plan: card, from: 2026-01-01}]",
            ".plans[0]: begins on 2026-01-01, as plans[1] does; keep one of them",
        ),
        (
            "plans: [{plan: plus, from: 2026-01-01, ends: 2026-01-01}]",
            ".plans[0]: ends on 2026-01-01, which is not after its first day; write a later day",
        ),
        (
            "plans: [{plan: seats, from: 2026-01-01}]",
            ".plans[0]: has no seats, and plan 'seats' charges by them; write how many",
        ),
        (
            "plans: [{plan: plus, from: 2026-01-01, seats: 3}]",
            ".plans[0]: has seats, and plan 'plus' does not charge by them; remove them",
        ),
        (
            "plans: [{plan: puls, from: 2026-01-01}]",
            ".plans[0].plan: no plan is called 'puls'; did you mean 'plus'?",
        ),
        (
            "currency: CHF, plans: [{plan: plus, from: 2026-01-01}]",
            ".currency: there is no rate; add currencies.CHF, such as [{from: 2026-01-01, usd: 1.08}]",
        ),
        (
            "currency: francs, plans: [{plan: plus, from: 2026-01-01}]",
            ".currency: expected three capital letters, such as EUR",
        ),
        ("plans: []", ".plans: must not be empty"),
    ],
)
def test_a_customer_that_makes_no_sense_is_refused(tmp_path: Path, customer: str, expected: str) -> None:
    assert wrong(tmp_path, customer) == [f"{AT}{expected}"]


def test_an_organisation_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    text = SMALL + PLANS + "customers:\n  g: {organisation: acne, plans: [{plan: plus, from: 2026-01-01}]}\n"
    said = "no organisation is called 'acne'; did you mean 'acme'?"
    assert problems(tmp_path, text) == [f"13: customers.g.organisation: {said}"]


def test_one_customer_is_declared_once(tmp_path: Path) -> None:
    text = SMALL + PLANS + GLOBEX.format("plans: [{plan: plus, from: 2026-01-01}]")
    again = "  g: {organisation: acme, customer: globex, plans: [{plan: plus, from: 2026-01-01}]}\n"
    said = "is a customer 'globex' of 'acme' again; keep one"
    assert problems(tmp_path, text + again) == [f"14: customers.g: {said}"]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (
            "{cost_plus: {markup: 0}, rates: {input: 1, output: 1}}",
            ": has cost_plus and rates; keep one of them",
        ),
        ("{included: 5}", ": includes usage that costs nothing; remove included, or add a price"),
        ("{tiers: {steps: [{price: 1, up_to: 5}]}}", ".tiers: write up_to in every step but the last one"),
        ("{tiers: {steps: [{price: 1}, {price: 2}]}}", ".tiers: write up_to in every step but the last one"),
        (
            "{tiers: {steps: [{price: 1, up_to: 5}, {price: 1, up_to: 4}, {price: 2}]}}",
            ".tiers: each step must end after the one before it; put them in order",
        ),
        (
            "{rates: {input: 1, output: 1, routes: {gpt-4: {input: 1, output: 1}}}}",
            ".rates.routes.gpt-4: no route or model is called 'gpt-4'; did you mean 'gpt-4o'?",
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, plan: str, expected: str) -> None:
    assert problems(tmp_path, SMALL + f"plans:\n  p: {plan}\n") == [f"7: plans.p{expected}"]


def test_a_currency_has_one_rate_from_a_day_on(tmp_path: Path) -> None:
    text = SMALL + "currencies: {EUR: [{from: 2026-01-01, usd: 1}, {from: 2026-01-01, usd: 2}]}\n"
    said = "EUR[0] starts on 2026-01-01 too; keep one of them"
    assert problems(tmp_path, text) == [f"6: currencies.EUR[1].from: {said}"]
