"""Logging in and out, and what a cookie is good for."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
import pytest

from support.gateway import ADMIN_KEY, RunningGateway, configuration, running_gateway
from support.stage import Caller, Reply

VIEWER_KEY = "rg-viewer-key-for-tests"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    keys = {"ROUTERGATE_VIEWER_KEY": VIEWER_KEY}
    folder = tmp_path_factory.mktemp("sessions")
    written = configuration("http://127.0.0.1:9/v1")
    with running_gateway(folder, written, workers=2, environment=keys) as running:
        yield running


@asynccontextmanager
async def a_browser(gateway: RunningGateway) -> AsyncIterator[Caller]:
    """Someone without a key, who keeps cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Caller(gateway.url, session)


async def logged_in(browser: Caller, key: str = ADMIN_KEY, **headers: str) -> Reply:
    return await browser.ask("POST", "/admin/v1/session", json={"key": key}, headers=headers)


async def test_whoever_logs_in_is_known_to_every_worker_until_logging_out(gateway: RunningGateway) -> None:
    async with a_browser(gateway) as browser:
        begun = await logged_in(browser)
        assert (begun.status, begun.json["role"]) == (200, "admin")
        for _ in range(8):  # connections go to workers by chance
            async with a_browser(gateway) as another:
                seen = await another.get("/admin/v1/session", headers={"Cookie": cookie(begun)})
            assert (seen.status, seen.json) == (200, {**begun.json, "expires": seen.json["expires"]})
        ended = await browser.ask("DELETE", "/admin/v1/session", headers=token(begun))
        assert (ended.status, ended.json) == (200, {"ended": True})
        again = await browser.get("/admin/v1/session", headers={"Cookie": cookie(begun)})
        assert (again.status, again.error["code"]) == (401, "session_ended")


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_sites(gateway: RunningGateway) -> None:
    async with a_browser(gateway) as browser:
        [plain] = SimpleCookie((await logged_in(browser)).headers["Set-Cookie"]).values()
        [behind_tls] = SimpleCookie(
            (await logged_in(browser, **{"X-Forwarded-Proto": "https"})).headers["Set-Cookie"]
        ).values()
    assert (plain["httponly"], plain["samesite"], plain["path"], plain["secure"]) == (
        True,
        "Strict",
        "/admin",
        "",
    )
    assert behind_tls["secure"] is True


async def test_a_change_with_a_cookie_shows_the_token(gateway: RunningGateway) -> None:
    wanted: dict[str, Any] = {"json": {"organisation": "acme"}}
    async with a_browser(gateway) as browser:
        begun = await logged_in(browser)
        for headers in ({}, {"x-csrf-token": "f" * 64}):
            refused = await browser.ask("POST", "/admin/v1/keys", headers=headers, **wanted)
            assert (refused.status, refused.error["code"]) == (403, "csrf_token_missing")
        made = await browser.ask("POST", "/admin/v1/keys", headers=token(begun), **wanted)
        assert made.status == 201
        log = (await browser.get("/admin/v1/audit", params={"key": made.json["id"]})).json["data"]
    assert [(entry["action"], entry["by"][:8]) for entry in log] == [("create", "console ")]


async def test_a_viewer_looks_and_changes_nothing(gateway: RunningGateway) -> None:
    async with a_browser(gateway) as browser:
        begun = await logged_in(browser, VIEWER_KEY)
        assert begun.json["role"] == "viewer"
        assert (await browser.get("/admin/v1/keys")).status == 200
        refused = await browser.ask(
            "POST", "/admin/v1/keys", json={"organisation": "acme"}, headers=token(begun)
        )
        assert (refused.status, refused.error["code"]) == (403, "read_only")
        assert (await browser.ask("DELETE", "/admin/v1/session", headers=token(begun))).status == 200
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {VIEWER_KEY}"}) as session:
        program = Caller(gateway.url, session)
        assert (await program.get("/admin/v1/session")).json == {
            "role": "viewer",
            "csrf": None,
            "expires": None,
        }
        assert (await program.ask("POST", "/admin/v1/reload")).error["code"] == "read_only"
        assert (await program.ask("DELETE", "/admin/v1/session")).json == {"ended": False}


async def test_an_answer_to_an_operator_is_kept_by_no_cache(gateway: RunningGateway) -> None:
    async with a_browser(gateway) as browser:
        assert (await logged_in(browser)).headers["Cache-Control"] == "no-store"
        assert (await browser.get("/admin/v1/models")).headers["Cache-Control"] == "no-store"


async def test_logins_and_logouts_are_in_the_audit_log(gateway: RunningGateway) -> None:
    async with a_browser(gateway) as browser:
        begun = await logged_in(browser)
        await browser.ask("DELETE", "/admin/v1/session", headers=token(begun))
        await logged_in(browser)
        log = (await browser.get("/admin/v1/audit", params={"limit": 3})).json["data"]
    assert [entry["action"] for entry in log] == ["log in", "log out", "log in"]
    assert (log[1]["by"], log[0]["by"] != log[2]["by"]) == (log[2]["by"], True)
    assert ADMIN_KEY not in str(log)


async def test_too_many_wrong_keys_from_one_address_are_refused(tmp_path: Any) -> None:
    with running_gateway(tmp_path, configuration("http://127.0.0.1:9/v1")) as gateway:
        async with a_browser(gateway) as browser:
            assert (await browser.get("/admin/v1/live")).status == 401
            for _ in range(10):
                assert (await logged_in(browser, "rg-guess")).status == 401
            for key in ("rg-guess", ADMIN_KEY):
                refused = await logged_in(browser, key)
                assert (refused.status, refused.error["code"]) == (429, "too_many_tries")
                assert 0 < int(refused.headers["retry-after"]) <= 900
        assert ADMIN_KEY not in gateway.log.read_text()


async def test_without_an_operators_key_nobody_logs_in(tmp_path: Any) -> None:
    off = {"ROUTERGATE_ADMIN_KEY": ""}
    with running_gateway(tmp_path, configuration("http://127.0.0.1:9/v1"), environment=off) as gateway:
        async with a_browser(gateway) as browser:
            for reply in (await logged_in(browser, ""), await browser.get("/admin/v1/session")):
                assert (reply.status, reply.error["code"]) == (403, "not_allowed")


def token(begun: Reply) -> dict[str, str]:
    return {"x-csrf-token": begun.json["csrf"]}


def cookie(begun: Reply) -> str:
    [one] = SimpleCookie(begun.headers["Set-Cookie"]).values()
    return f"rg_session={one.value}"
