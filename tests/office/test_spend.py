"""What some days' requests come to."""

from datetime import date

import pytest

from routergate.domain.errors import InvalidRequest
from routergate.domain.operator import ReportTooLarge
from routergate.office import sums
from routergate.office.spend import spend
from routergate.store.client import Store
from support.events import an_attribution, an_event
from support.exports import settle
from support.ledgers import DAY, NOON

DAYS = date(2023, 11, 13), date(2023, 11, 15)


async def test_what_is_unknown_is_not_nothing(store: Store) -> None:
    unknown = an_event(id="one", cost=None, baseline_cost=None)
    await settle(store, [unknown, an_event(id="two", attribution=an_attribution("initech"))])
    told = await spend(store, DAYS, ["organisation"], {})
    rows = {row["organisation"]: row for row in told["data"]}
    assert (rows["acme"]["cost_usd"], rows["acme"]["saved_usd"], rows["acme"]["unpriced"]) == (None, None, 1)
    assert (rows["initech"]["cost_usd"], told["total"]["cost_usd"]) == ("0.002", "0.002")


async def test_days_are_told_in_their_order_and_the_dearest_first(store: Store) -> None:
    await settle(
        store,
        [
            an_event(id="a", at=NOON + DAY),
            an_event(id="b", attribution=an_attribution(feature="search")),
            an_event(id="c", attribution=an_attribution(feature="search")),
            an_event(id="d"),
        ],
    )
    told = await spend(store, DAYS, ["day", "feature"], {})
    assert [(row["day"], row["feature"], row["requests"]) for row in told["data"]] == [
        ("2023-11-14", "search", 2),
        ("2023-11-14", None, 1),
        ("2023-11-15", None, 1),
    ]


async def test_too_many_groups_are_refused_with_a_remedy(store: Store) -> None:
    for first in range(0, sums.MOST_GROUPS + 500, 500):
        await settle(
            store,
            [
                an_event(id=f"e{n}", attribution=an_attribution(customer=f"c{n}"))
                for n in range(first, first + 500)
            ],
        )
    with pytest.raises(ReportTooLarge, match="group by less"):
        await spend(store, DAYS, ["customer"], {})
    assert (await spend(store, DAYS, ["customer"], {"customer": "c7"}))["total"]["requests"] == 1


@pytest.mark.parametrize("by", [["task"], ["model", "model"], ["Model"]])
async def test_what_totals_are_not_kept_by_is_refused(store: Store, by: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="takes any of"):
        await spend(store, DAYS, by, {})
