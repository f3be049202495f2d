"""Commands about keys."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from routergate.cli.common import AS_JSON, show, with_store


@click.group()
def keys() -> None:
    """Keys that open the gateway."""


@keys.command("create")
@click.option("--organisation", required=True)
@click.option("--team")
@click.option("--customer", help="Pinned: requests cannot name another one.")
@click.option("--feature", help="Pinned: requests cannot name another one.")
@click.option("--name", help="What the key is for.")
@click.option("--allow", multiple=True, help="A route or model that it may use; repeat. [default: all]")
@AS_JSON
def create_key(as_json: bool, allow: tuple[str, ...], **identity: Any) -> None:
    """Make a key. It is shown once: only its hash is kept."""
    from routergate.accounts.registry import KeyRegistry
    from routergate.app import SystemClock

    token, key_id = with_store(
        lambda store: KeyRegistry(store, SystemClock()).create(**identity, allow=allow or None)
    )
    if as_json:
        click.echo(json.dumps({"id": key_id, "key": token}))
        return
    click.echo(f"{key_id} is ready. This is its only showing:", err=True)
    click.echo(token)


@keys.command("list")
@AS_JSON
def list_keys(as_json: bool) -> None:
    """List the keys in the store; those declared in the configuration are listed there."""
    from routergate.accounts.registry import KeyRegistry
    from routergate.app import SystemClock

    records = with_store(lambda store: KeyRegistry(store, SystemClock()).list())
    rows = [
        {
            "id": record.id,
            "organisation": record.organisation,
            "team": record.team,
            "customer": record.customer,
            "feature": record.feature,
            "name": record.name,
            "allow": record.allow,
            "created": _day(record.created_at),
            "revoked": _day(record.revoked_at) if record.revoked_at else None,
        }
        for record in records
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    if not rows:
        click.echo("No keys yet: routergate keys create --organisation NAME", err=True)
        return
    from rich.table import Table

    table = Table()
    used = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    for name in used:
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for row in rows:
        table.add_row(*("-" if row[name] is None else str(row[name]) for name in used))
    show(table)


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Let a key open nothing any more; every gateway on this store follows within a second."""
    from routergate.accounts.registry import KeyRegistry
    from routergate.app import SystemClock

    if not with_store(lambda store: KeyRegistry(store, SystemClock()).revoke(key_id)):
        raise click.ClickException(f"There is no key {key_id} that could be revoked.")
    click.echo(f"{key_id} is revoked.")


def _day(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).date().isoformat()
