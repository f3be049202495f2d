"""The life of a key, over HTTP."""

import asyncio
from typing import Any

import pytest

from support.stage import Caller, Reply, Stage, a_caller


async def made(admin: Caller, **wanted: Any) -> Any:
    reply = await admin.ask("POST", "/admin/keys", json={"organisation": "acme", **wanted})
    assert (reply.status, reply.headers["Cache-Control"]) == (201, "no-store")
    return reply.json


async def until(caller: Caller, status: int) -> Reply:
    """The caller's first answer with a status: gateways follow within a second."""
    while (reply := await caller.get("/v1/models")).status != status:
        await asyncio.sleep(0.02)
    return reply


async def test_a_key_lives_and_dies_by_the_admin_api(stage: Stage, admin: Caller) -> None:
    key = await made(admin, name="a short life")
    path = f"/admin/keys/{key['id']}"
    async with a_caller(stage.gateway.url, key["key"]) as caller:
        assert (await caller.get("/v1/models")).status == 200
        assert (await admin.ask("POST", f"{path}/disable")).json["state"] == "disabled"
        assert "disabled" in (await until(caller, 401)).error["message"]
        assert (await admin.ask("POST", f"{path}/enable")).json["state"] == "active"
        await until(caller, 200)
        new = (await admin.ask("POST", f"{path}/rotate", json={"overlap": "0s"})).json
        assert "expired" in (await until(caller, 401)).error["message"]
    async with a_caller(stage.gateway.url, new["key"]) as caller:
        assert (await caller.get("/v1/models")).status == 200
        await admin.ask("POST", f"/admin/keys/{new['id']}/revoke")
        assert (await until(caller, 401)).error["code"] == "invalid_api_key"

    rows = {row["id"]: row for row in (await admin.get("/admin/keys", params={"limit": 500})).json["data"]}
    assert (rows[key["id"]]["replaced_by"], rows[new["id"]]["state"]) == (new["id"], "revoked")
    log = (await admin.get("/admin/audit", params={"key": key["id"]})).json["data"]
    assert [entry["action"] for entry in log] == ["rotate", "enable", "disable", "create"]
    assert {entry["by"] for entry in log} == {"admin API"}


async def test_a_rotation_needs_no_body(admin: Caller) -> None:
    key = await made(admin)
    rotated = await admin.ask("POST", f"/admin/keys/{key['id']}/rotate")
    assert (rotated.status, rotated.json["replaces"]) == (201, key["id"])


async def test_a_key_of_one_class_is_answered_by_that_class_only(stage: Stage, admin: Caller) -> None:
    key = await made(admin, classes=["frontier"])
    async with a_caller(stage.gateway.url, key["key"]) as caller:
        answered = await caller.chat("auto")
        assert answered.headers["x-routergate-model"] == "large"
        body = {"model": "auto", "messages": [{"role": "user", "content": "Hello?"}]}
        [rejected] = (await caller.ask("POST", "/v1/route", json=body)).json["rejected"]
        assert rejected["model"] == "small"
        assert "not among the classes of this key" in rejected["reason"]
        refused = await caller.chat("small")
        assert (refused.status, refused.error["code"]) == (403, "not_allowed")
        assert "not among the classes of this key" in refused.error["message"]


@pytest.mark.parametrize("forwarded", [{}, {"X-Forwarded-For": "203.0.113.7"}])
async def test_a_key_is_refused_from_elsewhere_whatever_is_said_to_be_forwarded(
    stage: Stage, admin: Caller, forwarded: dict[str, str]
) -> None:
    key = await made(admin, ips=["203.0.113.0/24"])
    async with a_caller(stage.gateway.url, key["key"]) as caller:
        for refused in (
            await caller.chat(headers=forwarded),
            await caller.get("/v1/models", headers=forwarded),
            await caller.get("/v1/usage", headers=forwarded),
            await caller.ask("POST", "/v1/route", json={}, headers=forwarded),
        ):
            assert (refused.status, refused.error["type"]) == (403, "permission_error")
            assert "may not be used from 127.0.0.1" in refused.error["message"]


async def test_a_key_is_good_from_where_it_is_meant_for(stage: Stage, admin: Caller) -> None:
    key = await made(admin, ips=["127.0.0.0/8"])
    async with a_caller(stage.gateway.url, key["key"]) as caller:
        assert (await caller.chat()).status == 200


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({}, "organisation", "is missing"),
        ({"organisation": 5}, "organisation", "expected string"),
        ({"organisation": "acme", "expire": "90d"}, None, "unknown field expire"),
        ({"organisation": "acme", "expires": "soon"}, "expires", "takes a day"),
        ({"organisation": "acme", "expires": "2020-01-01"}, "expires", "in the future"),
        ({"organisation": "acme", "classes": ["cheap"]}, "classes", "economy, self_hosted, frontier"),
        ({"organisation": "acme", "ips": "10.0.0.0/8"}, "ips", "expected array"),
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(
    admin: Caller, body: Any, param: str | None, said: str
) -> None:
    reply = await admin.ask("POST", "/admin/keys", json=body)
    assert (reply.status, reply.error["param"]) == (400, param)
    assert said in reply.error["message"]


async def test_a_change_that_does_not_fit_is_a_conflict(admin: Caller) -> None:
    path = f"/admin/keys/{(await made(admin))['id']}"
    await admin.ask("POST", f"{path}/revoke")
    reply = await admin.ask("POST", f"{path}/enable")
    assert (reply.status, reply.error["code"]) == (409, "key_conflict")


async def test_a_key_that_is_not_there_is_not_found(admin: Caller) -> None:
    reply = await admin.ask("POST", "/admin/keys/key_0/revoke")
    assert (reply.status, reply.error["code"]) == (404, "key_not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/keys"),
        ("POST", "/admin/keys"),
        *(("POST", f"/admin/keys/key_0/{change}") for change in ("rotate", "disable", "enable", "revoke")),
        ("GET", "/admin/audit"),
    ],
)
async def test_the_admin_api_is_for_those_with_the_admin_key(caller: Caller, method: str, path: str) -> None:
    reply = await caller.ask(method, path)
    assert (reply.status, reply.error["message"]) == (401, "The admin key is wrong.")


async def test_a_key_is_bound_and_unbound_by_the_admin_api(admin: Caller) -> None:
    key = await made(admin, budget_usd=0.1, window="day")
    path = f"/admin/keys/{key['id']}/budget"
    [row] = [
        row
        for row in (await admin.get("/admin/keys", params={"limit": 500})).json["data"]
        if row["id"] == key["id"]
    ]
    assert (row["budget_usd"], row["window"], row["strict"]) == ("0.1", "day", False)

    changed = (await admin.ask("POST", path, json={"budget_usd": "20", "strict": True})).json
    assert (changed["budget_usd"], changed["window"], changed["strict"]) == ("20.0", "month", True)
    assert (await admin.ask("POST", path, json={"budget_usd": None})).json["budget_usd"] is None
    wrong = await admin.ask("POST", path, json={"budget_usd": -1})
    assert (wrong.status, wrong.error["param"]) == (400, "budget_usd")
    log = (await admin.get("/admin/audit", params={"key": key["id"]})).json["data"]
    assert [entry["action"] for entry in log] == ["budget", "budget", "create"]
