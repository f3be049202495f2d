"""Commands about keys."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from routergate.cli.common import AS_JSON, show, with_store
from routergate.domain.budget import Window
from routergate.domain.model import ModelClass
from routergate.domain.turn import Priority

if TYPE_CHECKING:
    from routergate.accounts.desk import KeyDesk

Result = TypeVar("Result")

EXPIRES = click.option(
    "--expires", metavar="WHEN", help="A day (2027-01-31: refused from then on, UTC) or a span (90d)."
)
WINDOW = click.option(
    "--window",
    type=click.Choice([str(one.value) for one in Window]),
    help="When counting starts anew. [default: month]",
)
STRICT = click.option("--strict", is_flag=True, help="Set aside the most that a request can come to.")


@click.group()
def keys() -> None:
    """Keys that open the gateway. Every gateway on the store follows a change within a second.

    \b
    Examples:
      routergate keys create --organisation acme
      routergate keys list
    """


@keys.command("create")
@click.option("--organisation", required=True)
@click.option("--team")
@click.option("--customer", help="Pinned: requests cannot name another one.")
@click.option("--feature", help="Pinned: requests cannot name another one.")
@click.option("--name", help="What the key is for.")
@click.option("--allow", multiple=True, help="A route or model that it may use; repeat. [default: all]")
@click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice([str(one.value) for one in ModelClass]),
    help="A class of models that it may use; repeat. [default: all]",
)
@click.option("--region", "regions", multiple=True, help="A region that may answer; repeat. [default: any]")
@click.option(
    "--ip",
    "ips",
    multiple=True,
    metavar="NETWORK",
    help="Where it may be used from, such as 10.0.0.0/8; repeat. [default: anywhere]",
)
@click.option(
    "--priority",
    type=click.Choice([str(one.value) for one in Priority]),
    help="That of its requests, and the highest that they can ask for. [default: as the route; any]",
)
@EXPIRES
@click.option(
    "--budget-usd", metavar="USD", help="The most that it may spend. [default: as its organisation]"
)
@WINDOW
@STRICT
@AS_JSON
def create_key(*, as_json: bool, **wanted: Any) -> None:
    """Make a key. It is shown once: only its hash is kept.

    \b
    Examples:
      routergate keys create --organisation acme --team research --name laptop
      routergate keys create --organisation acme --feature search --budget-usd 20 --expires 90d --json
    """
    given = {name: None if value == () else value for name, value in wanted.items()}
    _show_key(_at_desk(lambda desk: desk.create(given)), as_json=as_json)


@keys.command("rotate")
@click.argument("key_id")
@click.option("--overlap", default="24h", show_default=True, help="How long the old key goes on.")
@EXPIRES
@AS_JSON
def rotate_key(*, key_id: str, overlap: str, expires: str | None, as_json: bool) -> None:
    """Make a key that takes over from KEY_ID: the same owner, scope and, unless told otherwise, expiry.

    \b
    Examples:
      routergate keys rotate key_0123456789ab --overlap 1h
    """
    _show_key(_at_desk(lambda desk: desk.rotate(key_id, overlap, expires)), as_json=as_json)


@keys.command("list")
@AS_JSON
def list_keys(*, as_json: bool) -> None:
    """List the keys in the store; those declared in the configuration are listed there.

    \b
    Examples:
      routergate keys list
      routergate keys list --json
    """
    rows = _at_desk(lambda desk: desk.list())
    _show_rows(rows, "No keys yet: routergate keys create --organisation NAME", as_json=as_json)


@keys.command("disable")
@click.argument("key_id")
@AS_JSON
def disable_key(key_id: str, as_json: bool) -> None:
    """Let a key open nothing until it is enabled again.

    \b
    Examples:
      routergate keys disable key_0123456789ab
    """
    _tell(_at_desk(lambda desk: desk.disable(key_id)), f"{key_id} is disabled.", as_json=as_json)


@keys.command("enable")
@click.argument("key_id")
@AS_JSON
def enable_key(key_id: str, as_json: bool) -> None:
    """Let a disabled key open again what it opened before.

    \b
    Examples:
      routergate keys enable key_0123456789ab
    """
    key = _at_desk(lambda desk: desk.enable(key_id))
    _tell(key, f"{key_id} is {key['state']}.", as_json=as_json)


@keys.command("revoke")
@click.argument("key_id")
@AS_JSON
def revoke_key(key_id: str, as_json: bool) -> None:
    """Let a key open nothing any more. This is final.

    \b
    Examples:
      routergate keys revoke key_0123456789ab
    """
    _tell(_at_desk(lambda desk: desk.revoke(key_id)), f"{key_id} is revoked.", as_json=as_json)


@keys.command("budget")
@click.argument("key_id")
@click.option("--usd", metavar="USD", help="The most that it may spend, what it has spent included.")
@WINDOW
@STRICT
@click.option("--none", "unbound", is_flag=True, help="No budget of its own.")
@AS_JSON
def budget_key(
    *, key_id: str, usd: str | None, window: str | None, strict: bool, unbound: bool, as_json: bool
) -> None:
    """Let a key spend so much from now on; its organisation's rules hold beside that.

    \b
    Examples:
      routergate keys budget key_0123456789ab --usd 50 --window month --strict
      routergate keys budget key_0123456789ab --none
    """
    if (usd is None) is not unbound:
        raise click.UsageError("Give either --usd or --none.")
    key = _at_desk(lambda desk: desk.budget(key_id, usd, window, strict=strict))
    _tell(key, f"{key_id} may spend {_allowance(key)}.", as_json=as_json)


@keys.command("audit")
@click.option("--key", metavar="KEY_ID", help="Only what was done to this key.")
@AS_JSON
def audit_keys(*, key: str | None, as_json: bool) -> None:
    """Show who did what to which key, oldest first.

    \b
    Examples:
      routergate keys audit
      routergate keys audit --key key_0123456789ab --json
    """
    entries = _at_desk(lambda desk: desk.audit(key))
    told = entries if as_json else [{**entry, "changes": _in_words(entry["changes"])} for entry in entries]
    _show_rows(told, "Nothing was done yet.", as_json=as_json)


def _at_desk(work: Callable[["KeyDesk"], Awaitable[Result]]) -> Result:
    """What `work` gives, on the account of the one who types."""
    from routergate.accounts.desk import KeyDesk
    from routergate.app import SystemClock

    by = f"cli:{_user()}"
    return with_store(lambda store: work(KeyDesk(store, SystemClock(), by)))


def _user() -> str:
    """As the system knows them: environment variables can be set to anything."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, a user may have a number only
        return str(os.getuid())


def _tell(key: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    click.echo(json.dumps(key) if as_json else sentence)


def _show_key(made: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(made))
        return
    click.echo(f"{made['id']} is ready. This is its only showing:", err=True)
    click.echo(made["key"])


def _show_rows(rows: Sequence[Mapping[str, Any]], none: str, *, as_json: bool) -> None:
    """A table of the columns that have anything in them."""
    if as_json:
        click.echo(json.dumps(rows))
        return
    if not rows:
        click.echo(none, err=True)
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    used = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    for name in used:
        table.add_column(name, no_wrap=name in {"id", "key"}, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_plain(row[name])) for name in used))
    show(table)


def _allowance(key: Mapping[str, Any]) -> str:
    """`20.0 USD a month, strictly`."""
    if key["budget_usd"] is None:
        return "what its organisation allows"
    span = "in all" if key["window"] == "total" else f"a {key['window'].replace('_', ' ')}"
    return f"{key['budget_usd']} USD {span}{', strictly' if key['strict'] else ''}"


def _in_words(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """`expires: - → 2027-01-31T00:00:00Z`, a line for each change."""
    return "\n".join(
        f"{name}: {_plain(change['from'])} → {_plain(change['to'])}" for name, change in changes.items()
    )


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
