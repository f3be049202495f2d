"""Training from what the gateway itself has seen and was told."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import settings, shelf_at, today
from routergate.config.load import load
from routergate.config.settings import environment
from routergate.evaluation.recorded import learned
from routergate.ledger.rated import rated

if TYPE_CHECKING:
    from routergate.classify.artifact import Artifact


def from_recorded(
    start: "Artifact | None", since: date, place: str | None, config: Path | None
) -> "Artifact":
    """What the ratings in the ledger make of an artifact; models under the names that it looks up first."""
    if start is None:
        raise click.UsageError("--from-ledger starts from an artifact: leave out --prior none.")
    answers = rated(shelf_at(place), since, today())
    cards = load(settings(config).config, environment()).catalogue.models
    return learned(start, answers, {name: card.upstream for name, card in cards.items()}, today().isoformat())
