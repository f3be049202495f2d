"""Commands about the texts that routes keep."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import CONFIG, settings, today
from routergate.config.settings import environment

if TYPE_CHECKING:
    from routergate.capture.vault import Vault


@click.group()
def captured() -> None:
    """Texts of requests and answers that routes with a `capture` keep."""


@captured.command("forget")
@click.option("--organisation", required=True)
@click.option("--customer", required=True)
@CONFIG
def captured_forget(organisation: str, customer: str, config: Path | None) -> None:
    """Delete all that is kept of one customer."""
    gone = vault_of(config).forget(organisation, customer)
    click.echo(f"{gone:,} requests are deleted. Exports that were made of them are yours to delete.")


@captured.command("expire")
@CONFIG
def captured_expire(config: Path | None) -> None:
    """Delete what is past its days; the gateway does it by itself while it captures."""
    click.echo(f"{vault_of(config).expire(today()):,} days are deleted.")


def vault_of(config: Path | None) -> "Vault":
    """Where the texts of a configuration are; raises where it keeps none."""
    from routergate.capturing import vault
    from routergate.config.load import load

    found = load(settings(config).config, environment(), calibrated=False)
    if found.capture is None:
        raise click.UsageError(f"{found.path} has no section `capture`: no text is kept.")
    return vault(found.capture)
