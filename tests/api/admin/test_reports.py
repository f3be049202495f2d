"""What was asked of the gateway, as operators see it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from support.stage import Caller, Reply, Stage, a_caller


@dataclass(frozen=True)
class Shop(Caller):
    """Someone of an organisation that no other test asks for."""

    organisation: str


@pytest.fixture
async def shop(stage: Stage, admin: Caller) -> AsyncIterator[Shop]:
    organisation = f"shop-{secrets.token_hex(4)}"
    made = await admin.ask("POST", "/admin/v1/keys", json={"organisation": organisation})
    async with a_caller(stage.gateway.url, made.json["key"]) as someone:
        yield Shop(someone.url, someone.session, organisation)


async def until(look: Callable[[], Awaitable[Reply]], true: Callable[[Any], bool]) -> Any:
    """What is told, once it is true."""
    while not true(told := (await look()).json):
        await asyncio.sleep(0.02)
    return told


async def test_the_day_so_far_counts_every_organisation(admin: Caller, shop: Shop) -> None:
    before = (await admin.get("/admin/v1/live")).json
    await shop.chat("small", "one more")
    after = await until(
        lambda: admin.get("/admin/v1/live"), lambda told: told["requests"] > before["requests"]
    )
    assert after["since"].endswith("T00:00:00Z")
    assert after["output_tokens"] > before["output_tokens"]
    assert Decimal(after["cost_usd"]) > Decimal(before["cost_usd"])
    assert (
        after["by_class"]["economy"]["requests"]
        > before["by_class"].get("economy", {"requests": 0})["requests"]
    )


async def test_spend_is_grouped_and_chosen_as_asked(admin: Caller, shop: Shop) -> None:
    for feature in ("search", "search", "chat"):
        await shop.chat("small", "spent", headers={"x-routergate-feature": feature})
    asked = {"organisation": shop.organisation, "by": "feature,model"}
    told = await until(
        lambda: admin.get("/admin/v1/spend", params=asked), lambda it: it["total"]["requests"] == 3
    )
    rows = {row["feature"]: row for row in told["data"]}
    assert (rows["search"]["requests"], rows["chat"]["requests"], rows["chat"]["model"]) == (2, 1, "small")
    whole = sum(Decimal(row["cost_usd"]) for row in rows.values())
    assert (whole, told["next"]) == (Decimal(told["total"]["cost_usd"]), None)
    one = (await admin.get("/admin/v1/spend", params={**asked, "feature": "chat"})).json
    assert [row["requests"] for row in one["data"]] == [1]
    none = (await admin.get("/admin/v1/spend", params={**asked, "team": ""})).json
    assert none["total"]["requests"] == 3


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"by": "colour"}, "by"),
        ({"by": "day,day"}, "by"),
        ({"since": "2020-01-01", "until": "2026-01-01"}, "since"),
        ({"until": "1066-10-14"}, "until"),
        ({"since": "9999-12-31", "until": "9999-12-31"}, "until"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_what_is_wrong(
    admin: Caller, query: dict[str, str], param: str
) -> None:
    reply = await admin.get("/admin/v1/spend", params=query)
    assert (reply.status, reply.error["param"]) == (400, param)


async def test_single_requests_are_listed_from_the_newest_on(admin: Caller, shop: Shop) -> None:
    asked = [(await shop.chat("auto", f"request {n}")).headers["x-routergate-decision-id"] for n in range(5)]
    chosen = {"organisation": shop.organisation, "limit": 2}
    await until(
        lambda: admin.get("/admin/v1/events", params={**chosen, "limit": 9}), lambda it: len(it["data"]) == 5
    )
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        told = (await admin.get("/admin/v1/events", params={**chosen, "cursor": cursor})).json
        assert "request 3" not in str(told)
        pages.append([row["id"] for row in told["data"]])
        cursor = told["next"]
    assert pages == [asked[:2:-1], asked[2:0:-1], asked[:1]]


async def test_a_request_tells_why_it_went_where_it_went(admin: Caller, shop: Shop) -> None:
    name = (await shop.chat("auto", "Why there?")).headers["x-routergate-decision-id"]
    told = await until(lambda: admin.get(f"/admin/v1/events/{name}"), lambda it: "decision" in it)
    decision = told["decision"]
    assert (told["id"], decision["route"], decision["threshold"]) == (name, "auto", 0.9)
    assert {one["model"] for one in decision["candidates"]} == {"small", "large"}
    assert all(0 <= one["quality"] <= 1 and one["stderr"] >= 0 for one in decision["candidates"])
    assert [one["model"] for one in decision["candidates"] if one["asked"]] == [told["model"]]


async def test_a_request_that_is_in_no_book_is_not_found(admin: Caller) -> None:
    for name in ("req_0", "req_18f0a0000000000000aabbccddee", "req_ffffffffffffffff00", "%C3%A9"):
        reply = await admin.get(f"/admin/v1/events/{name}")
        assert (reply.status, reply.error["code"]) == (404, "event_not_found")


@pytest.mark.parametrize(
    "cursor", ["x", "W10=", "WzEsMl0=", "é", "W1s5OTk5OTk5OTk5OTk5OTk5OTk5OTksImEiLCJiIl0sMV0="]
)
async def test_a_cursor_that_no_list_has_given_is_refused(admin: Caller, cursor: str) -> None:
    for path in ("events", "audit", "keys", "budgets"):
        reply = await admin.get(f"/admin/v1/{path}", params={"cursor": cursor})
        assert (reply.status, reply.error["param"]) == (400, "cursor")


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many", "9" * 30])
async def test_a_page_has_one_to_five_hundred_rows(admin: Caller, limit: str) -> None:
    reply = await admin.get("/admin/v1/keys", params={"limit": limit})
    assert (reply.status, reply.error["param"]) == (400, "limit")


async def test_the_portfolio_is_that_of_the_command(stage: Stage, admin: Caller, shop: Shop) -> None:
    await shop.chat("small", "for the portfolio")
    told = await until(
        lambda: admin.get("/admin/v1/portfolio"),
        lambda it: any(row["model"] == "small" and row["requests"] for row in it["rows"]),
    )
    assert [column["name"] for column in told["columns"]][:2] == ["model", "class"]
    assert {"name", "unit", "meaning"} == set(told["columns"][0])
    assert told["break_even"] == []


async def test_requests_in_files_are_told_like_those_that_are_not_there_yet(
    stage: Stage, admin: Caller, shop: Shop
) -> None:
    asked = [(await shop.chat("auto", "moved")).headers["x-routergate-decision-id"] for _ in range(2)]
    chosen = {"organisation": shop.organisation}
    await until(lambda: admin.get("/admin/v1/events", params=chosen), lambda it: len(it["data"]) == 2)
    assert stage.gateway.command("ledger", "run", "--once").returncode == 0
    asked.append((await shop.chat("auto", "not moved")).headers["x-routergate-decision-id"])
    said = await shop.ask("POST", "/v1/feedback", json={"decision_id": asked[0], "rating": 1})
    assert said.status == 202
    told = await until(
        lambda: admin.get("/admin/v1/events", params=chosen), lambda it: len(it.get("data", ())) == 3
    )
    assert [row["id"] for row in told["data"]] == asked[::-1]
    one = (await admin.get(f"/admin/v1/events/{asked[0]}")).json
    assert (one["id"], one["decision"]["route"]) == (asked[0], "auto")
    quality = (await admin.get("/admin/v1/quality", params=chosen)).json
    assert sum(row["requests"] for row in quality["data"]) == 3
    assert [row["promised"] for row in quality["data"]] == [0.9] * len(quality["data"])
    assert sum((row["feedback"] or {"n": 0})["n"] for row in quality["data"]) == 1
