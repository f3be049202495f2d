"""Budgets and limits as callers and operators meet them: real processes, two workers, one Redis."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openai
import pytest

from routergate.store.embedded import EmbeddedServer
from routergate.testing import Profile
from support.gateway import ADMIN_KEY, RunningGateway, running_gateway
from support.spenders import HEADERS, NAMES, a_spender, key_of, spenders
from support.stage import Caller, Reply, a_caller, simulator_in_a_thread


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with simulator_in_a_thread(Profile(models=("sim-mini",))) as (simulator, _):
        yield simulator.base_url


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    server = EmbeddedServer(tmp_path_factory.mktemp("redis"))
    yield {"ROUTERGATE_REDIS_URL": server.start(), "ROUTERGATE_REDIS_TIMEOUT_MS": "5000"}
    server.stop()


@pytest.fixture(scope="module")
def gateway(
    tmp_path_factory: pytest.TempPathFactory, base_url: str, redis: dict[str, str]
) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(folder, spenders(base_url), workers=2, environment=redis) as running:
        yield running


async def until(caller: Caller, status: int, model: str = "auto") -> Reply:
    """The first answer with a status: what a request holds is let go a moment after it has ended."""
    while (reply := await caller.chat(model)).status != status:
        await asyncio.sleep(0.02)
    return reply


@pytest.mark.parametrize("scope", [*NAMES, "key"])
async def test_a_budget_of_any_scope_refuses_by_name(gateway: RunningGateway, scope: str) -> None:
    model = "small" if scope == "model" else "auto"  # a route goes on to another model
    async with a_spender(gateway, f"each-{scope}") as caller:
        assert (await caller.chat(model, headers=HEADERS)).status == 200
        refused = await caller.chat(model, headers=HEADERS)
    assert refused.status == 429
    told = refused.error["metadata"]
    assert (told["scope"], told["limit"]) == (scope, 1)
    assert told["name"] == NAMES.get(scope, told["name"])
    assert f"budget of {scope} '{told['name']}' has no room" in refused.error["message"]


async def test_others_of_a_scope_have_the_budget_for_themselves(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "each-customer") as caller:
        for customer in ("initech", "umbrella"):
            named = {"x-routergate-customer": customer}
            assert [(await caller.chat(headers=named)).status for _ in range(2)] == [200, 429]
        assert (await caller.chat()).status == 200


async def test_a_reached_budget_refuses_and_says_that_trying_again_is_of_no_use(
    gateway: RunningGateway,
) -> None:
    async with a_spender(gateway, "refused") as caller:
        refused = await caller.chat()
    assert (refused.status, refused.headers["x-should-retry"]) == (429, "false")
    assert (refused.error["type"], refused.error["code"]) == ("insufficient_quota", "budget_exceeded")
    assert (
        refused.error["metadata"].items()
        >= {
            "scope": "organisation",
            "name": "refused",
            "measure": "usd",
            "window": "total",
            "limit": "0.0",
            "spent": "0.0",
            "resets_at": None,
        }.items()
    )


async def test_a_budget_that_warns_lets_requests_through(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "warned") as caller:
        assert (await caller.chat()).status == 200


async def test_a_reached_budget_can_send_requests_to_the_cheapest_model(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "plain") as caller:
        assert (await caller.chat("best")).headers["x-routergate-model"] == "large"
    async with a_spender(gateway, "thrifty") as caller:
        reply = await caller.chat("best")
        assert (reply.status, reply.headers["x-routergate-model"]) == (200, "small")
        assert (await caller.chat("large")).status == 429


async def test_a_reached_budget_can_send_requests_to_own_models(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "homely") as caller:
        reply = await caller.chat("hybrid")
        assert (reply.status, reply.headers["x-routergate-model"]) == (200, "own")
        assert (await caller.chat("auto")).status == 429


async def test_a_strict_budget_lowers_the_output_limit_and_is_never_passed(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "strict") as caller:
        reply = await caller.chat("small", text="Write a long story.")
        assert reply.status == 200
        lowered = int(reply.headers["x-routergate-max-output-tokens"])
        assert 16 <= lowered <= 166
        while reply.status == 200:
            reply = await caller.chat("small", text="Write a long story.")
    async with a_caller(gateway.url, ADMIN_KEY) as admin:
        [row] = (await admin.get("/admin/budgets?organisation=strict")).json["data"]
    assert 0 < float(row["spent"]) <= 0.0001


async def test_a_model_without_a_price_is_refused_under_a_budget_in_money(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "unpriced") as caller:
        refused = await caller.chat("unpriced")
        assert (refused.status, refused.error["code"]) == (422, "no_eligible_model")
        assert "no known price" in refused.error["message"]


async def test_an_organisation_that_is_not_declared_has_the_rules_of_the_others(
    gateway: RunningGateway,
) -> None:
    async with a_spender(gateway, "undeclared") as caller:
        assert [(await caller.chat()).status for _ in range(3)] == [200, 200, 429]


async def test_a_fiscal_month_ends_where_the_organisation_says(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "fiscal") as caller:
        await caller.chat()
        refused = await caller.chat()
    resets = datetime.fromisoformat(refused.error["metadata"]["resets_at"])
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    assert (resets.day, resets.hour, resets.utcoffset()) == (26, 0, now.utcoffset())
    assert 0 < (resets - now).total_seconds() <= 31 * 86_400


async def test_answers_and_refusals_say_how_a_limit_stands(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "quick") as caller:
        replies = [await caller.chat() for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining-requests"] for reply in replies] == ["2", "1", "0", "0"]
    assert {reply.headers["x-ratelimit-limit-requests"] for reply in replies} == {"3"}
    assert {reply.headers["x-ratelimit-reset-requests"] for reply in replies} == {"24h0m0s"}
    refused = replies[-1]
    assert (refused.error["type"], refused.error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert 84_900 < int(refused.headers["retry-after"]) <= 86_400 * 61 / 60
    assert "x-should-retry" not in refused.headers


async def test_a_request_that_is_larger_than_its_limit_need_not_come_again(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "wordy") as caller:
        refused = await caller.chat("small", max_tokens=61)
        assert refused.headers["x-should-retry"] == "false"
        assert refused.headers["x-ratelimit-remaining-output-tokens"] == "60"
        assert (await caller.chat("small", max_tokens=60)).status == 200


async def test_no_more_run_at_the_same_time_than_allowed(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "crowded") as caller:
        body = {"model": "stalling", "messages": [{"role": "user", "content": "Hello?"}], "stream": True}
        async with caller.session.post(f"{caller.url}/v1/chat/completions", json=body) as running:
            await running.content.readline()
            refused = await caller.chat("small")
            assert (refused.status, refused.headers["retry-after"]) == (429, "1")
            assert refused.error["metadata"]["measure"] == "concurrency"
        await until(caller, 200, "small")


async def test_what_running_requests_hold_may_come_back(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "holding") as caller:
        body = {"model": "stalling", "messages": [{"role": "user", "content": "Hello?"}], "stream": True}
        stream = {**body, "max_tokens": 100}
        async with caller.session.post(f"{caller.url}/v1/chat/completions", json=stream) as running:
            await running.content.readline()
            refused = await caller.chat("small", max_tokens=100)
            assert (refused.status, refused.headers["retry-after"]) == (429, "1")
            assert (refused.error["type"], refused.error["code"]) == ("insufficient_quota", "budget_held")
            assert refused.error["metadata"]["held"] > 100
        while (await caller.chat("small", max_tokens=100)).status != 200:
            await asyncio.sleep(0.02)


async def test_without_the_store_some_are_refused_and_others_counted_here(
    tmp_path: Path, base_url: str
) -> None:
    external = EmbeddedServer(tmp_path / "external")
    elsewhere = {"ROUTERGATE_REDIS_URL": await asyncio.to_thread(external.start)}
    with running_gateway(tmp_path, spenders(base_url), environment=elsewhere) as alone:
        async with a_spender(alone, "careful") as careful, a_spender(alone, "quick") as quick:
            assert [(await caller.chat()).status for caller in (careful, quick)] == [200, 200]
            await asyncio.to_thread(external.stop)
            refused = await careful.chat()
            assert (refused.status, refused.error["code"]) == (503, "store_unavailable")
            assert [(await quick.chat()).status for _ in range(4)] == [200, 200, 200, 429]


async def test_a_limit_is_one_for_all_workers_and_gateways(
    gateway: RunningGateway, tmp_path: Path, base_url: str, redis: dict[str, str]
) -> None:
    with running_gateway(tmp_path, spenders(base_url), workers=2, environment=redis) as second:
        async with a_spender(gateway, "shared") as here, a_spender(second, "shared") as there:
            replies = await asyncio.gather(*(caller.chat() for caller in (here, there) for _ in range(15)))
    assert Counter(reply.status for reply in replies) == {200: 10, 429: 20}


async def test_a_key_has_a_budget_of_its_own(gateway: RunningGateway) -> None:
    bound = ("--budget-usd", "0", "--window", "day", "--strict")
    made = gateway.command("keys", "create", "--organisation", "plain", *bound, "--json")
    key = json.loads(made.stdout)
    async with a_caller(gateway.url, key["key"]) as caller, a_caller(gateway.url, ADMIN_KEY) as admin:
        refused = await caller.chat()
        assert (refused.status, refused.error["metadata"]["name"]) == (429, key["id"])
        rows = (await admin.get("/admin/budgets?organisation=plain")).json["data"]
        assert [(row["scope"], row["name"], row["mode"]) for row in rows] == [("key", key["id"], "strict")]
        await admin.ask("POST", f"/admin/keys/{key['id']}/budget", json={"budget_usd": 5})
        assert (await until(caller, 200)).status == 200


async def test_operators_see_how_budgets_and_limits_stand(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "listed") as caller, a_caller(gateway.url, ADMIN_KEY) as admin:
        await caller.chat(headers=HEADERS)

        async def rows() -> list[dict[str, object]]:
            found: list[dict[str, object]] = (
                await admin.get("/admin/budgets", params={"organisation": "listed"})
            ).json["data"]
            return found

        while not any(row["spent"] == 1 for row in await rows()):
            await asyncio.sleep(0.02)
        team, each, customer, tokens = await rows()
        assert (team["name"], team["limit"], team["measure"], team["window"]) == (
            "research",
            "1.0",
            "usd",
            "month",
        )
        assert (each["name"], each["spent"]) == (None, None)
        assert (customer["name"], customer["spent"], customer["share"]) == ("globex", 1, 0.01)
        assert datetime.fromisoformat(str(customer["resets_at"])) > datetime.now(ZoneInfo("UTC"))
        assert (tokens["kind"], tokens["window"], tokens["limit"]) == ("limit", "60 s", 5000)

        first = (await admin.get("/admin/budgets?organisation=listed&limit=3")).json
        rest = (await admin.get("/admin/budgets?organisation=listed&limit=3&cursor=3")).json
        assert (len(first["data"]), first["next"], len(rest["data"]), rest["next"]) == (3, "3", 1, None)
        assert (await admin.get("/admin/budgets?limit=501")).error["param"] == "limit"
        assert (await caller.get("/admin/budgets")).status == 401

    told = gateway.command("budgets", "--organisation", "listed", "--json")
    assert [row["name"] for row in json.loads(told.stdout)] == ["research", None, "globex", "listed"]
    table = gateway.command("budgets", "--organisation", "listed").stdout
    assert "globex" in table
    assert "each" in table


async def test_metrics_have_budgets_and_refusals(gateway: RunningGateway) -> None:
    wanted = (
        'routergate_budget_limit_usd{name="research",organisation="listed",scope="team",window="month"} 1.0',
        'routergate_admissions_refused_total{reason="budget",scope="organisation"}',
        "routergate_reservations_swept_total 0.0",
        "routergate_events_corrected_total 0.0",
    )
    async with a_spender(gateway, "refused") as caller, a_caller(gateway.url) as anyone:
        await caller.chat()
        text = ""
        while not all(line in text for line in wanted):
            text = (await anyone.get("/metrics")).body.decode()
    assert 'routergate_budget_spent_usd{name="research",organisation="listed"' in text


def test_the_official_client_raises_what_its_users_know(gateway: RunningGateway) -> None:
    with (
        openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key_of("refused")) as client,
        pytest.raises(openai.RateLimitError) as caught,
    ):
        client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "Hello?"}])
    assert (caught.value.code, caught.value.type) == ("budget_exceeded", "insufficient_quota")
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "0"


async def test_a_model_without_a_price_may_serve_where_the_operator_says_so(gateway: RunningGateway) -> None:
    async with a_spender(gateway, "daring") as caller:
        assert (await caller.chat("unpriced")).status == 502
