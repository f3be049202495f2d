import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from routergate.domain.errors import StatementUnusable
from routergate.domain.money import nanos
from routergate.reporting.statements import Entry, by_model, read, without_date

FIRST = date(2026, 10, 1)
AT = 1_790_812_800
"""2026-10-01, midnight UTC."""


def openai(*results: dict[str, Any]) -> str:
    bucket = {"object": "bucket", "start_time": AT, "end_time": AT + 86_400, "results": list(results)}
    return json.dumps({"object": "page", "data": [bucket], "has_more": False, "next_page": None})


def anthropic(*results: dict[str, Any]) -> str:
    bucket = {
        "starting_at": "2026-10-01T00:00:00Z",
        "ending_at": "2026-10-02T00:00:00Z",
        "results": list(results),
    }
    return json.dumps({"data": [bucket], "has_more": False, "next_page": None})


def test_openais_usage_has_cached_tokens_in_its_input() -> None:
    usage = {
        "object": "organization.usage.completions.result",
        "input_tokens": 1_000,
        "input_cached_tokens": 800,
        "input_audio_tokens": 5,
        "output_tokens": 500,
        "num_model_requests": 5,
        "model": "gpt-4o-2024-08-06",
    }
    assert read("f", openai(usage), {}) == [
        Entry(day=FIRST, model="gpt-4o-2024-08-06", requests=5, input_tokens=1_005, output_tokens=500)
    ]


def test_openais_costs_are_by_line_item() -> None:
    def cost(value: float, item: str | None) -> dict[str, Any]:
        return {"amount": {"value": value, "currency": "usd"}, "line_item": item, "project_id": None}

    text = openai(cost(0.06, "gpt-4o, input"), cost(0.1, "gpt-4o, output"), cost(0.3, None))
    found = by_model(read("f", text, {}), str)
    assert {key: one.cost for key, one in found.items()} == {
        (FIRST, "gpt-4o"): 160_000_000,
        (FIRST, None): 300_000_000,
    }


def test_anthropics_usage_has_every_kind_of_input_apart() -> None:
    usage = {
        "uncached_input_tokens": 10,
        "cache_read_input_tokens": 20,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 40},
        "output_tokens": 5,
        "model": "claude-sonnet-4-20250514",
    }
    [entry] = read("f", anthropic(usage), {})
    assert [entry.input_tokens, entry.output_tokens, entry.requests] == [100, 5, None]


def test_anthropics_costs_are_in_cents() -> None:
    cost = {"amount": "123.45", "currency": "USD", "model": None, "cost_type": "web_search"}
    [entry] = read("f", anthropic(cost), {})
    assert (entry.model, entry.cost) == ("web_search", nanos(Decimal("1.2345")))


def test_several_pages_may_stand_in_a_list() -> None:
    page = json.loads(openai({"input_tokens": 1, "model": "m"}))
    assert len(read("f", json.dumps([page, page]), {})) == 2


def test_a_csv_is_read_by_the_names_of_its_columns() -> None:
    text = 'Date,SKU,Tokens in,Price\n2026-10-01T00:00:00Z,m,"1,000",$0.25\n2026-10-01,,,\n'
    columns = {"day": "Date", "model": "SKU", "input": "Tokens in", "cost": "Price"}
    assert read("f.csv", "\ufeff" + text, columns) == [
        Entry(day=FIRST, model="m", input_tokens=1_000, cost=nanos(Decimal("0.25"))),
        Entry(day=FIRST),
    ]


BROKEN = '{\n  "data": [\n}'


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        (BROKEN, {}, "bill:3: not JSON (Expecting value). Export the file again."),
        ('{"rows": []}', {}, "bill: page 1 has no list 'data'. Give OpenAI's usage or costs"),
        ("[[]]", {}, "bill: page 1 has no list 'data'"),
        (
            '{"data": [{"results": []}]}',
            {},
            "bill: page 1, data[0] is not what these APIs give (no 'starting_at')",
        ),
        ('{"data": [7]}', {}, "bill: page 1, data[0] is not what these APIs give"),
        (
            openai({"input_tokens": -1}),
            {},
            "bill: page 1, data[0] is not what these APIs give (-1 is no count)",
        ),
        (
            openai({"amount": {"value": 1, "currency": "eur"}, "line_item": None}),
            {},
            "bill: page 1, data[0] is not what these APIs give (amounts in eur, not in USD)",
        ),
        ("Date,In\n", {}, "bill:1: which columns have what? It has Date, In. Name them, such as --columns"),
        ("Date,In\n", {"day": "Day"}, "bill:1: has no column 'Day'; it has Date, In. Name another one."),
        ("", {"day": "Day"}, "bill:1: has no column 'Day'; it has nothing."),
        ("D,C\n2026-10-01,1\n2026-13-01,1\n", {"day": "D"}, "bill:3: month must be in 1..12"),
        ("D,C\n2026-10-01,dear\n", {"day": "D", "cost": "C"}, "bill:2: not a number. Put the line right"),
        ("D,C\n2026-10-01,x\n", {"day": "D", "input": "C"}, "bill:2: invalid literal for int()"),
    ],
)
def test_a_file_that_is_not_understood_is_told_of_with_its_place(
    text: str, columns: dict[str, str], said: str
) -> None:
    with pytest.raises(StatementUnusable) as caught:
        read("bill", text, columns)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("model", "ours"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("claude-x-20250514", "claude-x"),
        ("dated-2024-08-06", "dated-2024-08-06"),
        ("other-2024-08-06", "other-2024-08-06"),
    ],
)
def test_a_snapshot_is_the_model_that_is_known(model: str, ours: str) -> None:
    assert without_date(model, ["gpt-4o", "claude-x", "dated", "dated-2024-08-06"]) == ours
