import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from routergate.domain.totals import MEASURES, Measures, Total
from routergate.reporting.usage import Dimension, as_json, as_table, overall, usage_by


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


def shown(totals: list[Total], by: list[Dimension]) -> str:
    terminal = io.StringIO()
    Console(width=160, file=terminal).print(as_table(usage_by(totals, by), by))
    return terminal.getvalue()


def test_money_is_exact_to_the_nano_dollar() -> None:
    [row] = usage_by([a_total()] * 3, [Dimension.MODEL])

    assert (row.group, row.cost, row.savings) == (("mini",), Decimal("0.006000003"), Decimal("0.000000009"))


def test_the_dearest_comes_first_and_days_in_their_order() -> None:
    dear = Measures(requests=1, cost_nanos=9_000_000)
    totals = [a_total(), a_total(model="large", measures=dear), a_total(day=date(2026, 11, 20), model="old")]

    assert [row.group for row in usage_by(totals, [Dimension.MODEL])] == [("large",), ("mini",), ("old",)]
    assert [row.group for row in usage_by(totals, [Dimension.DAY, Dimension.MODEL])] == [
        ("2026-11-20", "old"),
        ("2026-11-21", "large"),
        ("2026-11-21", "mini"),
    ]


@pytest.mark.parametrize("dimension", Dimension)
def test_usage_is_grouped_by_any_dimension(dimension: Dimension) -> None:
    [row] = usage_by([a_total()], [dimension])
    expected = {
        "day": "2026-11-21", "organisation": "acme", "team": "legal", "key": "key_1", "customer": None,
        "feature": "contracts", "route": "auto", "model": "mini", "provider": "p", "class": "economy",
    }  # fmt: skip

    assert row.group == (expected[dimension.value],)


def test_a_cost_that_is_not_complete_says_so() -> None:
    unpriced = a_total(measures=Measures(requests=4, unpriced=4, incomparable=4))

    assert "0.002000 + 4 unknown" in shown([a_total(), unpriced], [Dimension.ROUTE])
    [row] = usage_by([unpriced], [Dimension.ROUTE])
    assert (row.cost, row.savings) == (None, None)
    assert "unknown (4)" in shown([unpriced], [Dimension.ROUTE])
    assert as_json([row], [Dimension.ROUTE])[0]["cost_usd"] is None


def test_json_holds_dollars_as_text_and_the_counts_of_what_is_missing() -> None:
    measures = Measures(requests=2, unpriced=1, cost_nanos=1, baseline_nanos=10**18, savings_nanos=-5)
    by = [Dimension.TEAM, Dimension.CUSTOMER]
    [row] = json.loads(json.dumps(as_json(usage_by([a_total(measures=measures)], by), by)))

    assert (row["team"], row["customer"], row["requests"], row["unpriced"]) == ("legal", None, 2, 1)
    assert (row["cost_usd"], row["baseline_usd"]) == ("0.000000001", "1000000000.000000000")
    assert row["savings_usd"] == "-0.000000005"


def test_the_table_ends_with_the_sum_of_all() -> None:
    text = shown([a_total(), a_total(model="large")], [Dimension.MODEL, Dimension.CUSTOMER])

    assert "large" in text
    assert text.splitlines()[-2].split()[1:3] == ["all", "│"]
    assert "0.004000" in text.splitlines()[-2]


def test_nothing_used_is_an_empty_table() -> None:
    assert usage_by([], [Dimension.MODEL]) == ()
    assert overall([]).cost == 0
    assert "model" in shown([], [Dimension.MODEL])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**15)), max_size=20))
def test_however_it_is_grouped_the_sum_is_the_same(used: list[tuple[str, int]]) -> None:
    totals = [a_total(model=model, measures=Measures(requests=1, cost_nanos=cost)) for model, cost in used]

    sums = {overall(usage_by(totals, by)).measures for by in ([], [Dimension.MODEL], list(Dimension))}
    assert sums == {Measures(requests=len(used), cost_nanos=sum(cost for _, cost in used))}
    assert set(as_json(usage_by(totals, []), [])[0] if totals else ()) >= {
        name for name in (MEASURES if totals else ()) if not name.endswith("_nanos")
    }
