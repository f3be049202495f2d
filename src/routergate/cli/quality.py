"""The commands about how far models are trusted."""

import getpass
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, with_store
from routergate.config.settings import environment
from routergate.domain.errors import ConfigError
from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import EVERY, Subject, Trust

if TYPE_CHECKING:
    from routergate.quality.standings import Order, Plans

HEADS = ("route", "model", "task", "state", "held", "quality", "low", "high", "compared", "why")
ROUTE = click.option("--route", help="Which route's; needed if several compare answers.")
TASK = click.option("--task", default=EVERY, show_default=True, help="With which task; *: with all of them.")
BECAUSE = click.option("--because", default="", help="What for; goes into the audit log.")


@click.group(name="quality")
def quality() -> None:
    """How far models are trusted with their tasks, and moving one by hand.

    \b
    Examples:
      routergate quality show
      routergate quality hold mini --task code --state quarantined
    """


@quality.command(name="show")
@CONFIG
@AS_JSON
def shown(config: Path | None, as_json: bool) -> None:
    """Show the state of each model with each task, and why. What was never compared is trusted.

    \b
    Examples:
      routergate quality show
      routergate quality show --json
    """
    plans = _plans(config)
    rows = with_store(lambda store: _rows(store, plans))
    if as_json:
        click.echo(json.dumps(rows))
    elif not plans:
        click.echo("No route compares answers: give one a 'shadow'. docs/quality.md says how.", err=True)
    elif not rows:
        click.echo("Nothing has been compared yet.", err=True)
    else:
        _show(rows)


@quality.command()
@click.argument("model")
@ROUTE
@TASK
@click.option("--state", type=click.Choice([one.value for one in Trust]), default=Trust.TRUSTED.value)
@BECAUSE
@CONFIG
@AS_JSON
def hold(
    *,
    model: str,
    route: str | None,
    task: str,
    state: str,
    because: str,
    config: Path | None,
    as_json: bool,
) -> None:
    """Put MODEL into a state, where it stays whatever is compared, until it is released.

    \b
    Examples:
      routergate quality hold mini
      routergate quality hold mini --task code --state quarantined --because "it invents functions"
    """
    _order(_subject(config, route, model, task), Trust(state), because, as_json=as_json)


@quality.command()
@click.argument("model")
@ROUTE
@TASK
@BECAUSE
@CONFIG
@AS_JSON
def release(
    *, model: str, route: str | None, task: str, because: str, config: Path | None, as_json: bool
) -> None:
    """Let evidence and time move MODEL again, from the state in which it is held.

    \b
    Examples:
      routergate quality release mini
      routergate quality release mini --task code
    """
    _order(_subject(config, route, model, task), None, because, as_json=as_json)


def _plans(config: Path | None) -> "Plans":
    from routergate.config.load import load

    return load(settings(config).config, environment()).shadows


def _subject(config: Path | None, route: str | None, model: str, task: str) -> Subject:
    """What is meant, if it is there."""
    from routergate.config.load import load

    loaded = load(settings(config).config, environment())
    named = route or next(iter(loaded.shadows), "")
    if named not in loaded.shadows or (route is None and len(loaded.shadows) > 1):
        known = ", ".join(sorted(loaded.shadows)) or "none"
        raise ConfigError([f"Name a route that compares answers with --route; there are: {known}."])
    candidates = loaded.catalogue.routes[named].candidates
    if model not in candidates:
        raise ConfigError([f"'{model}' is no candidate of '{named}'; these are: {', '.join(candidates)}."])
    return Subject(route=named, model=ModelId(model), task=TaskId(task))


def _order(subject: Subject, trust: Trust | None, because: str, *, as_json: bool) -> None:
    from routergate.app import SystemClock
    from routergate.quality.standings import Order

    by = f"cli:{getpass.getuser()}"
    said = f"{by}: {because}" if because else by
    order = Order(subject=subject, trust=trust, said=said, at=SystemClock().epoch_ns())
    with_store(lambda store: _ordered(store, order, by))
    state = None if trust is None else trust.value
    if as_json:
        click.echo(json.dumps({**asdict(subject), "held": state}))
    else:
        click.echo(f"{subject}: {'released' if state is None else f'held as {state}'}.")


async def _ordered(store: Any, order: "Order", by: str) -> None:
    """Write it down, and have it done by whichever process watches the models."""
    from routergate.accounts.audit import AuditLog
    from routergate.app import SystemClock
    from routergate.ledger.trust import StoredTrust

    state = None if order.trust is None else order.trust.value
    action = "model_released" if state is None else "model_held"
    held, said = {"from": None, "to": state}, {"from": None, "to": order.said}
    await AuditLog(store, SystemClock()).note(by, action, str(order.subject), held=held, because=said)
    await StoredTrust(store).say([order])


async def _rows(store: Any, plans: "Plans") -> list[Mapping[str, Any]]:
    from routergate.ledger.trust import StoredTrust
    from routergate.trusting import watches_of

    watches = watches_of((await StoredTrust(store).kept()).watches)
    return [
        {
            "route": subject.route,
            "model": subject.model,
            "task": subject.task,
            "state": watch.trust.value,
            "held": watch.pinned,
            "dry_run": plans[subject.route].rules.dry_run,
            "promised": plans[subject.route].rules.threshold,
            "quality": watch.interval().estimate,
            "low": watch.interval().low,
            "high": watch.interval().high,
            "compared": watch.interval().count,
            "since": watch.since,
            "why": watch.why,
        }
        for subject, watch in sorted(watches.items())
        if subject.route in plans
    ]


def _show(rows: list[Mapping[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for head in HEADS:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_plain(row[head])) for head in HEADS))
    show(table)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
