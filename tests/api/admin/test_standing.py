"""How providers, prices, models and routes are told."""

from typing import Any

from support.stage import Caller


async def test_providers_are_told_without_their_secrets(admin: Caller) -> None:
    reply = await admin.get("/admin/v1/providers", params={"limit": 500})
    rows = {row["id"]: row for row in reply.json["data"]}
    assert (rows["anthropic"]["kind"], rows["anthropic"]["credentials"]) == ("anthropic", True)
    assert (rows["sim"]["credentials"], rows["sim"]["state"]) == (False, "closed")
    assert rows["sim"]["hosts"][0].startswith("127.0.0.1:")
    assert b"sk-ant" not in reply.body


async def test_a_provider_that_fails_shows_its_circuits(admin: Caller, caller: Caller) -> None:
    for _ in range(8):
        await caller.chat("failing")
    rows = {row["id"]: row for row in (await admin.get("/admin/v1/providers?limit=500")).json["data"]}
    [circuit] = rows["provider-500"]["circuits"]
    assert (circuit["model"], circuit["state"] in {"open", "half_open"}) == ("500", True)
    assert circuit["reason"]
    assert circuit["since"].endswith("Z")


async def test_prices_are_told_card_by_card(admin: Caller) -> None:
    rows = {row["model"]: row for row in (await admin.get("/admin/v1/prices?limit=500")).json["data"]}
    small = rows["small"]
    assert (small["in_force"]["input"], small["in_force"]["from"], small["next"]) == (
        "0.15",
        "2024-01-01",
        None,
    )
    assert small["cards"] == [small["in_force"]]


async def test_models_and_routes_are_listed_for_those_who_choose(admin: Caller) -> None:
    models = {row["id"]: row for row in (await admin.get("/admin/v1/models?limit=500")).json["data"]}
    routes = {row["id"]: row for row in (await admin.get("/admin/v1/routes?limit=500")).json["data"]}
    assert (models["small"]["class"], models["small"]["provider"]) == ("economy", "sim")
    auto = routes["auto"]
    assert (auto["candidates"], auto["baseline"], auto["threshold"]) == (["small", "large"], "large", 0.9)


async def test_a_list_is_told_in_parts(admin: Caller) -> None:
    whole = (await admin.get("/admin/v1/models?limit=500")).json
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        part = (await admin.get("/admin/v1/models", params={"limit": 4, "cursor": cursor})).json
        found += part["data"]
        cursor = part["next"]
    assert (found, whole["next"]) == (whole["data"], None)


async def test_what_was_there_before_there_were_versions_is_still_there(admin: Caller) -> None:
    for path in ("keys", "audit", "budgets"):
        old, new = await admin.get(f"/admin/{path}?limit=1"), await admin.get(f"/admin/v1/{path}?limit=1")
        assert (old.status, old.json.keys()) == (200, new.json.keys())
