"""What was spent of budgets, day by day."""

from pathlib import Path

from routergate.office.budgets import budgets
from routergate.store.client import Store
from support.events import an_attribution, an_event
from support.exports import settle
from support.ledgers import DAY, NOON
from support.office import a_view, configured
from support.redis import HandClock

CONFIG = """
version: 1
organisations:
  acme:
    budgets:
      - {scope: organisation, usd: 5, window: month}
      - {scope: feature, of: search, requests: 10, window: week}
      - {scope: customer, tokens: 1000, window: month}
      - {scope: session, usd: 1, window: day}
      - {scope: organisation, usd: 9, window: total}
"""


async def test_days_of_the_window_are_told_where_totals_know_them(store: Store, tmp_path: Path) -> None:
    searching = an_attribution(feature="search", customer="globex")
    await settle(
        store,
        [
            an_event(id="before", at=NOON - 20 * DAY),
            an_event(id="one", at=NOON - DAY),
            an_event(id="two", attribution=searching),
            an_event(id="theirs", attribution=an_attribution("initech")),
        ],
    )
    view = a_view(store, HandClock(epoch=NOON), tmp_path, configured(tmp_path, CONFIG))
    rows, following = await budgets(view, "acme", 0, 50)
    told = {(row["scope"], row["name"], row["window"]): row["by_day"] for row in rows}
    assert told["organisation", "acme", "month"] == [
        {"day": "2023-11-13", "spent": "0.002"},
        {"day": "2023-11-14", "spent": "0.002"},
    ]
    assert told["feature", "search", "week"] == [{"day": "2023-11-14", "spent": 1}]
    assert told["customer", None, "month"] is None
    assert told["organisation", "acme", "total"] is None
    assert told["session", None, "day"] is None
    assert following is None
