"""Commands that put trained routers in force, and take them back."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, show

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.evaluation.promotions import Artifacts, Kept, Promotion

FOLDER = click.option(
    "--folder",
    default=Path("routers"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where they are kept.",
)
SAID = click.option("--said", default="", help="What for; goes into the folder's log.")


@click.command("promote")
@click.argument("artifact", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@FOLDER
@SAID
@AS_JSON
def promote(artifact: Path, folder: Path, said: str, as_json: bool) -> None:
    """Keep a copy of a trained router, and put it in force.

    The configuration says once and for all: router.artifact: routers/current.npz

    \b
    Examples:
      routergate router promote router-2.npz --said "better on contracts"
    """
    _tell(folder, _artifacts(folder).promote(artifact, _now(), said), as_json=as_json)


@click.command("rollback")
@FOLDER
@SAID
@AS_JSON
def rollback(folder: Path, said: str, as_json: bool) -> None:
    """Put the trained router in force again that was before.

    \b
    Examples:
      routergate router rollback
      routergate router rollback --said "worse on code"
    """
    _tell(folder, _artifacts(folder).rollback(_now(), said), as_json=as_json)


@click.command("list")
@FOLDER
@AS_JSON
def listed(folder: Path, as_json: bool) -> None:
    """Trained routers: what they are made of, and which was in force when.

    \b
    Examples:
      routergate router list
      routergate router list --folder routers --json
    """
    found = list(_artifacts(folder).all())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        show(_table(found))


def _artifacts(folder: Path) -> "Artifacts":
    from routergate.evaluation.promotions import Artifacts

    return Artifacts(folder)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251 - a command asks the clock itself


def _tell(folder: Path, promotion: "Promotion", *, as_json: bool) -> None:
    from routergate.evaluation.promotions import CURRENT

    said = f"{promotion.checksum[:16]} is {folder / CURRENT} now."
    click.echo(json.dumps(asdict(promotion)) if as_json else said)
    click.echo("Running gateways take it up with the next reload: SIGHUP, or POST /admin/reload.", err=True)


def _table(found: Sequence["Kept"]) -> "Table":
    from rich.table import Table

    table = Table("artifact", "trained on", "outcomes", "descends from", "promoted", "in force")
    for one in found:
        descent = one.provenance.get("lineage") or ["-"]
        table.add_row(
            one.checksum[:16],
            str(one.provenance.get("trained_on", "unknown")),
            f"{sum(one.provenance.get('sources', {}).values()):,}",
            descent[-1][:16],
            "\n".join(f"{it.at}{' (back)' if it.back else ''} {it.said}".rstrip() for it in one.promotions),
            "yes" if one.in_force else "",
        )
    return table
