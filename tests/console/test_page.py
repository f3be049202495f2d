"""The page and what it loads, as browsers get them."""

import gzip
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from routergate.console.page import routes
from support.gateway import configuration, running_gateway
from support.stage import a_caller

PLAIN, PACKED = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip, br"}
MOST = 80 * 1024
"""Bytes that the console may be, packed."""


@pytest.fixture
async def browser() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    app.add_routes(routes())
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        yield client


Browser = TestClient[web.Request, web.Application]


async def loaded(browser: Browser) -> list[str]:
    """What the page asks for."""
    page = await (await browser.get("/console", headers=PLAIN)).text()
    return re.findall(r'(?:src|href)="([^"]+)"', page)


def guarded(answer: ClientResponse) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    return (
        "default-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
        and "unsafe" not in policy
        and answer.headers["X-Content-Type-Options"] == "nosniff"
    )


@pytest.mark.parametrize("path", ["/console", "/console/"])
async def test_the_page_is_asked_for_each_time_and_bars_what_is_foreign(browser: Browser, path: str) -> None:
    answer = await browser.get(path, headers=PLAIN)
    assert answer.content_type == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert guarded(answer)


async def test_what_the_page_loads_is_kept_for_good(browser: Browser) -> None:
    paths = await loaded(browser)
    assert len(paths) >= 3
    for path in paths:
        answer = await browser.get(path, headers=PLAIN)
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert re.search(r"-[\w-]{8}\.\w+$", path), "a name that does not change with the content"
        assert guarded(answer)


async def test_whoever_takes_it_packed_gets_the_same(browser: Browser) -> None:
    for path in ["/console", *await loaded(browser)]:
        plain, packed = await browser.get(path, headers=PLAIN), await browser.get(path, headers=PACKED)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await packed.read()) == await plain.read()


async def test_all_of_it_is_small(browser: Browser) -> None:
    answers = [await browser.get(path, headers=PACKED) for path in ["/console", *await loaded(browser)]]
    assert sum([len(await answer.read()) for answer in answers]) < MOST


async def test_nothing_else_is_there(browser: Browser) -> None:
    for path in (
        "/console/static/",
        "/console/static/nothing.js",
        "/console/static/../index.html",
        "/console/licences.md",
    ):
        assert (await browser.get(path)).status == 404


async def test_it_only_names_its_own_host(browser: Browser) -> None:
    assert all(path.startswith("/console/static/") for path in await loaded(browser))


async def test_the_operator_can_do_without_it(tmp_path: Path) -> None:
    written = configuration("http://127.0.0.1:9/v1", server={"console": False})
    with running_gateway(tmp_path, written) as gateway:
        async with a_caller(gateway.url) as caller:
            assert (await caller.get("/console")).status == 404


def test_the_licences_of_what_it_is_made_of_go_with_it() -> None:
    said = (files("routergate.console") / "assets" / "licences.md").read_text()
    assert "preact" in said
    assert "uplot" in said.lower()
