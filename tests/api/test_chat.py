import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from routergate.api.chat import _event_with_cost, with_cost
from routergate.domain.money import Nanos

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=5)
AMOUNTS = st.none() | st.integers(0, 10**15)
SPACING = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", "\r :  ")])

members = msgspec.json.Decoder(dict[str, Raw]).decode


def values(body: bytes | Raw) -> list[tuple[str, bytes]]:
    """Names and values in their order, the values as bytes."""
    return [(name, bytes(value)) for name, value in members(body).items()]


@settings(deadline=None)
@given(OBJECTS, OBJECTS, AMOUNTS, AMOUNTS, SPACING, st.booleans())
def test_nothing_but_the_cost_is_added(
    whole: dict[str, Any],
    usage: dict[str, Any],
    cost: Nanos | None,
    baseline: Nanos | None,
    spacing: tuple[str, str],
    ascii: bool,  # noqa: A002 - json's own name
) -> None:
    usage = {**usage, "cost": "theirs"} if len(usage) % 2 else usage
    body = json.dumps({**whole, "usage": usage}, separators=spacing, ensure_ascii=ascii).encode()
    before, after = members(body), members(with_cost(body, cost, baseline))
    others = [name for name in before if name != "usage"]
    assert list(after) == list(before)
    assert [bytes(after[name]) for name in others] == [bytes(before[name]) for name in others]
    added = {"cost", "cost_details"}
    kept = [pair for pair in values(after["usage"]) if pair[0] not in added]
    assert kept == [pair for pair in values(before["usage"]) if pair[0] not in added]


@pytest.mark.parametrize("body", [b"{}", b'{"usage":null}', b'{ "a" : 1.0 , "usage" : null }'])
def test_an_answer_without_usage_stays_as_it_is(body: bytes) -> None:
    assert with_cost(body, Nanos(1), Nanos(2)) is body


@settings(deadline=None)
@given(st.integers(0, 10**18))
def test_a_cost_is_exact_decimal_dollars(cost: int) -> None:
    usage = json.loads(with_cost(b'{"usage":{}}', Nanos(cost), None), parse_float=Decimal)["usage"]
    assert usage["cost"] * 10**9 == cost
    assert usage["cost_details"] == {"upstream_inference_cost": usage["cost"], "baseline_cost": None}


def test_an_unknown_cost_is_null_and_not_nought() -> None:
    usage = json.loads(with_cost(b'{"usage":{"total_tokens":3}}', None, Nanos(0)))["usage"]
    assert usage["cost"] is None
    assert usage["cost_details"] == {"upstream_inference_cost": None, "baseline_cost": 0.0}


@pytest.mark.parametrize(
    ("event", "others"),
    [
        (b'data: {"usage":{}}\n\n', b""),
        (b'data:{"usage":{}}\r\n\r\n', b""),
        (b': keep-alive\ndata: {"usage":{}}\n\n', b": keep-alive\n"),
        (b'event: usage\r\ndata: {"usage":\r\ndata: {}}\r\nid: 7\r\n\r\n', b"event: usage\nid: 7\n"),
    ],
)
def test_the_other_lines_of_an_event_are_kept(event: bytes, others: bytes) -> None:
    details = b'{"upstream_inference_cost":0.5,"baseline_cost":null}'
    data = b'data: {"usage":{"cost":0.5,"cost_details":%b}}\n\n' % details
    assert _event_with_cost(event, Nanos(500_000_000), None) == others + data
