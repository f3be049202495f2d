"""Invoices, from the command line to the documents."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.store.client import Store
from routergate.store.embedded import EmbeddedServer
from support.events import an_attribution, an_event
from support.exports import settle

CONFIG = """\
providers:
  acme-ai: {kind: openai, base_url: "http://acme/v1"}
models:
  mini:
    provider: acme-ai
    class: economy
    context_tokens: 1000
    prices: [{from: 2020-01-01, input: PRICE, output: 10}]
plans:
  plus: {cost_plus: {markup: 0.5}}
customers:
  globex: {organisation: acme, name: Globex, detail: feature, plans: [{plan: plus, from: 2023-01-01}]}
organisations:
  acme: {issuer: {prefix: A-}}
"""
NOVEMBER = ("--customer", "globex", "--month", "2023-11")
GLOBEX = an_attribution(customer="globex")
HUNDRED = [an_event(id=f"e{n}", attribution=GLOBEX) for n in range(100)]
"""0.002 USD each, so 0.20 USD."""


@pytest.fixture
def environment(redis_server: EmbeddedServer, tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "routergate.yaml"
    path.write_text(CONFIG.replace("PRICE", "18"), encoding="utf-8")
    return {
        "ROUTERGATE_REDIS_URL": redis_server.url,
        "ROUTERGATE_DATA_DIR": str(tmp_path),
        "ROUTERGATE_CONFIG": str(path),
    }


async def ran(environment: dict[str, str], *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=environment)


async def invoiced(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    result = await ran(environment, "report", "invoice", *(arguments or NOVEMBER), "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


async def test_an_invoice_is_issued_once_and_stays_as_it_was(
    store: Store, environment: dict[str, str]
) -> None:
    await settle(store, HUNDRED)
    first = await invoiced(environment)

    assert (first["number"], first["kind"], first["due"], first["currency"]) == (
        "A-000001",
        "invoice",
        "0.30",
        "USD",
    )
    assert first["used"] == [{"of": None, "requests": 100, "input_tokens": 10_000, "output_tokens": 2_000}]
    assert await invoiced(environment) == first


async def test_a_corrected_price_becomes_a_credit_note(store: Store, environment: dict[str, str]) -> None:
    await settle(store, HUNDRED)
    await invoiced(environment)
    Path(environment["ROUTERGATE_CONFIG"]).write_text(CONFIG.replace("PRICE", "8"), encoding="utf-8")
    booked = await ran(environment, "prices", "correct", "--since", "2023-11-01", "--until", "2023-11-30")
    assert booked.exit_code == 0

    note = await invoiced(environment)
    assert (note["number"], note["kind"], note["refers_to"]) == ("A-000002", "credit_note", "A-000001")
    assert note["due"] == "-0.15"
    assert await invoiced(environment) == note
    assert (await invoiced(environment, *NOVEMBER, "--number", "A-000001"))["due"] == "0.30"


async def test_a_draft_has_no_number_and_takes_none(store: Store, environment: dict[str, str]) -> None:
    await settle(store, HUNDRED)
    await ran(environment, "ledger", "run", "--once")
    draft = await invoiced(environment, *NOVEMBER, "--draft")
    assert (draft["number"], draft["draft"], draft["due"]) == (None, True, "0.30")
    assert (await invoiced(environment))["number"] == "A-000001"


async def test_a_month_that_is_not_over_gives_a_draft(store: Store, environment: dict[str, str]) -> None:
    now = datetime.now(UTC)
    await settle(store, [an_event(attribution=GLOBEX, at=int(now.timestamp()) * 10**9)])
    await ran(environment, "ledger", "run", "--once")
    running = await invoiced(environment, "--customer", "globex", "--month", f"{now:%Y-%m}")
    assert (running["draft"], len(running["items"])) == (True, 1)


async def test_every_format_can_be_written_to_a_file(
    store: Store, environment: dict[str, str], tmp_path: Path
) -> None:
    await settle(store, HUNDRED)
    for form, start in (("json", b"{"), ("csv", b"kind,plan"), ("pdf", b"%PDF")):
        out = tmp_path / f"invoice.{form}"
        await ran(environment, "report", "invoice", *NOVEMBER, "--format", form, "--out", str(out))
        assert out.read_bytes().startswith(start)
    shown = await ran(environment, "report", "invoice", *NOVEMBER)
    assert "Invoice A-000001, Globex, 2023-11" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--customer", "globx", "--month", "2023-11"),
            "No customer 'globx' is declared; did you mean 'globex'?",
        ),
        (NOVEMBER, "There is nothing to charge 'globex' for 2023-11: the ledger at"),
        ((*NOVEMBER, "--number", "A-9"), "'acme' has no document A-9."),
    ],
)
async def test_what_cannot_be_invoiced_is_told_of(
    store: Store, environment: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    refused = await ran(environment, "report", "invoice", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
