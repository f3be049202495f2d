"""What models really cost, and from how many requests on an own one pays."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from routergate.config.spec import Config
from routergate.domain.money import Nanos
from routergate.office.portfolio import told
from routergate.office.prices import prices
from routergate.store.client import Store
from support.events import LARGE, MINI, an_event
from support.exports import settle
from support.ledgers import DAY, NOON
from support.office import a_view, configured
from support.redis import HandClock

CONFIG = """
version: 1
providers: {p: {kind: openai, base_url: http://127.0.0.1:9/v1}}
models:
  mini:
    provider: p
    class: self_hosted
    context_tokens: 9
    asset: {hosting: {gpus: 1, gpu_hour: 1}, from: 2023-01-01}
  large:
    provider: p
    class: frontier
    context_tokens: 9
    prices:
      - {from: 2023-01-01, input: 1, output: 2, context_tiers: [{above_input_tokens: 5, input: 2, output: 4}]}
      - {from: 2024-01-01, input: 0.5, output: 1}
"""
DAYS = date(2023, 11, 5), date(2023, 11, 14)
"""Ten of them."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path, CONFIG)


async def of_mini(store: Store, folder: Path, config: Config) -> Any:
    view = a_view(store, HandClock(epoch=NOON + DAY), folder, config)
    [one] = (await told(view, DAYS))["break_even"]
    return one


async def test_an_own_model_pays_from_so_many_requests_on(
    store: Store, tmp_path: Path, config: Config
) -> None:
    own = [an_event(id=f"own-{n}", cost=Nanos(0), card=MINI) for n in range(10)]
    bought = [an_event(id=f"bought-{n}", card=LARGE) for n in range(4)]
    await settle(store, [*own, *bought])
    one = await of_mini(store, tmp_path, config)
    assert (one["fixed_usd_per_month"], one["own_usd_per_request"]) == ("720", "0")
    assert one["bought_usd_per_request"] == "0.002"
    assert (one["requests_per_month_to_break_even"], one["requests_per_month_now"]) == (360_000, 30)
    assert one["why_not"] is None


@pytest.mark.parametrize(
    ("events", "why_not"),
    [
        ([an_event(id="own", cost=Nanos(0))], "no bought model has answered"),
        ([an_event(id="bought", card=LARGE)], "it has answered no request"),
        ([an_event(id="own", cost=None), an_event(id="bought", card=LARGE)], "nobody knows what one costs"),
        ([an_event(id="own"), an_event(id="bought", card=LARGE)], "costs as much as one of the API"),
    ],
)
async def test_where_it_is_not_known_it_is_said_why(
    store: Store, tmp_path: Path, config: Config, events: list[Any], why_not: str
) -> None:
    await settle(store, events)
    one = await of_mini(store, tmp_path, config)
    assert one["requests_per_month_to_break_even"] is None
    assert why_not in one["why_not"]


def test_prices_have_what_comes_next_and_what_is_fixed(config: Config) -> None:
    rows = {row["model"]: row for row in prices(config.catalogue, date(2023, 11, 14))}
    large, mini = rows["large"], rows["mini"]
    assert (large["in_force"]["input"], large["next"]["from"], large["next"]["input"]) == (
        "1",
        "2024-01-01",
        "0.5",
    )
    assert large["in_force"]["context_tiers"][0]["above_input_tokens"] == 5
    assert (mini["fixed"]["hosting"]["unit_hour"], mini["fixed"]["start"]) == ("1", "2023-01-01")
    assert rows["large"]["fixed"] is None
    before = {row["model"]: row for row in prices(config.catalogue, date(2022, 1, 1))}["large"]
    assert (before["known"], before["in_force"], before["next"]["from"]) == (False, None, "2023-01-01")
