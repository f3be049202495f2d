"""Models as capital."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from routergate.domain.asset import Asset, Loaded
from routergate.domain.money import Nanos
from routergate.telemetry.capital import Capital, CapitalMetrics
from routergate.telemetry.files import Slot
from support.events import MINI, an_event
from support.exposition import value


@pytest.fixture
def capital(tmp_path: Path) -> Iterator[CapitalMetrics]:
    with closing(Slot(tmp_path, 0)) as slot:
        yield CapitalMetrics(slot)


def test_what_a_model_costs_by_the_hour_is_shown_by_its_parts(
    capital: CapitalMetrics, tmp_path: Path
) -> None:
    hourly = Loaded(hosting=Nanos(5_000_000_000), maintenance=Nanos(500_000_000))
    capital.show({"mini": Capital(unamortised=Nanos(1), hourly=hourly, served=7)})
    shown = {"model": "mini", "part": "hosting"}
    assert value(tmp_path, "routergate_asset_fixed_usd_per_hour", **shown) == 5
    assert value(tmp_path, "routergate_asset_fixed_usd_per_hour", model="mini") == 5.5
    assert value(tmp_path, "routergate_asset_served_requests", model="mini") == 7
    capital.show({})
    assert value(tmp_path, "routergate_asset_fixed_usd_per_hour", model="mini") == 0


def test_what_a_model_replaces_is_counted_where_it_is_an_asset_and_that_is_known(
    capital: CapitalMetrics, tmp_path: Path
) -> None:
    owned = replace(MINI, asset=Asset())
    for event in (an_event(card=owned), an_event(), an_event(card=owned, baseline_cost=None)):
        capital.count(event)
    assert value(tmp_path, "routergate_asset_baseline_cost_usd_total", model="mini") == pytest.approx(0.01)
