"""A configuration that is looked at, tried and replaced from elsewhere."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from support.gateway import ADMIN_KEY, RunningGateway, configuration, running_gateway
from support.stage import Caller, Reply, a_caller

WRITTEN = configuration("http://127.0.0.1:9/v1")
VIEWER_KEY, SECRET = "rg-viewer", "sk-that-somebody-has-written-down"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    keys = {"ROUTERGATE_VIEWER_KEY": VIEWER_KEY, "PROVIDERS_KEY": "sk-from-the-environment"}
    with running_gateway(tmp_path_factory.mktemp("draft"), WRITTEN, environment=keys) as running:
        yield running


@pytest.fixture
async def admin(gateway: RunningGateway) -> AsyncIterator[Caller]:
    async with a_caller(gateway.url, ADMIN_KEY) as someone:
        yield someone


async def shown(admin: Caller) -> Any:
    return (await admin.get("/admin/v1/config")).json


async def replaced(admin: Caller, written: dict[str, Any], digest: str) -> Reply:
    return await admin.ask("PUT", "/admin/v1/config", json={"yaml": json.dumps(written), "digest": digest})


def with_route(name: str, candidate: str = "large") -> dict[str, Any]:
    return {**WRITTEN, "routes": {**WRITTEN["routes"], name: {"candidates": [candidate]}}}


async def test_the_file_is_shown_as_it_is(gateway: RunningGateway, admin: Caller) -> None:
    told = await shown(admin)
    assert (told["yaml"], told["writable"]) == (gateway.config.read_text(), True)
    assert told["path"] == str(gateway.config)


async def test_a_text_is_tried_without_being_taken(gateway: RunningGateway, admin: Caller) -> None:
    before = gateway.config.read_text()
    text = "version: 1\nmodels:\n  m:\n    provider: nobody\n    class: economy\n    context_tokens: 9\n"
    told = (await admin.ask("POST", "/admin/v1/config/validate", json={"yaml": text})).json
    assert not told["ok"]
    [wrong] = [one for one in told["findings"] if one["path"] == "models.m.provider"]
    assert (wrong["line"], wrong["column"], wrong["severity"]) == (4, 5, "error")
    assert "nobody" in wrong["message"]
    assert told["diff"].startswith("--- routergate.yaml")
    assert gateway.config.read_text() == before


async def test_what_a_text_would_change_is_told_in_sentences(admin: Caller) -> None:
    other = with_route("new")
    other["models"] = {**WRITTEN["models"], "small": {**WRITTEN["models"]["small"], "context_tokens": 9}}
    other["server"] = {"grace_seconds": 4}
    told = (await admin.ask("POST", "/admin/v1/config/validate", json={"yaml": json.dumps(other)})).json
    assert told["ok"]
    assert told["effects"] == [
        "Model 'small' changes: context_tokens.",
        "Route 'new' is added.",
        "What 'server' says holds from the next start on.",
    ]


async def test_a_text_takes_the_files_place_and_is_in_force(gateway: RunningGateway, admin: Caller) -> None:
    mode = gateway.config.stat().st_mode
    reply = await replaced(admin, with_route("put"), (await shown(admin))["digest"])
    assert (reply.status, reply.json["in_force"], reply.json["problems"]) == (200, True, [])
    assert "put" in {row["id"] for row in (await admin.get("/admin/v1/routes")).json["data"]}
    told = await shown(admin)
    assert (told["digest"], gateway.config.stat().st_mode) == (reply.json["digest"], mode)
    [entry] = (await admin.get("/admin/v1/audit?limit=1")).json["data"]
    assert (entry["action"], entry["on"], entry["changes"]["digest"]["to"]) == (
        "replace",
        "configuration",
        told["digest"],
    )
    assert not list(gateway.config.parent.glob(".*.tmp"))


async def test_a_file_that_somebody_else_has_changed_is_not_replaced(
    gateway: RunningGateway, admin: Caller
) -> None:
    seen = (await shown(admin))["digest"]
    gateway.config.write_text(json.dumps(with_route("theirs")))
    reply = await replaced(admin, with_route("ours"), seen)
    assert (reply.status, reply.error["code"]) == (409, "config_changed")
    assert "theirs" in gateway.config.read_text()


async def test_of_two_who_replace_the_same_file_one_is_told(gateway: RunningGateway, admin: Caller) -> None:
    seen = (await shown(admin))["digest"]
    replies = await asyncio.gather(*(replaced(admin, with_route(f"race-{n}"), seen) for n in range(4)))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]


async def test_a_wrong_text_takes_nobodys_place(gateway: RunningGateway, admin: Caller) -> None:
    before = await shown(admin)
    reply = await replaced(admin, with_route("wrong", candidate="nobody"), before["digest"])
    assert (reply.status, reply.error["code"]) == (400, "config_invalid")
    [finding] = reply.error["metadata"]["findings"]
    assert finding["path"] == "routes.wrong.candidates[0]"
    assert await shown(admin) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
async def test_a_file_in_a_closed_folder_is_only_shown(gateway: RunningGateway, admin: Caller) -> None:
    folder = gateway.config.parent
    folder.chmod(0o555)
    try:
        told = await shown(admin)
        reply = await replaced(admin, WRITTEN, told["digest"])
    finally:
        folder.chmod(0o755)
    assert (told["writable"], "cannot be written to" in told["why_not"]) == (False, True)
    assert (reply.status, reply.error["code"]) == (409, "config_read_only")


async def test_a_viewer_does_not_see_secrets_that_stand_in_the_file(
    gateway: RunningGateway, admin: Caller
) -> None:
    provider = {**WRITTEN["providers"]["sim"], "api_key": SECRET, "headers": {"x-token": "t0ken-in-a-header"}}
    spare = {**WRITTEN["providers"]["sim"], "api_key": "${PROVIDERS_KEY}"}
    written = {**WRITTEN, "providers": {"sim": provider, "spare": spare}}
    assert (await replaced(admin, written, (await shown(admin))["digest"])).status == 200
    async with a_caller(gateway.url, VIEWER_KEY) as viewer:
        told = await shown(viewer)
    assert SECRET not in told["yaml"]
    assert "t0ken-in-a-header" not in told["yaml"]
    assert "${PROVIDERS_KEY}" in told["yaml"]
    assert SECRET in (await shown(admin))["yaml"]


async def test_a_reload_is_in_the_audit_log(admin: Caller) -> None:
    assert (await admin.ask("POST", "/admin/v1/reload")).json == {"reloaded": True}
    [entry] = (await admin.get("/admin/v1/audit?limit=1")).json["data"]
    assert (entry["action"], entry["by"], entry["on"]) == ("reload", "admin API", "configuration")
