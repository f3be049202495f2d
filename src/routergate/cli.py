"""Commands. Each imports what it needs when it is called, so that `--help` is quick."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from routergate import __version__
from routergate.config.settings import Settings, environment, read_settings
from routergate.domain.errors import ConfigError, RouterGateError

if TYPE_CHECKING:
    from routergate.store.client import Store

Result = TypeVar("Result")

CONFIG = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="The configuration file."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Commands(click.Group):
    """Commands whose own errors are a sentence on standard error and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RouterGateError as error:
            click.echo(f"routergate: {error}", err=True)
            ctx.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """An OpenAI-compatible gateway that sends each request to the cheapest model that is good enough.

    Settings come from ROUTERGATE_* environment variables; docs/configuration.md lists them.
    """


@main.command()
@CONFIG
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, help="0: a free one, told in the log.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes. [default: ROUTERGATE_WORKERS or 1]")
def serve(config: Path | None, host: str, port: int, workers: int | None) -> None:
    """Run the gateway in the foreground.

    SIGTERM lets running requests finish within `server.grace_seconds`; a second one cuts them.
    SIGHUP, and every change of the file, takes the configuration up anew.
    """
    from routergate.supervisor import run
    from routergate.telemetry.logs import configure

    settings = _settings(config)
    configure(settings.log_level, settings.log_format)
    sys.exit(run(settings, host, port, workers or settings.workers))


@main.command()
@CONFIG
@AS_JSON
def check(config: Path | None, as_json: bool) -> None:
    """Check the configuration: every problem at once, with file, line and remedy. Exit code 2 if wrong."""
    from routergate.config.load import load

    path = _settings(config).config
    try:
        checked = load(path, environment())
    except ConfigError as error:
        if as_json:
            click.echo(json.dumps({"ok": False, "problems": error.problems, "warnings": []}))
            sys.exit(2)
        raise
    catalogue = checked.catalogue
    if as_json:
        click.echo(json.dumps({"ok": True, "problems": [], "warnings": checked.warnings}))
        return
    for warning in checked.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{path}: good. {len(catalogue.models)} models, {len(catalogue.routes)} routes.")


@main.command()
@click.argument("prompt", required=False)
@CONFIG
@click.option("--model", default="auto", show_default=True, help="A route's name or a model's.")
@click.option("--request", "body", type=click.File("rb"), help="A whole request body in place of PROMPT.")
@click.option("--quality", type=click.FloatRange(0, 1), help="A threshold in place of the route's.")
@click.option("--feature", help="The feature that the request belongs to.")
@AS_JSON
def explain(
    *,
    prompt: str | None,
    config: Path | None,
    model: str,
    body: Any,
    quality: float | None,
    feature: str | None,
    as_json: bool,
) -> None:
    """Show which model a request would go to, and why. Nothing is sent anywhere.

    \b
    routergate explain "Prove that there are infinitely many primes"
    routergate explain --request body.json --json
    """
    from routergate.explain import explained, table

    if (prompt is None) == (body is None):
        raise click.UsageError("Give either PROMPT or --request FILE.")
    raw = (
        body.read()
        if body
        else json.dumps({"model": model, "messages": [{"role": "user", "content": prompt}]}).encode()
    )
    headers = {"x-routergate-feature": feature or ""}
    if quality is not None:
        headers["x-routergate-quality"] = str(quality)
    decision = explained(_settings(config).config, environment(), raw, headers)
    if as_json:
        click.echo(json.dumps(decision, indent=2))
    else:
        _show(*table(decision))


@main.group()
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

    token, key_id = _with_store(
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

    records = _with_store(lambda store: KeyRegistry(store, SystemClock()).list())
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
    from rich.table import Table

    table = Table(*(rows[0] if rows else ("no keys yet: routergate keys create --organisation NAME",)))
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    _show(table)


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Let a key open nothing any more; every gateway on this store follows within a second."""
    from routergate.accounts.registry import KeyRegistry
    from routergate.app import SystemClock

    if not _with_store(lambda store: KeyRegistry(store, SystemClock()).revoke(key_id)):
        raise click.ClickException(f"There is no key {key_id} that could be revoked.")
    click.echo(f"{key_id} is revoked.")


@main.group()
def report() -> None:
    """What was used, and what it cost."""


@report.command("usage")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC). [default: 30 days ago]")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC). [default: today]")
@click.option(
    "--by",
    default="model",
    show_default=True,
    help="Comma-separated: day, organisation, team, key, customer, feature, route, model, provider, class.",
)
@click.option("--organisation", help="Only this one. [default: all]")
@AS_JSON
def report_usage(
    since: datetime | None, until: datetime | None, by: str, organisation: str | None, as_json: bool
) -> None:
    """Requests, tokens, cost and savings, summed up from the store.

    \b
    routergate report usage --by feature,model --since 2026-01-01
    """
    from routergate.ledger.reader import totals
    from routergate.reporting.usage import Dimension, as_table, usage_by
    from routergate.reporting.usage import as_json as rows_as_json

    try:
        dimensions = [Dimension(name.strip()) for name in by.split(",")]
    except ValueError:
        raise click.UsageError(f"--by takes any of {', '.join(Dimension)}.") from None
    last = until.date() if until else datetime.now(UTC).date()  # noqa: TID251 - a command asks the clock itself
    first = since.date() if since else last - timedelta(days=30)
    found = _with_store(lambda store: totals(store, organisation=organisation, since=first, until=last))
    rows = usage_by(found, dimensions)
    if as_json:
        click.echo(json.dumps(rows_as_json(rows, dimensions), indent=2))
    else:
        _show(as_table(rows, dimensions))


@main.command()
@click.option("--requests", default=300, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--keep", is_flag=True, help="Leave the gateway and the providers running until Ctrl-C.")
def demo(requests: int, keep: bool) -> None:
    """Start simulated providers and the gateway, send real prompts, and show what it did and saved."""
    from routergate.demo import run

    sys.exit(run(requests, keep=keep))


def _settings(config: Path | None) -> Settings:
    settings = read_settings()
    return settings.model_copy(update={"config": config}) if config else settings


def _with_store(work: Callable[["Store"], Awaitable[Result]]) -> Result:
    """What `work` gives on the store that the gateway uses; the embedded one is started if need be."""
    from routergate.store.client import connect

    async def worked(url: str) -> Result:
        store = connect(url, timeout=5.0, connect_timeout=5.0)
        try:
            return await work(store)
        finally:
            await store.close()

    with _store_url(read_settings()) as url:
        return asyncio.run(worked(url))


@contextmanager
def _store_url(settings: Settings) -> Iterator[str]:
    from routergate.store.embedded import embedded

    if settings.redis_url:
        yield settings.redis_url
        return
    with embedded(settings.data_dir) as url:
        yield url


def _day(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).date().isoformat()


def _show(*things: Any) -> None:
    from rich.console import Console

    console = Console()
    for thing in things:
        console.print(thing)


if __name__ == "__main__":
    main()
