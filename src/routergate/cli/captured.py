"""Commands about the texts that routes keep."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, today
from routergate.config.settings import environment

if TYPE_CHECKING:
    from routergate.capture.vault import Vault


@click.group()
def captured() -> None:
    """Texts of requests and answers that routes with a `capture` keep.

    \b
    Examples:
      routergate captured expire
      routergate captured forget --organisation acme --customer globex
    """


@captured.command("forget")
@click.option("--organisation", required=True)
@click.option("--customer", required=True)
@CONFIG
@AS_JSON
def captured_forget(organisation: str, customer: str, config: Path | None, as_json: bool) -> None:
    """Delete all that is kept of one customer.

    \b
    Examples:
      routergate captured forget --organisation acme --customer globex
    """
    gone = vault_of(config).forget(organisation, customer)
    said = f"{gone:,} requests are deleted. Exports that were made of them are yours to delete."
    click.echo(json.dumps({"deleted": gone}) if as_json else said)


@captured.command("expire")
@CONFIG
@AS_JSON
def captured_expire(config: Path | None, as_json: bool) -> None:
    """Delete what is past its days; the gateway does it by itself while it captures.

    \b
    Examples:
      routergate captured expire
      routergate captured expire --json
    """
    gone = vault_of(config).expire(today())
    click.echo(json.dumps({"days": gone}) if as_json else f"{gone:,} days are deleted.")


def vault_of(config: Path | None) -> "Vault":
    """Where the texts of a configuration are; raises where it keeps none."""
    from routergate.capturing import vault
    from routergate.config.load import load

    found = load(settings(config).config, environment(), calibrated=False)
    if found.capture is None:
        raise click.UsageError(f"{found.path} has no section `capture`: no text is kept.")
    return vault(found.capture)
