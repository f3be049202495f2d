"""Every view: with data and without, without the store, as a viewer, by keyboard, at a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from routergate.testing import Call
from support.console import NAMES, VIEWER_KEY, Desk, Visitor, a_desk, a_visitor, chromium

expect.set_options(timeout=15_000)
pytestmark = [pytest.mark.xdist_group("console"), pytest.mark.timeout(180)]

SHOWN = {
    "live": ["Requests", "a second", "an hour", "Today (UTC)", "self hosted"],
    "spend": ["$", "support-bot", "coding", "Dollars a day, by feature", "Loaded cost"],
    "events": ["Newest first", "auto", "ok"],
    "quality": ["Promised", "Expected", "Measured", "auto"],
    "portfolio": ["contracts-7b", "Pays from", "requests a month", "Dollars a month"],
    "budgets": ["acme", "the organisation", "$500.00", "month"],
    "providers": ["economy", "frontier", "gpus", "region eu"],
    "prices": ["mini", "in force", "0.15", "Fixed costs"],
    "keys": ["help desk", "intranet", "active"],
    "playground": ["On behalf of organisation", "Estimate", "estimate first"],
    "configuration": ["routergate.yaml", "Check"],
    "audit": ["cli:ann", "create"],
}
"""What each view says when there is something to say."""
EMPTY = {
    "live": "No requests yet today",
    "spend": "Nothing was asked",
    "events": "No single events",
    "quality": "POST /v1/feedback",
    "keys": "no keys in the store",
}
"""What a view says, and what to do, when there is nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("desk"), traffic=True) as desk:
        yield desk


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("bare"), traffic=False) as desk:
        yield desk


@pytest.fixture(scope="module")
def regular(browser: Browser, desk: Desk) -> Iterator[Visitor]:
    """An operator with the admin key who has been there for a while."""
    with a_visitor(browser, desk.url) as visitor:
        yield visitor.sign_in()


@pytest.fixture(scope="module")
def newcomer(browser: Browser, bare: Desk) -> Iterator[Visitor]:
    """An operator with the admin key, before anybody has asked anything."""
    with a_visitor(browser, bare.url) as visitor:
        yield visitor.sign_in()


@pytest.fixture(scope="module")
def viewer(browser: Browser, desk: Desk) -> Iterator[Visitor]:
    """Somebody with the viewer key, at a phone."""
    with a_visitor(browser, desk.url, viewport={"width": 360, "height": 700}, color_scheme="dark") as visitor:
        yield visitor.sign_in(VIEWER_KEY)


@pytest.mark.parametrize("view", NAMES)
def test_every_view_shows_what_there_is_to_everybody_without_a_complaint(regular: Visitor, view: str) -> None:
    regular.open(view)
    said = regular.text()
    assert [words for words in SHOWN[view] if words not in said] == []
    assert regular.page.get_by_role("alert").count() == 0
    assert regular.barriers() == []
    assert regular.complained() == []
    assert regular.hosts == {regular.url}


@pytest.mark.parametrize("view", NAMES)
def test_a_view_with_nothing_to_show_says_what_to_do(newcomer: Visitor, view: str) -> None:
    newcomer.open(view)
    assert EMPTY.get(view, "") in newcomer.text()
    assert newcomer.page.get_by_role("alert").count() == 0
    assert newcomer.complained() == []


@pytest.mark.parametrize("view", NAMES)
def test_a_viewer_sees_it_all_on_a_phone_in_the_dark(viewer: Visitor, view: str) -> None:
    viewer.open(view)
    assert viewer.page.get_by_role("alert").count() == 0
    assert viewer.page.evaluate("document.documentElement.scrollWidth") == 360
    assert viewer.barriers() == []
    assert viewer.complained() == []


def test_a_viewer_is_told_what_he_cannot_do_and_is_offered_none_of_it(viewer: Visitor) -> None:
    for view, verb in (("keys", "Make a key"), ("configuration", "Apply")):
        viewer.open(view)
        assert "You are signed in to read only" in viewer.text()
        assert viewer.page.get_by_role("button", name=re.compile(verb)).count() == 0
    expect(viewer.page.get_by_role("banner")).to_contain_text("viewer")


def test_while_the_store_is_away_every_view_says_so_and_then_goes_on(newcomer: Visitor, bare: Desk) -> None:
    newcomer.open("audit")
    with bare.store.hanging():
        for view in NAMES:
            newcomer.open(view)
            expect(newcomer.page.get_by_role("alert").first).to_contain_text("Redis is away")
    expect(newcomer.page.get_by_role("alert")).to_have_count(0)
    assert all("503" in complaint for complaint in newcomer.complained())


def test_a_wrong_key_opens_nothing_and_says_so(browser: Browser, desk: Desk) -> None:
    with a_visitor(browser, desk.url) as stranger:
        stranger.page.goto(f"{desk.url}/console#/keys")
        stranger.page.get_by_label("Admin or viewer key").fill("rg-something-else")
        stranger.page.get_by_role("button", name="Sign in").click()
        expect(stranger.page.get_by_role("alert")).to_contain_text("key")
        assert "key_" not in stranger.page.content()
        assert stranger.barriers() == []


def test_whoever_signs_out_is_out(browser: Browser, desk: Desk) -> None:
    with a_visitor(browser, desk.url) as visitor:
        visitor.sign_in()
        visitor.page.reload()
        visitor.page.get_by_role("heading", name="Live", level=1).wait_for()
        visitor.page.get_by_role("button", name="Sign out").click()
        visitor.page.get_by_label("Admin or viewer key").wait_for()
        visitor.page.reload()
        visitor.page.get_by_label("Admin or viewer key").wait_for()
        assert visitor.complained() == []


def test_a_session_that_ends_leads_to_the_door_and_back_to_the_same_view(
    browser: Browser, desk: Desk
) -> None:
    with a_visitor(browser, desk.url) as visitor:
        page = visitor.sign_in().open("prices").page
        page.context.clear_cookies()
        page.get_by_role("link", name="Keys", exact=True).click()
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        page.get_by_label("Admin or viewer key").fill(VIEWER_KEY)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Keys", level=1)).to_be_visible()


def test_spend_leads_down_to_one_request_and_why_it_went_where_it_went(regular: Visitor) -> None:
    page = regular.open("spend").page
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="events of contracts"))
    row.get_by_role("link", name="contracts", exact=True).click()
    expect(page.get_by_role("button", name="no longer only feature contracts")).to_be_visible()
    expect(page.get_by_role("combobox", name="By")).to_have_value("model")
    page.get_by_role("link", name=re.compile("events of")).first.click()
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", name="The decision")).to_be_visible()
    expect(page.get_by_role("region", name="Candidates")).to_contain_text("mini")
    expect(page.get_by_role("region", name="The whole row")).to_contain_text("contracts")
    assert regular.complained() == []


def test_a_key_is_shown_once_and_can_be_revoked(browser: Browser, desk: Desk) -> None:
    with a_visitor(browser, desk.url, permissions=["clipboard-read", "clipboard-write"]) as visitor:
        page = visitor.sign_in().open("keys").page
        page.get_by_role("button", name="Make a key").click()
        page.get_by_label("Organisation").fill("acme")
        page.get_by_label("Name").fill("for a while")
        page.get_by_label("Budget (USD)").fill("12.50")
        page.get_by_role("button", name="Make the key").click()
        dialog = page.get_by_role("dialog", name="The new key")
        key = dialog.locator(".secret").inner_text()
        assert key.startswith("rg-")
        dialog.get_by_role("button", name="Copy").click()
        expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == key
        dialog.get_by_role("button", name="I have it").click()
        assert key not in page.content()
        row = page.get_by_role("row").filter(has_text="for a while")
        expect(row).to_contain_text("$12.50")
        row.get_by_role("button", name="revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="revoke").click()
        expect(row).to_contain_text("revoked")
        expect(visitor.open("audit").page.get_by_role("row").nth(1)).to_contain_text("revoke")
        assert visitor.complained() == []


def test_in_the_playground_everything_is_told_before_anything_is_sent(regular: Visitor, desk: Desk) -> None:
    def asked() -> list[Call]:
        return [call for call in desk.simulator.calls if "playground words" in str(call.body)]

    page = regular.open("playground").page
    page.get_by_label("On behalf of organisation").fill("acme")
    page.get_by_label("Prompt").fill("Hello, playground words?")
    page.get_by_role("button", name="Estimate", exact=True).click()
    expect(page.get_by_role("region", name="Candidates")).to_contain_text("$")
    assert asked() == []
    page.get_by_role("button", name=re.compile("Send to .* for about")).click()
    expect(page.get_by_role("region", name="The answer")).to_contain_text("simulated")
    assert len(asked()) == 1
    page.get_by_role("link", name="What it cost").click()
    expect(page.get_by_role("heading", name="Events")).to_be_visible()
    assert regular.complained() == []


def test_a_configuration_is_checked_by_line_compared_and_only_then_applied(
    newcomer: Visitor, bare: Desk
) -> None:
    page = newcomer.open("configuration").page
    text = page.get_by_label("The configuration, as YAML")
    written = text.input_value()
    text.fill(written.replace("quality: 0.9", "qualty: 0.9", 1))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be taken up")
    page.get_by_role("button", name=re.compile("line ")).first.click()
    expect(text).to_be_focused()
    expect(page.get_by_role("button", name="Apply …")).to_be_disabled()
    text.fill(written.replace("quality: 0.9\n", "quality: 0.8\n"))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_label("What changes in the file")).to_contain_text("quality: 0.8")
    page.get_by_role("button", name="Apply …").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("It is in force.")).to_be_visible()
    assert "quality: 0.8" in bare.gateway.config.read_text()
    assert newcomer.complained() == []


def test_everything_is_reached_by_keyboard_and_nothing_holds_it(browser: Browser, desk: Desk) -> None:
    with a_visitor(browser, desk.url) as visitor:
        page, press = visitor.page, visitor.page.keyboard.press
        page.goto(f"{desk.url}/console")
        page.get_by_label("Admin or viewer key").focus()
        page.keyboard.type(VIEWER_KEY)
        press("Enter")
        expect(page.get_by_role("heading", name="Live", level=1)).to_be_focused()
        page.reload()
        page.get_by_role("heading", name="Live", level=1).wait_for()
        press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        press("Enter")
        expect(page.get_by_role("heading", name="Live", level=1)).to_be_focused()
        page.get_by_role("link", name="Keys", exact=True).focus()
        press("Enter")
        expect(page.get_by_role("heading", name="Keys", level=1)).to_be_focused()
        visitor.open("configuration")
        page.get_by_label("The configuration, as YAML").focus()
        press("Tab")
        expect(page.get_by_label("The configuration, as YAML")).not_to_be_focused()


def test_a_dialog_ends_with_escape_and_gives_the_focus_back(regular: Visitor) -> None:
    page = regular.open("keys").page
    opener = page.get_by_role("button", name="Make a key")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Organisation")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_colours_are_the_systems_or_those_that_were_chosen(browser: Browser, desk: Desk) -> None:
    with a_visitor(browser, desk.url, color_scheme="dark") as visitor:
        page = visitor.sign_in().page

        def paper() -> str:
            return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

        dark = paper()
        page.get_by_label("Colours").select_option("light")
        light = paper()
        assert light != dark
        page.reload()
        page.get_by_role("heading", name="Live", level=1).wait_for()
        assert paper() == light
        page.get_by_label("Colours").select_option("system")
        assert paper() == dark


PICTURES = Path(__file__).parents[2] / "docs" / "images"
PICTURED = ("live", "spend", "quality", "portfolio", "playground", "configuration")


@pytest.mark.screenshots
@pytest.mark.parametrize("view", PICTURED)
def test_a_picture_of_a_view(regular: Visitor, desk: Desk, view: str) -> None:
    page = regular.open(view).page
    if view == "live":
        for _ in range(12):  # a rate takes two looks, and a curve takes some more
            desk.ask(20)
            page.wait_for_timeout(1_000)
    if view == "playground":
        page.get_by_label("Prompt").fill("Which of our suppliers may raise prices without asking us?")
        page.get_by_role("button", name="Estimate", exact=True).click()
        page.get_by_role("region", name="Candidates").wait_for()
    if view == "configuration":
        text = page.get_by_label("The configuration, as YAML")
        text.fill(text.input_value().replace("quality: 0.9\n", "quality: 0.95\n"))
        page.get_by_role("button", name="Check").click()
        page.get_by_label("What changes in the file").scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / f"console-{view}.png")
