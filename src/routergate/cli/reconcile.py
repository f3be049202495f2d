"""The ledger beside what providers have to say."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.asking import FORMATS
from routergate.cli.common import AS_JSON, CONFIG, DIFFERS, shelf_at
from routergate.cli.invoices import loaded, read, told
from routergate.domain.errors import StatementUnusable

if TYPE_CHECKING:
    from datetime import date

    from routergate.config.spec import Config
    from routergate.reporting.statements import Entry


@click.command()
@click.option("--provider", required=True, help="As the configuration calls it.")
@click.option(
    "--columns", default="", help="Of a CSV: day=Date,model=Model,requests=…,input=…,output=…,cost=…."
)
@click.option("--tolerance", default=0.001, show_default=True, type=click.FloatRange(0, 1), help="A share.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--engine", default="duckdb", show_default=True, help="Or spark://host:port, spark:local[2].")
@click.option("--ledger", "place", help="A directory or a URI. [default: as `ledger run`]")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@CONFIG
@AS_JSON
def reconcile(
    provider: str, columns: str, tolerance: float, files: tuple[Path, ...], place: str | None, **how: Any
) -> None:
    """Compare a provider's usage or cost export with the ledger, by day and model.

    FILES are JSON from OpenAI's usage and costs APIs or Anthropic's usage and cost reports, or CSV. Exit code
    1 if anything but matches is found.

    \b
    Examples:
      routergate reconcile --provider openai usage.json costs.json
    """
    from routergate.reporting.reconciliation import Verdict, booked, compared, reconciled

    config, engine = loaded(how["config"]), how["engine"]
    upstream = _upstream(config, provider)
    theirs = _entries(files, _columns(columns), frozenset(upstream.values()))
    days = min(day for day, _ in theirs), max(day for day, _ in theirs)
    ours, unpriced = read(
        shelf_at(place),
        engine,
        days,
        lambda rows: booked(rows, provider, lambda model: upstream.get(model, model)),
    )
    found = compared(ours, theirs, unpriced, tolerance)
    told(reconciled(found, provider), "json" if how["as_json"] else how["form"], how["out"])
    sys.exit(DIFFERS if any(one.verdict is not Verdict.MATCHED for one in found) else 0)


def _upstream(config: "Config", provider: str) -> dict[str, str]:
    """The provider's names of its models, by ours."""
    names = {str(one.id) for one in config.providers}
    if provider not in names:
        known = ", ".join(sorted(names))
        raise click.UsageError(f"No provider is called '{provider}'; there are {known}.")
    cards = config.catalogue.models.values()
    return {str(card.id): card.upstream for card in cards if card.provider == provider}


def _entries(
    files: Sequence[Path], columns: Mapping[str, str], known: Collection[str]
) -> "dict[tuple[date, str | None], Entry]":
    from routergate.reporting.statements import by_model, without_date
    from routergate.reporting.statements import read as parsed

    entries = [one for file in files for one in parsed(str(file), _text(file), columns)]
    if not entries:
        raise click.UsageError("These files have no entries; export a period in which something was used.")
    return by_model(entries, lambda model: without_date(model, known))


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise StatementUnusable(f"{file}: cannot be read ({error.strerror}). Name another file.") from error
    except UnicodeDecodeError as error:
        raise StatementUnusable(f"{file}: not UTF-8 text. Export the file again as JSON or CSV.") from error


def _columns(text: str) -> dict[str, str]:
    from routergate.reporting.statements import FIELDS

    pairs = [part.partition("=") for part in text.split(",") if part]
    if wrong := [name for name, _, head in pairs if name not in FIELDS or not head]:
        raise click.UsageError(f"--columns: '{wrong[0]}' is none of {', '.join(FIELDS)}, each with =Head.")
    return {name: head for name, _, head in pairs}
