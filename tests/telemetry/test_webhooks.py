from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from routergate.domain.alert import Alert, Told
from routergate.domain.budget import Measure, Scope
from routergate.domain.reservation import Counter, Kind
from routergate.telemetry.webhooks import as_object, as_slack, listener, posted

COUNTER = Counter(
    scope=Scope.TEAM,
    value="r&d <!channel>",
    measure=Measure.CASH,
    kind=Kind.WINDOW,
    window="month",
    label="2026-11",
)
ALERT = Alert(
    id="1700000000000-0",
    at=1_700_000_000_000,
    organisation="acme",
    what=Told.PASSED,
    counter=COUNTER,
    amount=4_000_000_000,
    spent=4_100_000_000,
)


def test_an_alert_has_every_detail() -> None:
    assert as_object(ALERT, 5_000_000_000) == {
        "id": "1700000000000-0",
        "type": "budget.passed",
        "time": "2023-11-14T22:13:20Z",
        "organisation": "acme",
        "scope": "team",
        "name": "r&d <!channel>",
        "measure": "usd",
        "window": "month",
        "label": "2026-11",
        "threshold": "4.0",
        "limit": "5.0",
        "spent": "4.1",
    }


@pytest.mark.parametrize(
    ("what", "amount", "news"),
    [
        (Told.PASSED, 4_000_000_000, "has passed 80%"),
        (Told.PASSED, 5_000_000_000, "is used up"),
        (Told.REACHED, 5_000_000_000, "has no room for a request"),
    ],
)
def test_slack_gets_a_sentence_in_which_a_name_calls_nobody(what: Told, amount: int, news: str) -> None:
    said = as_slack(replace(ALERT, what=what, amount=amount), 5_000_000_000)
    assert said == {
        "text": "acme: The budget of team 'r&amp;d &lt;!channel&gt;' (month 2026-11) "
        f"{news}: 4.1 USD of 5.0 USD spent."
    }


def test_tokens_are_said_to_be_tokens() -> None:
    alert = replace(ALERT, counter=replace(COUNTER, measure=Measure.OUTPUT_TOKENS), amount=800, spent=1_000)
    assert as_object(alert, 1_000)["spent"] == 1_000
    assert as_slack(alert, 1_000)["text"].endswith("1,000 output tokens of 1,000 output tokens spent.")


@pytest.fixture
async def receiver() -> AsyncIterator[BaseTestServer]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Location": "/200"})

    app = web.Application()
    app.router.add_post("/{status}", answer)
    async with TestServer(app) as server:
        yield server


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (200, None),
        (204, None),
        (302, "it answered with status 302"),
        (500, "it answered with status 500"),
    ],
)
async def test_only_a_yes_is_a_yes(receiver: BaseTestServer, status: int, why: str | None) -> None:
    async with aiohttp.ClientSession() as session:
        assert await posted(session, str(receiver.make_url(f"/{status}")), {}) == why


async def test_nothing_of_the_url_is_in_a_failure() -> None:
    async with aiohttp.ClientSession() as session:
        why = await posted(session, "http://127.0.0.1:1/secret", {})
    assert why == "it cannot be reached (ClientConnectorError)"
    assert "secret" not in listener("https://hooks.example.com/secret")
