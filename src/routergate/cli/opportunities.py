"""Where money could be saved."""

from decimal import Decimal
from pathlib import Path

import click

from routergate.cli.asking import Asked, asking
from routergate.cli.common import CONFIG, settings
from routergate.cli.supposed import amount
from routergate.config.settings import environment


@click.command("opportunities")
@click.option(
    "--upfront",
    callback=amount,
    metavar="USD",
    help="That an own model takes at the beginning. [default: 4100]",
)
@click.option(
    "--monthly", callback=amount, metavar="USD", help="That serving it costs in 30 days. [default: 1620]"
)
@click.option(
    "--least", callback=amount, metavar="USD", help="Saved in 30 days that are worth a line. [default: 10]"
)
@click.option("--requests", type=int, help="In 30 days, for an own model to be thought of. [default: 10000]")
@CONFIG
@asking(by="")
def opportunities(asked: Asked, config: Path | None, **terms: Decimal | int | None) -> None:
    """Traffic for a fine-tuned model, models that are too good for it, prompts to cache: dearest first.

    \b
    Examples:
      routergate opportunities --since 2026-01-01 --monthly 1620 --upfront 4100
    """
    from routergate.config.load import load
    from routergate.reporting.opportunities import Terms
    from routergate.reporting.opportunities import opportunities as found

    models = load(settings(config).config, environment()).catalogue.models
    cards = {str(name): card for name, card in models.items()}
    told = Terms(**{name: value for name, value in terms.items() if value is not None})  # type: ignore[arg-type]  # by name
    asked.answer(lambda rows, question: found(rows, question, cards, told))
