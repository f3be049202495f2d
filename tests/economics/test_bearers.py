from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import FREE, Asset, Bearer, Loaded, Spread
from routergate.domain.money import Nanos
from routergate.domain.totals import Measures, Total
from routergate.economics.bearers import parts, shared

MONTH = Loaded(hosting=Nanos(1_000), depreciation=Nanos(100), maintenance=Nanos(7))
ACME, OTHER, HOUSE = (Bearer(organisation=name) for name in ("acme", "other", "house"))


def a_total(organisation: str, feature: str | None = None, **measures: Any) -> Total:
    return Total(
        day=date(2026, 2, 3),
        organisation=organisation,
        key="k",
        team=None,
        customer=None,
        feature=feature,
        route="auto",
        model="mini",
        provider="p",
        model_class="self_hosted",
        measures=Measures(**measures),
    )


TOTALS = [
    a_total("acme", "search", requests=3, output=10, hosting_nanos=300),
    a_total("acme", None, requests=1, input_uncached=10, hosting_nanos=100),
    a_total("other", requests=4, hosting_nanos=200),
]


def hosting(spread: Spread, **changes: Any) -> dict[Bearer, int]:
    asset = replace(Asset(spread=spread), **changes)
    return {one: part.due.hosting for one, part in parts(asset, MONTH, TOTALS).items()}


def test_the_owner_bears_what_no_request_has_borne() -> None:
    assert hosting(Spread.OWNER) == {HOUSE: 400}


def test_by_requests_everybody_comes_to_its_part() -> None:
    """Of 1 000, three eighths are 375, of which 300 are borne."""
    searching = replace(ACME, feature="search")
    assert hosting(Spread.REQUESTS) == {ACME: 25, searching: 75, OTHER: 300}


def test_by_tokens_those_who_used_none_get_back_what_they_bore() -> None:
    assert hosting(Spread.TOKENS) == {ACME: 400, replace(ACME, feature="search"): 200, OTHER: -200}


def test_equally_every_organisation_that_asked_comes_to_the_same() -> None:
    assert hosting(Spread.EQUALLY) == {ACME: 100, OTHER: 300}


def test_by_weights_even_those_bear_who_did_not_ask() -> None:
    found = hosting(Spread.WEIGHTS, weights=(("acme", 1), ("third", 3)))
    assert found == {ACME: -150, Bearer(organisation="third"): 750, OTHER: -200}


@pytest.mark.parametrize("spread", [Spread.REQUESTS, Spread.TOKENS, Spread.EQUALLY])
def test_a_month_in_which_nobody_asked_is_the_owners(spread: Spread) -> None:
    [(bearer, part)] = parts(Asset(spread=spread), MONTH, []).items()
    assert (bearer, part.due) == (HOUSE, MONTH)


@given(st.sampled_from(Spread), st.integers(0, 10**12), st.lists(st.integers(0, 10**6), max_size=4))
def test_all_bearers_together_come_to_what_the_month_cost(spread: Spread, cost: int, used: list[int]) -> None:
    charged = Loaded(hosting=Nanos(cost), depreciation=Nanos(cost // 3), maintenance=Nanos(1))
    totals = [a_total(f"o{n % 3}", f"f{n}", requests=count, hosting_nanos=n) for n, count in enumerate(used)]
    found = parts(Asset(spread=spread, weights=(("o0", 2), ("x", 1))), charged, totals)
    borne = sum(total.measures.hosting_nanos for total in totals)
    assert sum((part.due for part in found.values()), FREE) + Loaded(hosting=Nanos(borne)) == charged


def test_an_amount_is_divided_without_loss() -> None:
    assert shared(MONTH, {ACME: 1, OTHER: 2})[ACME] == Loaded(
        hosting=Nanos(333), depreciation=Nanos(33), maintenance=Nanos(2)
    )
