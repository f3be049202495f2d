from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from routergate.api.caller import attribution, key_of, read_call, wishes
from routergate.api.wire import Metadata, WireChat, WireMessage
from routergate.domain.errors import Forbidden, InvalidRequest
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.money import nanos

ANYONE = Identity(key="k", organisation="acme")
PINNED = Identity(key="k", organisation="acme", customer="globex", feature="search")


def account(
    headers: Mapping[str, str] | None = None, identity: Identity = ANYONE, **said: Any
) -> Attribution:
    """On whose account a request goes that says `said`; `user` is a parameter, the rest is metadata."""
    user, metadata = said.pop("user", None), Metadata(**said) if said else None
    chat = WireChat(model="auto", messages=[WireMessage(role="user")], user=user, metadata=metadata)
    return attribution(identity, headers or {}, chat)


@pytest.mark.parametrize(
    ("headers", "said", "field", "value"),
    [
        ({}, {}, "customer", None),
        ({}, {"user": "u"}, "customer", "u"),
        ({}, {"customer": "m", "user": "u"}, "customer", "m"),
        ({"x-litellm-end-user-id": "l"}, {"customer": "m"}, "customer", "l"),
        ({"x-routergate-customer": "h", "x-litellm-end-user-id": "l"}, {}, "customer", "h"),
        ({"x-routergate-customer": ""}, {"customer": "m"}, "customer", "m"),
        ({}, {"feature": "m"}, "feature", "m"),
        ({"x-routergate-feature": "h"}, {"feature": "m"}, "feature", "h"),
        ({}, {"session": "m"}, "session", "m"),
        ({"x-routergate-session": "h"}, {"session": "m"}, "session", "h"),
        ({}, {}, "tags", ()),
        ({}, {"tags": ["a", "", "b"]}, "tags", ("a", "b")),
        ({}, {"tags": "a, b"}, "tags", ("a", "b")),
        ({"x-litellm-tags": "c"}, {"tags": ["a"]}, "tags", ("c",)),
        ({"x-routergate-tags": " a , b,, c d ", "x-litellm-tags": "x"}, {}, "tags", ("a", "b", "c d")),
        ({"x-routergate-feature": "Übersetzung 翻訳"}, {}, "feature", "Übersetzung 翻訳"),
    ],
)
def test_headers_come_before_metadata_and_that_before_the_user(
    headers: dict[str, str], said: dict[str, Any], field: str, value: Any
) -> None:
    assert getattr(account(headers, **said), field) == value


@pytest.mark.parametrize(
    ("headers", "said"),
    [({}, {}), ({"x-routergate-customer": "globex"}, {"feature": "search"}), ({}, {"customer": ""})],
)
def test_a_pinned_key_brings_its_values_along(headers: dict[str, str], said: dict[str, Any]) -> None:
    charged = account(headers, PINNED, **said)
    assert (charged.customer, charged.feature) == ("globex", "search")


def test_a_pinned_customer_is_charged_whoever_the_end_user_is() -> None:
    assert account(identity=PINNED, user="somebody").customer == "globex"


@pytest.mark.parametrize(
    ("headers", "said", "param"),
    [
        ({"x-routergate-customer": "initech"}, {}, "customer"),
        ({"x-litellm-end-user-id": "initech"}, {}, "customer"),
        ({}, {"customer": "initech"}, "customer"),
        ({"x-routergate-feature": "chat"}, {}, "feature"),
        ({}, {"feature": "chat"}, "feature"),
    ],
)
def test_a_pinned_key_refuses_to_name_another_one(
    headers: dict[str, str], said: dict[str, Any], param: str
) -> None:
    with pytest.raises(Forbidden) as caught:
        account(headers, PINNED, **said)
    assert caught.value.param == param
    assert "globex" not in str(caught.value)
    assert "search" not in str(caught.value)


@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "\x1b[31m", "\x7f", "a\u2028b", "\udcff", "x" * 257])
@pytest.mark.parametrize(
    ("header", "param"),
    [
        ("x-routergate-customer", "customer"),
        ("x-litellm-end-user-id", "customer"),
        ("x-routergate-feature", "feature"),
        ("x-routergate-session", "session"),
        ("x-routergate-tags", "tags"),
    ],
)
def test_a_label_that_cannot_be_shown_in_one_line_is_refused(header: str, param: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match="256 printable") as caught:
        account({header: value})
    assert caught.value.param == param


@pytest.mark.parametrize("said", [{"user": "a\tb"}, {"customer": "a\tb"}, {"tags": ["a\tb"]}])
def test_labels_in_the_body_are_held_to_the_same(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="256 printable"):
        account(**said)


def test_there_is_an_end_to_tags() -> None:
    assert len(account({"x-routergate-tags": "t," * 31 + "t"}).tags) == 32
    with pytest.raises(InvalidRequest, match="at most 32 tags") as caught:
        account({"x-routergate-tags": "t," * 32 + "t"})
    assert caught.value.param == "tags"


def test_nothing_is_asked_of_the_router_unless_said() -> None:
    assert wishes({}) == Wishes()


@pytest.mark.parametrize("text", ["low", "normal", "high", "HIGH"])
def test_a_priority_is_taken(text: str) -> None:
    assert wishes({"x-routergate-priority": text}).priority == text.lower()


def test_a_priority_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="takes one of low, normal, high") as caught:
        wishes({"x-routergate-priority": "urgent"})
    assert caught.value.param == "x-routergate-priority"


@pytest.mark.parametrize("text", ["0", "0.95", "1", "1e-2"])
def test_a_quality_between_nought_and_one_is_taken(text: str) -> None:
    assert wishes({"x-routergate-quality": text}).quality == float(text)


@pytest.mark.parametrize("text", ["0", "0.000000001", "0.05", "1000000"])
def test_a_limit_on_cost_is_exact(text: str) -> None:
    assert wishes({"x-routergate-max-cost-usd": text}).max_cost == nanos(Decimal(text))


@pytest.mark.parametrize("text", ["", "high", "-0.1", "1.1", "NaN", "inf", "1e999999999", "0x1", "0,9"])
def test_a_quality_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="x-routergate-quality is a number") as caught:
        wishes({"x-routergate-quality": text})
    assert caught.value.param == "x-routergate-quality"


@pytest.mark.parametrize("text", ["", "$5", "-1", "NaN", "sNaN", "Infinity", "1e999999999", "1000001"])
def test_a_limit_on_cost_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="x-routergate-max-cost-usd") as caught:
        wishes({"x-routergate-max-cost-usd": text})
    assert caught.value.param == "x-routergate-max-cost-usd"


@pytest.mark.parametrize(("text", "route"), [("on", True), ("off", False), ("OFF", False)])
def test_routing_can_be_switched_off(text: str, *, route: bool) -> None:
    assert wishes({"x-routergate-route": text}).route is route


@pytest.mark.parametrize("text", ["", "no", "0", "false"])
def test_routing_is_on_or_off(text: str) -> None:
    with pytest.raises(InvalidRequest, match="'on' or 'off'"):
        wishes({"x-routergate-route": text})


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer rg-1", "rg-1"),
        ("bearer  rg-1 ", "rg-1"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic cmct", None),
        ("rg-1", None),
        ("", None),
    ],
)
def test_a_key_is_the_bearers(header: str, token: str | None) -> None:
    assert key_of({"authorization": header}) == token


def test_a_call_is_body_and_headers_together() -> None:
    body = b'{"model": "auto", "messages": [{"role": "user", "content": "x"}], "metadata": {"session": "s"}}'
    call = read_call(ANYONE, {"x-routergate-quality": "0.5"}, body)
    assert (call.request.model, call.attribution.session, call.wishes.quality) == ("auto", "s", 0.5)
