"""What a cluster's bill says, asked over HTTP of a server that answers as OpenCost does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from routergate.domain.asset import Allocation, Asset, Hosting, HostingUnmeasured
from routergate.domain.model import ModelCard
from routergate.domain.money import nanos
from routergate.economics.months import following, instant
from routergate.opencost import bills
from routergate.reporting.portfolio import portfolio, term
from support.assets import FEBRUARY, MARCH
from support.events import LARGE, MINI

FEBRUARYS = instant(FEBRUARY), instant(following(FEBRUARY))
OTHERS = {"kube-system": {"totalCost": 12.5}, "__idle__": {"totalCost": 90}}


def hosted_at(url: str, **declared: Any) -> ModelCard:
    allocation = Allocation(url=url, aggregate="label:app", name="contracts")
    return replace(MINI, asset=Asset(hosting=Hosting(allocation=allocation, **declared)))


class OpenCost:
    """Answers `/allocation` with what a test tells it to, and remembers what it was asked."""

    def __init__(self, body: Any, status: int = 200) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.body, self.status = body, status
        app = web.Application()
        app.router.add_get("/allocation", self.allocation)
        self.server = TestServer(app)

    async def allocation(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        if isinstance(self.body, str):
            return web.Response(text=self.body, status=self.status)
        return web.json_response(self.body, status=self.status)

    async def __aenter__(self) -> "OpenCost":
        await self.server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))


def sets(*costs: float) -> Mapping[str, Any]:
    return {"code": 200, "data": [{**OTHERS, "contracts": {"totalCost": cost}} for cost in costs]}


async def test_a_part_of_the_bill_is_asked_for_and_added_up() -> None:
    async with OpenCost(sets(1000.000000001, 234.5)) as opencost:
        assert await bills([hosted_at(opencost.url), LARGE], *FEBRUARYS) == {
            "mini": nanos(Decimal("1234.500000001"))
        }
    window = "2026-02-01T00:00:00Z,2026-03-01T00:00:00Z"
    assert opencost.asked == [{"window": window, "aggregate": "label:app", "accumulate": "true"}]


async def test_nobody_is_asked_where_no_hosting_goes_by_opencost() -> None:
    assert await bills([MINI, LARGE], *FEBRUARYS) == {}


async def test_a_portfolio_shows_what_the_bill_says_and_what_was_idle() -> None:
    async with OpenCost(sets(2_800)) as opencost:
        card = hosted_at(opencost.url, tokens_per_second=Decimal(10))
        days = FEBRUARY, date(2026, 2, 28)
        said = await bills([card], *term(*days, instant(MARCH)))
        [own] = portfolio([], {"mini": card}, *days, instant(MARCH), said).holdings
    assert own.fixed.hosting == nanos(Decimal(2_800))
    assert own.use is not None
    assert own.use.idle == nanos(Decimal(2_800))


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({"data": [OTHERS]}, 200, "no 'contracts' by label:app; it has __idle__, kube-system"),
        ({"data": [{}]}, 200, "it has none at all for that time"),
        ({"data": [{"contracts": {}}]}, 200, "no totalCost for 'contracts'"),
        ('{"data": [{"contracts": {"totalCost": NaN}}]}', 200, "no totalCost for 'contracts'"),
        ({"code": 400, "data": None}, 200, "no sets of allocations"),
        ([], 200, "no sets of allocations"),
        ("<html>", 200, "is no JSON"),
        ("", 503, "answered with status 503"),
    ],
)
async def test_a_bill_that_cannot_be_had_is_said_to_be_missing(body: Any, status: int, why: str) -> None:
    async with OpenCost(body, status) as opencost:
        with pytest.raises(HostingUnmeasured, match=f"models.mini.asset.hosting.opencost: .*{why}"):
            await bills([hosted_at(opencost.url)], *FEBRUARYS)


async def test_an_opencost_that_is_away_is_said_to_be_away() -> None:
    async with OpenCost(sets(1)) as opencost:
        url = opencost.url
    with pytest.raises(HostingUnmeasured, match="cannot be reached"):
        await bills([hosted_at(url)], *FEBRUARYS)
