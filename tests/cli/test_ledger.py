import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from routergate.ledger.consumer import export
from routergate.ledger.lease import lease
from routergate.ledger.names import usage_key
from routergate.ledger.shelf import Shelf
from routergate.store.client import Store
from routergate.store.embedded import EmbeddedServer
from support.events import an_event
from support.exports import on_shelf, same, settle
from support.ledgers import DAY, written

FIELD = '[null,null,null,"auto","mini","acme-ai","economy"]|cost_nanos'


@pytest.fixture
def environment(redis_server: EmbeddedServer, tmp_path: Path) -> dict[str, str]:
    ours = {"ROUTERGATE_REDIS_URL": redis_server.url, "ROUTERGATE_DATA_DIR": str(tmp_path)}
    return {**os.environ, **ours}


async def started(environment: dict[str, str], *arguments: str) -> Process:
    command = [sys.executable, "-m", "routergate.cli", "ledger", *arguments]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)


async def ran(environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    process = await started(environment, *arguments)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_what_was_moved_verifies_until_somebody_changes_a_counter(
    store: Store, environment: dict[str, str], tmp_path: Path
) -> None:
    happened = [an_event(id=f"e{n}") for n in range(3)]
    await settle(store, happened)
    days = ("--since", "2023-11-01", "--until", "2023-11-30")

    code, out, _ = await ran(environment, "run", "--once")
    assert (code, out) == (0, f"Events moved to {tmp_path}/ledger: 3\n")
    assert same(on_shelf(Shelf(str(tmp_path / "ledger"))), happened)
    code, out, _ = await ran(environment, "verify", *days)
    assert code == 0
    assert out == (
        "Organisations: 1, events: 3, differences: 0\n"
        "Counters of budgets: 0, differences: 0, not compared: 0; requests that run: 0\n"
    )

    await store.call("HINCRBY", usage_key("acme", "2023-11-14", "key-1"), FIELD, 1)
    code, out, _ = await ran(environment, "verify", *days)
    _, as_json, _ = await ran(environment, "verify", "--json", *days)
    assert code == 1
    assert "6,000,001" in out
    [difference] = json.loads(as_json)["differences"]
    assert (difference["events"], difference["counters"]) == (6_000_000, 6_000_001)


async def test_old_days_are_merged_and_dropped_and_verify_says_so(
    store: Store, environment: dict[str, str], tmp_path: Path
) -> None:
    at = an_event().at
    for n in range(4):
        await settle(store, [an_event(id=f"e{n}", at=at + n % 2 * DAY)])
        await export(store, Shelf(str(tmp_path / "ledger")), "acme")

    assert (await ran(environment, "compact"))[:2] == (0, "Files merged: 4, removed: 4\n")
    code, out, _ = await ran(environment, "compact", "--drop-before", "2023-11-15", "--json")
    assert (code, json.loads(out)) == (0, {"merged": 0, "removed": 1})
    code, out, _ = await ran(environment, "verify", "--since", "2023-11-01", "--until", "2023-11-30")
    assert (code, out.splitlines()[-1]) == (
        0,
        "acme: the rows of days before 2023-11-15 were dropped, and are not compared.",
    )
    code, _, err = await ran(environment, "compact", "--drop-before", "2999-01-01")
    assert code == 2
    assert "2999-01-01 is still to come" in err


async def test_days_that_the_configuration_keeps_no_longer_are_dropped(
    store: Store, environment: dict[str, str], tmp_path: Path
) -> None:
    await settle(store, [an_event()])
    config = tmp_path / "routergate.yaml"
    config.write_text("ledger: {retention_days: 30}")

    code, out, _ = await ran(environment, "run", "--once", "--config", str(config))
    assert (code, out) == (0, f"Events moved to {tmp_path}/ledger: 1\n")
    assert Shelf(str(tmp_path / "ledger")).rows() == []


async def test_one_that_runs_is_stopped_by_a_signal(
    store: Store, environment: dict[str, str], tmp_path: Path
) -> None:
    await settle(store, [an_event()])
    process = await started(environment, "run", "--every", "3600", "--dir", str(tmp_path / "own"))
    assert process.stderr is not None
    assert process.stdout is not None
    line = await process.stderr.readline()

    process.send_signal(signal.SIGTERM)
    out, err = await process.communicate()
    assert b"own: 1" in line
    assert (process.returncode, out, err) == (0, b"", b"")
    assert await written(store) == []
    assert len(on_shelf(Shelf(str(tmp_path / "own")))) == 1


async def test_a_second_one_says_who_is_at_work(store: Store, environment: dict[str, str]) -> None:
    await settle(store, [an_event()])
    async with lease(store, "acme"):
        code, out, err = await ran(environment, "run", "--once")

    assert (code, out) == (2, "")
    assert f"process {os.getpid()} on" in err


async def test_a_gateway_does_not_pay_for_the_files(environment: dict[str, str]) -> None:
    looked = "import sys, routergate.worker, routergate.cli; print('pyarrow' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", looked, env=environment, stdout=PIPE)

    out, _ = await process.communicate()
    assert out == b"False\n"
