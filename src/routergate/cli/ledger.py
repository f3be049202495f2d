"""Commands about the ledger's files."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import (
    AS_JSON,
    CONFIG,
    DAY,
    DIFFERS,
    settings,
    shelf_at,
    show,
    start_log,
    today,
    with_store,
)
from routergate.cli.progress import along, busy
from routergate.config.settings import environment, read_settings
from routergate.domain.errors import RouterGateError

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.ledger.compaction import Compacted
    from routergate.ledger.shelf import Shelf
    from routergate.ledger.verify import Verification
    from routergate.store.client import Store

log = logging.getLogger(__name__)
DIRECTORY = click.option(
    "--dir",
    "directory",
    help="Where the files are: a directory, or a URI such as s3://bucket/ledger. "
    "[default: ledger in ROUTERGATE_DATA_DIR]",
)


@click.group()
def ledger() -> None:
    """Usage events as Parquet files: moved from the store, and added up again.

    \b
    Examples:
      routergate ledger run
      routergate ledger verify
    """


@ledger.command("run")
@click.option("--once", is_flag=True, help="Move what is there, and end.")
@click.option("--every", default=60.0, show_default=True, type=click.FloatRange(min=1), help="Seconds.")
@DIRECTORY
@CONFIG
@AS_JSON
def run_ledger(once: bool, every: float, directory: str | None, config: Path | None, as_json: bool) -> None:
    """Move usage events from the store to Parquet files, each exactly once, until stopped.

    It may be killed at any moment and run again. docs/ledger.md has the columns. Days that are older than
    `ledger.retention_days` in the configuration are dropped.

    \b
    Examples:
      routergate ledger run --every 60
      routergate ledger run --once
    """
    from routergate.config.load import retention_days

    start_log(read_settings())
    shelf, days = shelf_at(directory), retention_days(settings(config).config, environment())
    if once:
        moved = with_store(lambda store: _once(store, shelf, days))
        told = f"Events moved to {shelf.place}: {moved}"
        click.echo(json.dumps({"moved": moved, "ledger": shelf.place}) if as_json else told)
        return
    with_store(lambda store: _until_stopped(lambda: _passes(store, shelf, every, days)))


@ledger.command("compact")
@click.option("--before", type=DAY, help="Merge the files of days before this one (UTC). [default: today]")
@click.option("--drop-before", type=DAY, help="Delete the rows of all days before this one (UTC).")
@DIRECTORY
@AS_JSON
def compact_ledger(
    before: datetime | None, drop_before: datetime | None, directory: str | None, as_json: bool
) -> None:
    """Make one file of a day's many; and, if asked to, keep old days no longer.

    It may be killed at any moment and run again. Totals keep what dropped days came to.

    \b
    Examples:
      routergate ledger compact
      routergate ledger compact --drop-before 2026-01-01
    """
    for day in (before, drop_before):
        if day and day.date() > today():
            raise click.UsageError(f"{day.date()} is still to come; give {today()} or an earlier day.")
    shelf, limit = shelf_at(directory), (before.date() if before else today()).isoformat()
    dropped = drop_before.date().isoformat() if drop_before else None
    found = with_store(lambda store: _compacted(store, shelf, limit, dropped))
    if as_json:
        click.echo(json.dumps({"merged": found.merged, "removed": found.removed}))
    else:
        click.echo(f"Files merged: {found.merged:,}, removed: {found.removed:,}")


@ledger.command("verify")
@click.option("--since", type=DAY, help="First day (UTC). [default: a year ago]")
@click.option("--until", type=DAY, help="Last day (UTC). [default: today]")
@DIRECTORY
@AS_JSON
def verify_ledger(
    since: datetime | None, until: datetime | None, directory: str | None, as_json: bool
) -> None:
    """Add up all events again and compare with the counters, to the token and the nano-dollar.

    Exit code 1 if anything differs. Gateways may run meanwhile.

    \b
    Examples:
      routergate ledger verify
      routergate ledger verify --since 2026-10-01 --until 2026-10-31 --json
    """
    from routergate.ledger.verify import verify

    shelf = shelf_at(directory)
    last = until.date() if until else today()
    first = since.date() if since else last - timedelta(days=366)
    with busy("Adding up all events"):
        found = with_store(lambda store: verify(store, shelf, first, last))
    if as_json:
        click.echo(json.dumps(_plain(found), indent=2))
    else:
        _tell(found)
    sys.exit(0 if found.right else DIFFERS)


async def _pass(store: "Store", shelf: "Shelf") -> int:
    from routergate.ledger.consumer import export, organisations

    return sum([await export(store, shelf, name) for name in await organisations(store)])


async def _once(store: "Store", shelf: "Shelf", days: int | None) -> int:
    moved = await _pass(store, shelf)
    await _forget(store, shelf, days)
    return moved


async def _forget(store: "Store", shelf: "Shelf", days: int | None) -> None:
    """Drop the days that the configuration keeps no longer."""
    if days is not None:
        first = (today() - timedelta(days=days)).isoformat()
        found = await _compacted(store, shelf, None, first)
        log.info("Files of days before %s that were dropped: %s", first, found.removed)


async def _compacted(store: "Store", shelf: "Shelf", before: str | None, dropped: str | None) -> "Compacted":
    from routergate.ledger.compaction import Compacted, compact, drop_before
    from routergate.ledger.consumer import organisations

    found = Compacted()
    for name in along(await organisations(store), "Organisations"):
        if dropped is not None:
            found += await drop_before(store, shelf, name, dropped)
        if before is not None:
            found += await compact(store, shelf, name, before=before)
    return found


async def _passes(store: "Store", shelf: "Shelf", every: float, days: int | None) -> None:
    """Again and again; what fails is tried again, for events wait in the store meanwhile."""
    looked = None
    while True:
        try:
            if moved := await _pass(store, shelf):
                log.info("Events moved to %s: %s", shelf.place, moved)
            if looked != today():
                await _forget(store, shelf, days)
                looked = today()
        except RouterGateError as error:
            log.error("%s Next try in %g s.", error, every)
        await asyncio.sleep(every)


async def _until_stopped(work: Callable[[], Awaitable[None]]) -> None:
    """SIGTERM and Ctrl-C end the step at hand, and then `work`."""
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def _plain(found: "Verification") -> dict[str, object]:
    return {
        "ok": found.right,
        "organisations": found.organisations,
        "events": found.events,
        "differences": [difference.plain() for difference in found.differences],
        "budgets": {
            "compared": found.spending.compared,
            "not_whole": found.spending.not_whole,
            "differences": [difference.plain() for difference in found.spending.differences],
        },
        "holds": found.holds,
        "kept_from": dict(found.dropped),
    }


def _tell(found: "Verification") -> None:
    if found.differences:
        show(_table(found))
    for one in found.spending.differences:
        click.echo(
            f"{one.organisation}, counter {one.counter}: events {one.events:,}, counter {one.counters:,}, "
            f"difference {one.counters - one.events:,}"
        )
    counts = found.organisations, found.events, len(found.differences)
    click.echo("Organisations: {:,}, events: {:,}, differences: {:,}".format(*counts))
    spending = found.spending
    click.echo(
        f"Counters of budgets: {spending.compared:,}, differences: {len(spending.differences):,}, "
        f"not compared: {spending.not_whole:,}; requests that run: {found.holds:,}"
    )
    for organisation, day in found.dropped:
        click.echo(f"{organisation}: the rows of days before {day} were dropped, and are not compared.")


def _table(found: "Verification") -> "Table":
    from rich.table import Table

    table = Table("day", "organisation", "key", "cell", "measure")
    for name in ("events", "counters", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for difference in found.differences:
        cell = difference.cell
        parts = (cell.team, cell.customer, cell.feature, cell.route, cell.model, cell.provider)
        numbers = (difference.events, difference.counters, difference.counters - difference.events)
        table.add_row(
            cell.day.isoformat(),
            cell.organisation,
            cell.key,
            "/".join(part or "-" for part in parts),
            difference.measure,
            *(f"{number:,}" for number in numbers),
        )
    return table
