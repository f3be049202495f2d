"""A provider's account and the FOCUS export, from the command line."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from support.books import shelved
from support.events import MINI, an_attribution, an_event

CONFIG = """\
providers:
  acme-ai: {kind: openai, base_url: "http://acme/v1"}
models:
  mini:
    provider: acme-ai
    name: mini-1
    class: economy
    context_tokens: 1000
    prices: [{from: 2020-01-01, input: 10, output: 50}]
plans:
  plus: {cost_plus: {markup: 0.5}}
customers:
  globex: {organisation: acme, plans: [{plan: plus, from: 2023-01-01}]}
"""
PERIOD = ("--since", "2023-11-01", "--until", "2023-11-30")
AT = 1_699_920_000
"""2023-11-14."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "routergate.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    whose = an_attribution(customer="globex")
    shelved(tmp_path / "ledger", [an_event(id=f"e{n}", card=MINI, attribution=whose) for n in range(10)])
    return {"ROUTERGATE_DATA_DIR": str(tmp_path), "ROUTERGATE_CONFIG": str(path)}


def ran(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment)


def usage(tmp_path: Path, **changes: Any) -> str:
    result = {
        "input_tokens": 1_000,
        "output_tokens": 200,
        "num_model_requests": 10,
        "model": "mini-1-2023-10-01",
    }
    page = {"data": [{"start_time": AT, "results": [{**result, **changes}]}]}
    file = tmp_path / "usage.json"
    file.write_text(json.dumps(page), encoding="utf-8")
    return str(file)


def test_an_account_that_matches_ends_well(environment: dict[str, str], tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text("Date,Model,Paid\n2023-11-14,mini-1,0.02\n", encoding="utf-8")
    columns = ("--columns", "day=Date,model=Model,cost=Paid")
    result = ran(
        environment, "reconcile", "--provider", "acme-ai", usage(tmp_path), str(bill), *columns, "--json"
    )

    [row] = json.loads(result.stdout)["rows"]
    assert (row["model"], row["verdict"]) == ("mini-1", "matched")
    assert (row["ledger_cost_usd"], row["provider_cost_usd"]) == ("0.020000000", "0.020000000")
    assert result.exit_code == 0


def test_an_account_that_does_not_match_ends_with_1(environment: dict[str, str], tmp_path: Path) -> None:
    result = ran(environment, "reconcile", "--provider", "acme-ai", usage(tmp_path, output_tokens=300))
    assert "usage differs" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--provider", "openai"), "No provider is called 'openai'; there are acme-ai."),
        (("--provider", "acme-ai", "--columns", "tag=Date"), "--columns: 'tag' is none of day, model"),
    ],
)
def test_what_cannot_be_compared_is_told_of(
    environment: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = ran(environment, "reconcile", *arguments, usage(tmp_path))
    assert refused.exit_code == 2
    assert said in refused.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "bill:1: not JSON"), (b"\xff", "bill: not UTF-8 text"), (b'{"data": []}', "have no entries")],
)
def test_a_file_that_is_not_understood_is_told_of(
    environment: dict[str, str], tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "bill").write_bytes(content)
    refused = ran(environment, "reconcile", "--provider", "acme-ai", str(tmp_path / "bill"))
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_file_that_is_not_there_is_told_of(environment: dict[str, str]) -> None:
    refused = ran(environment, "reconcile", "--provider", "acme-ai", "nothing.json")
    assert "nothing.json: cannot be read (No such file or directory). Name another file." in refused.stderr


def test_focus_is_written_checked_and_adds_up(environment: dict[str, str], tmp_path: Path) -> None:
    printed = ran(environment, "report", "focus", *PERIOD)
    rows = list(csv.DictReader(StringIO(printed.stdout)))
    assert [(row["SkuMeter"], row["BilledCost"], row["ListUnitPrice"]) for row in rows] == [
        ("Input Tokens", "0.010000000", "10.0"),
        ("Output Tokens", "0.010000000", "50.0"),
    ]
    for form in ("csv", "parquet"):
        out = tmp_path / f"focus.{form}"
        assert (
            ran(environment, "report", "focus", *PERIOD, "--format", form, "--out", str(out)).exit_code == 0
        )
        assert out.stat().st_size > 0
    checked = ran(environment, "report", "focus", *PERIOD, "--check")
    assert (checked.exit_code, checked.stderr) == (0, "Rows: 2. No rule is broken.\n")
    assert ran(environment, "report", "focus", *PERIOD, "--format", "parquet").exit_code == 2


def test_margins_are_a_report(environment: dict[str, str]) -> None:
    result = ran(environment, "report", "margins", "--month", "2023-11", "--json")
    [row] = json.loads(result.stdout)["rows"]
    assert (row["customer"], row["price_usd"], row["margin_usd"]) == ("globex", "0.030000000", "0.010000000")
