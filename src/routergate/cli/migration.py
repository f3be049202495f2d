"""Commands that bring other gateways' configurations over."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON
from routergate.config.settings import environment

if TYPE_CHECKING:
    from routergate.config.migration.imported import Imported


@click.group("import")
def import_() -> None:
    """Configurations of other gateways, as ours.

    \b
    Examples:
      routergate import litellm litellm.yaml --out config/routergate.yaml
    """


@import_.command("litellm")
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="[default: standard output]")
@AS_JSON
def import_litellm(config: Path, out: Path | None, as_json: bool) -> None:
    """Turn the configuration of a LiteLLM proxy into one of RouterGate.

    What has no equivalent is told on standard error, with its line and what to do. No secret is copied:
    `os.environ/NAME` becomes `${NAME}`, and a key that stands in the file becomes a variable to set.

    \b
    Examples:
      routergate import litellm litellm.yaml --out config/routergate.yaml
      routergate check --config config/routergate.yaml
    """
    from routergate.config.migration.imported import imported

    if out is not None and out.exists():
        raise click.UsageError(f"{out} exists already: remove it, or name another file.")
    found = imported(config)
    if out is not None:
        out.write_text(found.text, encoding="utf-8")
    if as_json:
        told = {"config": found.text, "warnings": found.warnings, "variables": found.variables}
        click.echo(json.dumps(told, indent=2))
        return
    if out is None:
        click.echo(found.text, nl=False)
    _tell(found, out)


def _tell(found: "Imported", out: Path | None) -> None:
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    if missing := [name for name in found.variables if name not in environment()]:
        click.echo(f"To set in the environment: {', '.join(missing)}", err=True)
    if out is not None:
        click.echo(f"{out} is written. Next: routergate check --config {out}", err=True)
