"""Models as capital, one attribute at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.domain.asset import Asset, Hosting, Maintenance, Training

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))


def a_training(**changes: Any) -> Training:
    """400 000 USD, in service since January 2026, the same every month of twenty."""
    training = Training(cost=Decimal(400_000), in_service=JANUARY, life_months=20)
    return replace(training, **changes)


def a_hosting(**changes: Any) -> Hosting:
    """One L40S at 2.25 USD an hour, which can do 10 000 tokens a second."""
    hosting = Hosting(units=1, unit_hour=Decimal("2.25"), tokens_per_second=Decimal(10_000))
    return replace(hosting, **changes)


def an_asset(**changes: Any) -> Asset:
    """All of it, and 12 000 USD a month to keep it good."""
    asset = Asset(
        training=a_training(), hosting=a_hosting(), maintenance=Maintenance(monthly=Decimal(12_000))
    )
    return replace(asset, **changes)
