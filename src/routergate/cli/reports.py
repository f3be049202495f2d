"""Commands that ask the ledger: savings, overspend, profit, forecasts and what is odd."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.asking import Asked, asking
from routergate.cli.common import CONFIG, DAY, settings
from routergate.config.settings import environment

if TYPE_CHECKING:
    from routergate.config.spec import Config

METHODS = ("requests", "tokens", "seconds", "weights", "equally")


@click.command("savings")
@asking(by="route")
def report_savings(asked: Asked) -> None:
    """What was saved against the baseline, net of rejected answers, judges and fixed costs.

    \b
    Examples:
      routergate report savings --by route
      routergate report savings --since 2026-10-01 --until 2026-10-31 --format csv --out savings.csv
    """
    from routergate.reporting.savings import savings

    asked.answer(savings)


@click.command("overspend")
@asking(by="team")
def report_overspend(asked: Asked) -> None:
    """All on the baseline : actual : optimal.

    \b
    Examples:
      routergate report overspend --by feature
    """
    from routergate.reporting.overspend import overspend

    asked.answer(overspend)


@click.command("pnl")
@asking(by="feature")
@CONFIG
def report_pnl(asked: Asked, config: Path | None) -> None:
    """Revenue less all costs, by feature or (--by customer) by customer.

    Revenue is what `revenue` in the configuration declares.

    \b
    Examples:
      routergate report pnl --by customer --since 2026-10-01
    """
    from routergate.reporting.pnl import pnl

    sources = _loaded(config).revenue
    asked.answer(lambda rows, question: pnl(rows, question, sources))


@click.command("reasoning")
@asking(by="task")
@click.option("--base", help="The model to compare with. [default: the cheapest of each group]")
@click.option(
    "--verdicts",
    default="0.2,1,3,8,20",
    show_default=True,
    help="Below which multiplier it is: never, marginal, hard cases only, buy, strong buy; else essential.",
)
def report_reasoning(asked: Asked, base: str | None, verdicts: str) -> None:
    """Whether dearer models are worth it: quality gained for each time that the cost is paid.

    \b
    Examples:
      routergate report reasoning --by task
    """
    from routergate.economics.value import VERDICTS
    from routergate.reporting.reasoning import Bar, reasoning

    try:
        limits = [Decimal(text.strip()) for text in verdicts.split(",")]
        pairs = tuple((limit, word) for limit, (_, word) in zip(limits, VERDICTS, strict=True))
    except (ArithmeticError, ValueError):
        raise click.UsageError(f"--verdicts takes {len(VERDICTS)} numbers, as in 0.2,1,3,8,20.") from None
    asked.answer(lambda rows, question: reasoning(rows, question, Bar(base=base, verdicts=pairs)))


@click.command("price-impact")
@asking(by="feature")
@click.option("--from", "before", type=DAY, help="The day of the former rates (UTC). [default: --since]")
@click.option("--to", "after", type=DAY, help="The day of the later rates. [default: all that are declared]")
@click.option("--model", "models", multiple=True, help="Only the change of this model; again for more.")
@CONFIG
def report_price_impact(
    asked: Asked,
    before: datetime | None,
    after: datetime | None,
    models: tuple[str, ...],
    config: Path | None,
) -> None:
    """What dated rate cards change: dollars a month, and which models became cheaper than the one in use.

    \b
    Examples:
      routergate report price-impact --from 2026-10-31 --to 2026-11-01
    """
    from routergate.config.findings import hint
    from routergate.reporting.impact import Change, impact

    cards = {str(name): card for name, card in _loaded(config).catalogue.models.items()}
    for model in models:
        if model not in cards:
            raise click.UsageError(f"No model is called '{model}'{hint(model, cards)}.")
    first = before.date() if before else asked.question.since
    starts = [rates.start for card in cards.values() for rates in card.prices]
    last = after.date() if after else max([first, *starts])
    change = Change(before=first, after=last, cards=cards, models=models)
    asked.answer(lambda rows, question: impact(rows, question, change))


@click.command("forecast")
@asking(by="feature", days=56, whole_days=True)
@CONFIG
def report_forecast(asked: Asked, config: Path | None) -> None:
    """Where the month of the last day will end, with an interval, against its budgets.

    \b
    Examples:
      routergate report forecast
    """
    from routergate.reporting.budgets import monthly_budget
    from routergate.reporting.forecast import Known, forecast

    loaded, question = _loaded(config), asked.question
    cards = {str(name): card for name, card in loaded.catalogue.models.items()}
    known = Known(cards=cards, budget=monthly_budget(loaded.rules, question))
    asked.answer(lambda rows, question: forecast(rows, question, known))


@click.command("anomalies")
@asking(by="feature", days=56, whole_days=True)
@click.option("--threshold", default=3.5, show_default=True, type=click.FloatRange(min=1), help="Robust z.")
@click.option(
    "--least-usd", default=1.0, show_default=True, type=click.FloatRange(min=0), help="Off by this."
)
def report_anomalies(asked: Asked, threshold: float, least_usd: float) -> None:
    """Days on which a feature cost far more, or less, than usual.

    \b
    Examples:
      routergate report anomalies
    """
    from routergate.domain.money import nanos
    from routergate.reporting.anomalies import Odd, anomalies

    odd = Odd(threshold=threshold, least=nanos(Decimal(str(least_usd))))
    asked.answer(lambda rows, question: anomalies(rows, question, odd))


@click.command("chargeback")
@asking(by="team")
@click.option(
    "--method", type=click.Choice(METHODS), default="requests", show_default=True, help="Of fixed costs."
)
@click.option("--weight", "weights", multiple=True, help="With --method weights: legal=3; again for more.")
def report_chargeback(asked: Asked, method: str, weights: tuple[str, ...]) -> None:
    """Who bears what: variable cost as it came, fixed costs of own models by a declared method.

    \b
    Examples:
      routergate report chargeback --by team
    """
    from routergate.reporting.chargeback import Chargeback, Method, chargeback

    if not asked.question.by:
        raise click.UsageError("--by takes what is charged, such as team.")
    if bool(weights) != (method == "weights"):
        raise click.UsageError(
            "--weight belongs to --method weights, as in --method weights --weight legal=3."
        )
    how = Chargeback(method=Method(method), weights=dict(map(_weight, weights)))
    asked.answer(lambda rows, question: chargeback(rows, question, how))


def _weight(text: str) -> tuple[str, Decimal]:
    name, equals, number = text.partition("=")
    if not equals or not number.replace(".", "", 1).isdecimal():
        raise click.UsageError(f"--weight {text!r} is no weight; write it as in legal=3.")
    return name, Decimal(number)


def _loaded(config: Path | None) -> "Config":
    from routergate.config.load import load

    return load(settings(config).config, environment())


REPORTS = (
    report_savings,
    report_overspend,
    report_pnl,
    report_reasoning,
    report_price_impact,
    report_forecast,
    report_anomalies,
    report_chargeback,
)
