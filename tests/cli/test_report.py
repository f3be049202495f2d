import csv
import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from routergate.cli import main
from routergate.store.client import Store
from routergate.store.embedded import EmbeddedServer
from support.books import shelved
from support.configs import ENV, SMALL
from support.events import an_attribution, an_event
from support.exports import settle

PERIOD = ("--since", "2023-11-01", "--until", "2023-11-30")


@pytest.fixture
def environment(redis_server: EmbeddedServer, tmp_path: Path) -> dict[str, str]:
    happened = [
        an_event(id=f"e{n}", attribution=an_attribution(feature=name)) for n, name in enumerate("aab")
    ]
    shelved(tmp_path / "ledger", happened)
    ours = {"ROUTERGATE_REDIS_URL": redis_server.url, "ROUTERGATE_DATA_DIR": str(tmp_path)}
    return {**os.environ, **ours}


def told(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """The command's exit code, and what it printed."""
    found = CliRunner().invoke(main, ["report", *arguments], env=environment)
    return found.exit_code, found.stdout, found.stderr


async def ran(environment: dict[str, str], *arguments: str) -> str:
    """What it printed as a process of its own, which the store needs."""
    command = [sys.executable, "-m", "routergate.cli", "report", *arguments]
    process = await create_subprocess_exec(*command, env=environment, stdout=PIPE)
    return (await process.communicate())[0].decode()


async def test_usage_is_read_from_the_store(store: Store, environment: dict[str, str]) -> None:
    await settle(store, [an_event()])
    out = await ran(environment, "usage", "--json", *PERIOD)
    assert [one["requests"] for one in json.loads(out)["rows"]] == [1]


def test_usage_is_read_from_files_where_the_store_cannot_tell(environment: dict[str, str]) -> None:
    _, out, _ = told(environment, "usage", "--by", "task", "--where", "feature=a", "--json", *PERIOD)
    [found] = json.loads(out)["rows"]
    assert (found["task"], found["requests"], found["cost_usd"]) == ("chat", 2, "0.004000000")


def test_a_report_can_be_had_in_any_format(environment: dict[str, str], tmp_path: Path) -> None:
    asked = ("usage", "--by", "feature,task", *PERIOD)
    _, out, _ = told(environment, *asked, "--format", "csv")
    assert [(one["feature"], one["requests"]) for one in csv.DictReader(StringIO(out))] == [
        ("a", "2"),
        ("b", "1"),
    ]

    for form in ("html", "parquet"):
        assert told(environment, *asked, "--format", form, "--out", str(tmp_path / form)) == (0, "", "")
    assert "<h1>Usage</h1>" in (tmp_path / "html").read_text()
    assert pq.read_table(tmp_path / "parquet")["requests"].to_pylist() == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--by", "colour"), "'colour' is no dimension; there are day,"),
        (("--where", "search"), "write it as in feature=search."),
        (
            ("--since", "2026-02-01", "--until", "2026-01-01"),
            "--since 2026-02-01 is after --until 2026-01-01.",
        ),
        (("--by", "task", "--engine", "oracle"), "No engine is called 'oracle'."),
        (("--by", "task", "--format", "parquet", *PERIOD), "say where to with --out FILE."),
        (("--by", "task", "--out", "x", *PERIOD), "--out takes --format csv, json, parquet or html."),
    ],
)
def test_what_cannot_be_answered_says_how_to_ask(
    environment: dict[str, str], arguments: tuple[str, ...], why: str
) -> None:
    code, out, err = told(environment, "usage", *arguments)
    assert (code, out) == (2, "")
    assert why in err


def test_a_period_without_rows_says_so(environment: dict[str, str]) -> None:
    _, out, _ = told(environment, "usage", "--by", "task", "--since", "2020-01-01", "--until", "2020-01-02")
    assert "has no rows for this from 2020-01-01 to 2020-01-02." in out
    assert "`routergate ledger run`" in out


REPORTS = ("savings", "overspend", "pnl", "reasoning", "price-impact", "forecast", "anomalies", "chargeback")


def test_every_report_is_a_command(environment: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "routergate.yaml"
    config.write_text(SMALL + "revenue: [{feature: a, usd: 1, per: request}]\n")
    ours = {**environment, **ENV, "ROUTERGATE_CONFIG": str(config)}
    for name in REPORTS:
        code, out, err = told(ours, name, "--json", *PERIOD)
        assert (code, err) == (0, ""), name
        assert set(json.loads(out)) >= {"title", "columns", "rows", "notes"}
    assert json.loads((told(ours, "pnl", "--json", *PERIOD))[1])["total"]["revenue_usd"] == "2.000000000"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("reasoning", "--verdicts", "1,2"), "--verdicts takes 5 numbers"),
        (("chargeback", "--by", ""), "--by takes what is charged"),
        (("chargeback", "--method", "weights"), "--weight belongs to --method weights"),
        (("chargeback", "--method", "weights", "--weight", "legal"), "write it as in legal=3"),
        (("price-impact", "--model", "gpt-4o-minni"), "did you mean 'gpt-4o-mini'?"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    environment: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    (tmp_path / "routergate.yaml").write_text(SMALL)
    ours = {**environment, **ENV, "ROUTERGATE_CONFIG": str(tmp_path / "routergate.yaml")}
    code, _, err = told(ours, *arguments)
    assert code == 2
    assert why in err
